"""What scores say of programs: how good each one is, beyond the luck of its seeds.

A score is what a program is worth, the luck of one training and the luck of its episodes. The best
of many scores is therefore biased upwards, and more so, the fewer trainings stand behind each. The
usual remedy is a small hierarchical model (Gelman et al., *Bayesian Data Analysis*, 3rd ed., 5.4,
the normal model with known variances):

    score[i, j] ~ Normal(worth[i], luck**2 + error[i, j]**2),   worth[i] ~ Normal(middle, spread**2)

``error`` is the standard error over the episodes, which is known. ``luck`` and ``spread`` are
estimated from all scores of a search.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, variance
from typing import Literal

from rewardsmith.records import Posterior, Score, Trial

_PRIOR_SHARE, _PRIOR_FREEDOM = 0.5, 4.0
"""Half of the variance among programs that are scored once is luck (``results/noise.md``); that
counts as much as so many repeated trainings do."""
_LEAST_SPREAD = 0.05
"""Of the variance among programs: there is always some difference between them."""


@dataclass(frozen=True)
class Model:
    """The three numbers that all programs of a search share."""

    middle: float
    spread: float
    luck: float

    def posterior(self, scores: Sequence[Score]) -> Posterior:
        """What the scores of one program, one for each seed, say of it."""
        weights = [1.0 / max(self.luck**2 + score.standard_error**2, _TINY) for score in scores]
        prior = 1.0 / max(self.spread**2, _TINY)
        total = prior + sum(weights)
        seen = sum(weight * score.mean for weight, score in zip(weights, scores, strict=True))
        return Posterior((prior * self.middle + seen) / total, total**-0.5)


_TINY = 1e-12


def fit(programs: Sequence[Sequence[Score]]) -> Model:
    """Estimate the model by its moments.

    ``luck`` is pooled from the repeated trainings and from what is known before any; ``spread`` is
    what is left of the variance among the programs' means.

    Args:
        programs: Of each its scores, one for each seed; one at least.
    """
    means = [fmean(score.mean for score in scores) for scores in programs]
    errors = [fmean(score.standard_error**2 for score in scores) for scores in programs]
    among = _variance([scores[0].mean for scores in programs])
    squares = sum(
        sum((score.mean - mean) ** 2 for score in scores) - (len(scores) - 1) * error
        for scores, mean, error in zip(programs, means, errors, strict=True)
    )
    freedom = sum(len(scores) - 1 for scores in programs)
    prior = max(_PRIOR_SHARE * among - fmean(errors), 0.0)
    luck = max(0.0, (_PRIOR_FREEDOM * prior + squares) / (_PRIOR_FREEDOM + freedom))
    noise = fmean((luck + error) / len(scores) for scores, error in zip(programs, errors, strict=True))
    spread = max(_variance(means) - noise, _LEAST_SPREAD * among)
    return Model(fmean(means), math.sqrt(spread), math.sqrt(luck))


def _variance(values: Sequence[float]) -> float:
    return variance(values) if len(values) > 1 else 0.0


class Beliefs:
    """What a search believes of its programs, as it hears of them batch by batch.

    A resumed search hears of the same batches in the same order, and believes the same.
    """

    def __init__(self, kind: Literal["score", "posterior"] = "score") -> None:
        """Believe nothing yet.

        Args:
            kind: ``score`` takes scores as they are.
        """
        self._kind = kind
        self._known: list[Sequence[Score]] = []

    def told(self, trials: Sequence[Trial]) -> list[Trial]:
        """Take in trials, and give them back as a strategy is to hear of them."""
        self._known += [trial.scores for trial in trials if trial.scores]
        if self._kind == "score" or not self._known:
            return list(trials)
        model = fit(self._known)
        return [
            replace(trial, posterior=model.posterior(trial.scores)) if trial.scores else trial
            for trial in trials
        ]

    def doubtful(self, trials: Sequence[Trial], extra: int) -> dict[str, int]:
        """Which of some trials to train again before they are told of: see :func:`allocate`.

        It hangs on their first scores alone, so it is the same when some were trained again.
        """
        first = {trial.id: trial.score for trial in trials if trial.score}
        if not first:
            return {}
        model = fit([*self._known, *([score] for score in first.values())])
        noise = math.hypot(model.luck, fmean(score.standard_error for score in first.values()))
        worth = {name: model.posterior([score]).mean for name, score in first.items()}
        return allocate(worth, noise, extra)


def allocate(worth: Mapping[str, float], noise: float, extra: int) -> dict[str, int]:
    """Which programs, all trained once, to train again to tell the best of them from the others.

    Optimal computing budget allocation (Chen et al., 2000, theorem 1, with one noise for all): a
    program gets trainings by the inverse square of its distance to the leader, and the leader the
    root of the sum of the squares of all others'.

    Args:
        worth: What each is believed to be worth.
        noise: Standard deviation of one score of a program.
        extra: Trainings to give away.

    Returns:
        How many more each gets; names without any are left out.
    """
    if len(worth) < 2:
        return {}  # the best is known
    leader = max(worth, key=lambda name: worth[name])
    near = max(noise / 4, _TINY)  # equals would get all
    shares = {name: max(worth[leader] - mean, near) ** -2 for name, mean in worth.items() if name != leader}
    shares[leader] = math.sqrt(sum(share**2 for share in shares.values()))
    total, whole = len(worth) + extra, sum(shares.values())
    given = dict.fromkeys(worth, 0)
    for _ in range(extra):
        missing = {name: total * shares[name] / whole - 1 - given[name] for name in worth}
        given[max(missing, key=lambda name: missing[name])] += 1
    return {name: count for name, count in given.items() if count}
