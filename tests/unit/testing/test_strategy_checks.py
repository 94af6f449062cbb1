"""Every check of strategies can fail: for each a small strategy that it refuses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from rewardsmith.records import Proposal, Trial
from rewardsmith.testing import strategies as suite
from rewardsmith.testing.playing import StrategyCase


@dataclass(frozen=True)
class Constants:
    batch: int = 4
    barrier: bool = True


class Sound:
    """Mutates the best of the batches that are over, in batches of four."""

    Options: type = Constants

    def __init__(self, seed: int, candidates: int, options: Constants) -> None:
        self.options, self.best = options, ("", -math.inf)
        self.left, self.due = options.batch, 0

    @property
    def barrier(self) -> bool:
        return self.options.barrier

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        if self.left == 0 and (self.due == 0 or not self.barrier):
            self.left = self.options.batch
        batch = [self.propose()] * min(self.left, len(names))
        self.left -= len(batch)
        self.due += len(batch)
        return batch

    def propose(self) -> Proposal:
        return Proposal("mutate", (self.best[0],)) if self.best[0] else Proposal("initial")

    def tell(self, trials: Sequence[Trial]) -> None:
        self.due -= len(trials)
        for trial in trials:
            if trial.fitness is not None and trial.fitness > self.best[1]:
                self.best = trial.id, trial.fitness


class WithoutTell:
    Options, barrier, ask = Constants, True, Sound.ask


class Unsure(Sound):
    def tell(self, trials: Sequence[Trial]) -> None:
        super().tell(trials)
        self.options = Constants(barrier=False)


class Orphans(Sound):
    """Names a parent that there is not."""

    def propose(self) -> Proposal:
        return Proposal("mutate", ("c900",))


class Moody(Sound):
    """Keeps state in the class."""

    count = itertools.count()

    def propose(self) -> Proposal:
        return Proposal(f"operator-{next(self.count)}")


class Greedy(Sound):
    """Proposes a batch, however few names there are."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return [self.propose()] * 4


class Numbers(Sound):
    """Takes it that candidates are called by their number."""

    told = 0

    def tell(self, trials: Sequence[Trial]) -> None:
        super().tell(trials)
        self.told += len(trials)

    def propose(self) -> Proposal:
        return Proposal("mutate", (f"c{self.told - 1:03d}",)) if self.best[0] else Proposal("initial")


class Hopeful(Sound):
    """Waits for a first success."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return super().ask(names) if self.best[0] or not self.due else []

    def tell(self, trials: Sequence[Trial]) -> None:
        super().tell(trials)
        self.due = self.due if self.best[0] else 1


class Scaled(Sound):
    """Divides by the spread of scores, or takes their exponential."""

    def tell(self, trials: Sequence[Trial]) -> None:
        super().tell(trials)
        known = [trial.fitness for trial in trials if trial.fitness is not None]
        if len(known) > 1:
            _ = 1.0 / (max(known) - min(known)) + sum(map(math.exp, known))


class Patient(Sound):
    """Says that it does not wait, and waits."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return [] if self.due else super().ask(names)


class Deaf(Sound):
    """Without a barrier, it proposes nothing any more once something came late."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return [] if self.due < 0 else super().ask(names)

    def tell(self, trials: Sequence[Trial]) -> None:
        super().tell(trials)
        if self.due > 0:
            self.due = -1000


class MoodyLate(Moody):
    """Only while results are due does it draw from elsewhere."""

    def propose(self) -> Proposal:
        return super().propose() if self.due else Proposal("initial")


class Hasty(Sound):
    """Says that it waits, and does not."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return [Proposal("initial")] * min(4, len(names))


class Portioned(Sound):
    """Its batch is as large as the number of names."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        if self.due:
            return []
        self.left = min(4, len(names))
        return super().ask(names)


IMPATIENT = Constants(barrier=False)
BROKEN: dict[Callable[[StrategyCase], None], StrategyCase] = {
    suite.it_has_all_parts: StrategyCase(WithoutTell),
    suite.it_says_whether_it_waits: StrategyCase(Unsure),
    suite.it_starts_from_nothing: StrategyCase(Orphans),
    suite.it_is_deterministic: StrategyCase(Moody),
    suite.it_spends_the_budget_exactly: StrategyCase(Orphans),
    suite.it_spends_the_budget_in_small_portions: StrategyCase(Greedy),
    suite.nothing_is_proposed_without_names: StrategyCase(Greedy),
    suite.candidates_have_the_names_that_they_are_given: StrategyCase(Numbers),
    suite.it_survives_failures_only: StrategyCase(Hopeful),
    suite.it_survives_equal_scores: StrategyCase(Scaled),
    suite.it_survives_huge_scores: StrategyCase(Scaled),
    suite.it_proposes_more_while_a_result_is_due: StrategyCase(Patient, IMPATIENT),
    suite.it_spends_the_budget_while_results_are_due: StrategyCase(Deaf, IMPATIENT),
    suite.it_is_deterministic_while_results_are_due: StrategyCase(MoodyLate, IMPATIENT),
    suite.with_a_barrier_it_waits_for_the_last_result: StrategyCase(Hasty),
    suite.with_a_barrier_a_batch_is_the_same_in_portions: StrategyCase(Portioned),
}
ARITHMETIC = (suite.it_survives_equal_scores, suite.it_survives_huge_scores)
"""Checks that a strategy fails with an error of its own."""


@pytest.mark.parametrize("check", suite.CHECKS)
@pytest.mark.parametrize("options", [Constants(), IMPATIENT], ids=["waiting", "impatient"])
def test_a_sound_strategy_passes(check: Callable[[StrategyCase], None], options: Constants):
    check(StrategyCase(Sound, options))


@pytest.mark.parametrize("check", suite.CHECKS)
def test_a_broken_strategy_is_refused(check: Callable[[StrategyCase], None]):
    with pytest.raises(ArithmeticError if check in ARITHMETIC else AssertionError):
        check(BROKEN[check])
