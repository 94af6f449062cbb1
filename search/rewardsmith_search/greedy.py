"""Greedy search: Eureka (Ma et al., ICLR 2024, arXiv 2310.12931, algorithm 1).

Sample K programs, keep the best, show the writer its training, ask for K revisions of it; repeat.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rewardsmith.contracts import Strategy
from rewardsmith.errors import UsageError
from rewardsmith.records import Candidate, Proposal


@dataclass(frozen=True)
class GreedyOptions:
    """Constants of the search."""

    samples: int = 4
    """Programs per iteration, K. The paper has 16 (and 5 iterations); the authors' code has 3 by default."""


@dataclass
class _Memory:
    """All that the strategy remembers between calls."""

    parent: str = ""
    """Best candidate of the last iteration in which any was scored."""
    asked: int = 0
    """Programs proposed in the current iteration."""
    told: int = 0
    best: str = ""
    """Best of the current iteration so far."""
    best_score: float | None = None


class GreedyStrategy(Strategy):
    """Revises the best program of the last iteration.

    As published, the parent is the best of the *last* iteration, not the best so far, and the first of
    equals wins. An iteration without any scored program keeps its parent (the authors' code does too).
    Mended against the authors' code: failures are states and take no part in the choice, and
    candidates are known by their id, so that a failed one cannot shift the others.
    """

    Options = GreedyOptions

    def __init__(self, seed: int, options: GreedyOptions) -> None:
        """Start before the first iteration; the search itself draws nothing at random.

        Raises:
            UsageError: ``samples`` is not positive.
        """
        del seed
        if options.samples < 1:
            raise UsageError(f"strategy option samples is {options.samples}; give at least 1.")
        self._samples = options.samples
        self._memory = _Memory()

    def ask(self, limit: int) -> list[Proposal]:
        """The rest of this iteration's programs, ``limit`` at most; none while results are due."""
        memory = self._memory
        if memory.asked and memory.told == memory.asked:
            self._memory = memory = _Memory(parent=memory.best or memory.parent)
        if memory.asked:
            return []
        count = min(self._samples, limit)
        memory.asked = count
        proposal = Proposal("reflect", (memory.parent,)) if memory.parent else Proposal("initial")
        return [proposal] * count

    def tell(self, candidates: Sequence[Candidate]) -> None:
        """Take in results in any order; ties go to the candidate that was proposed first."""
        memory = self._memory
        for candidate in candidates:
            memory.told += 1
            if candidate.score is None:
                continue
            score = candidate.score.mean
            if memory.best_score is None or score > memory.best_score or (score == memory.best_score and candidate.id < memory.best):
                memory.best, memory.best_score = candidate.id, score

    def state(self) -> str:
        """The memory as JSON."""
        return json.dumps(asdict(self._memory))

    def restore(self, state: str) -> None:
        """Continue from :meth:`state`."""
        self._memory = _Memory(**json.loads(state))
