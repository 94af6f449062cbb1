"""What every search shares: batches, who was proposed, and what came in.

A search plans batches: Eureka's iteration, REvolve's generation, RF-Agent's expansion. A planned
batch is handed out as fast as the caller asks. Results wait until the next batch is planned and are
then learned from in the order in which they were proposed, so it never matters in which order they
came in.
"""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rewardsmith.contracts import Strategy
from rewardsmith.errors import UsageError
from rewardsmith.records import Proposal, Trial
from rewardsmith_search.options import Options

Memory = TypeVar("Memory")
Constants = TypeVar("Constants", bound=Options)


@dataclass(frozen=True)
class Result:
    """What a search wants to know of a candidate."""

    number: int
    """Of its proposal, from 0."""
    score: float | None
    """``None``: it failed. A failure has no number and takes part in no comparison."""
    judgement: float | None

    @classmethod
    def of(cls, number: int, trial: Trial) -> Result:
        """A number that is not finite cannot be compared, so it is none."""
        return cls(number, _finite(trial.fitness), _finite(trial.candidate.judgement))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


class Search(Strategy, Generic[Constants, Memory]):
    """The part of a strategy that is the same for all. A subclass plans and learns."""

    NAME: ClassVar[str]

    def __init__(self, seed: int, candidates: int, options: Constants, memory: Memory) -> None:
        """Start with nothing proposed; schedules run over so many ``candidates``."""
        self._seed, self._candidates = seed, candidates
        self._options = options
        self._memory = memory
        self._names: list[str] = []
        """Of all that was proposed, by number."""
        self._pending: dict[str, int] = {}
        """Numbers of those that were not told of yet."""
        self._inbox: list[Result] = []
        """Told, and not learned from yet."""
        self._queue: list[Proposal] = []
        """Planned, and not handed out yet."""

    @property
    def barrier(self) -> bool:
        """Whether it waits for whole batches, as published."""
        return self._options.barrier

    @abstractmethod
    def _plan(self, room: int) -> list[Proposal]:
        """The next batch; of any size, as what there is no ``room`` for is kept.

        Empty to wait for results.
        """

    @abstractmethod
    def _learn(self, results: Sequence[Result]) -> None:
        """Take in results, in the order of their proposals."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        """Hand out the rest of the batch, or the next one; none while results must come first.

        Args:
            names: What the next candidates are called; there are no more proposals than these.
        """
        if names and not self._queue and not (self.barrier and self._pending):
            self._learn(sorted(self._inbox, key=lambda result: result.number))
            self._inbox = []
            self._queue = self._plan(len(names))
        batch, self._queue = self._queue[: len(names)], self._queue[len(names) :]
        for name in names[: len(batch)]:
            self._pending[name] = len(self._names)
            self._names.append(name)
        return batch

    def tell(self, trials: Sequence[Trial]) -> None:
        """Hear of candidates at their end, in any order.

        Raises:
            UsageError: One was never proposed, was told before, or is not at its end. Nothing is
                taken in then.
        """
        results: dict[str, Result] = {}
        for trial in trials:
            if trial.id not in self._pending or trial.id in results:
                why = "twice" if trial.id in self._names else ", which it never proposed"
                raise UsageError(
                    f"the {self.NAME} search was told of {trial.id!r} {why}. Tell each of its candidates "
                    "once."
                )
            if not trial.final:
                raise UsageError(
                    f"the {self.NAME} search was told of {trial.id!r}, which is still {trial.state}. Tell "
                    "it when final."
                )
            results[trial.id] = Result.of(self._pending[trial.id], trial)
        for name in results:
            del self._pending[name]
        self._inbox += results.values()

    @property
    def _proposed(self) -> int:
        return len(self._names)

    def _rng(self) -> random.Random:
        """Chance for the next batch.

        It hangs on the seed and on the number of proposals alone, so there is nothing to save.
        """
        return random.Random(f"{self.NAME}/{self._seed}/{self._proposed}")
