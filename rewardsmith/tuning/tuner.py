"""Other numbers for a program: Optuna proposes them, the population trains them, many at a time.

Optuna's TPE sampler (Bergstra et al., NIPS 2011) looks at what earlier settings scored; of settings
that are asked for together, it takes those under way for poor ones, so that they differ. It is
asked and told in one order and seeded, so a tuning that was interrupted goes on as it would have.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import Trial, TrialState

from rewardsmith.tuning.numbers import Number, rounded

Values = Mapping[str, float]
"""One setting: a number for each name."""


class Tuner:
    """Proposes settings and hears what became of them."""

    def __init__(self, numbers: Sequence[Number], seed: int) -> None:
        """Begin with the numbers as they are written.

        Args:
            numbers: What may change; each is looked for on a logarithmic scale in its range.
            seed: Decides everything random.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=seed % 2**32, multivariate=True, constant_liar=True)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._signs = {one.name: 1.0 if one.value > 0 else -1.0 for one in numbers}
        self._where: dict[str, BaseDistribution] = {
            one.name: FloatDistribution(*sorted((abs(one.low), abs(one.high))), log=True) for one in numbers
        }
        self._study.enqueue_trial({one.name: abs(one.value) for one in numbers})
        self._open: list[Trial] = []

    def ask(self, count: int) -> list[Values]:
        """So many settings, to be tried together; the first of all is the written one."""
        self._open = [self._study.ask(self._where) for _ in range(count)]
        return [
            {name: self._signs[name] * rounded(trial.params[name]) for name in self._where}
            for trial in self._open
        ]

    def tell(self, scores: Sequence[tuple[float, float] | None]) -> None:
        """What became of the settings that were asked for last, in their order.

        Args:
            scores: Of each the score, and the share of its training after which it was taken;
                ``None`` where it failed.
        """
        for trial, found in zip(self._open, scores, strict=True):
            if found is None:
                self._study.tell(trial, state=TrialState.FAIL)
            elif found[1] < 1.0:
                trial.report(found[0], round(100 * found[1]))
                self._study.tell(trial, state=TrialState.PRUNED)
            else:
                self._study.tell(trial, found[0])
        self._open = []

    def importance(self) -> dict[str, float]:
        """Share of each number in what good settings have in common, the largest first.

        PED-ANOVA (Watanabe et al., IJCAI 2023): how far the better settings' numbers are from
        those of all. Empty where too few were trained to the end to say.
        """
        done = self._study.get_trials(states=(TrialState.COMPLETE,))
        if len(done) < _LEAST or len({trial.value for trial in done}) < 2:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is new, and that among equals all are alike
            return get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator())


_LEAST = 8
