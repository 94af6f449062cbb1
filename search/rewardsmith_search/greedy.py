"""Greedy search: Eureka (Ma et al., ICLR 2024, arXiv 2310.12931, algorithm 1).

Sample K programs, keep the best, show the writer its training, ask for K revisions of it; repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rewardsmith.records import Proposal
from rewardsmith_search.options import AT_LEAST_1, Options
from rewardsmith_search.search import Result, Search


@dataclass(frozen=True, init=False)
class GreedyOptions(Options):
    """Constants of the search.

    The paper runs five searches of five iterations and reports the best.
    """

    samples: int = 4
    """Programs per iteration, K. ``paper``: 16; ``release``: 3, the default of its
    config. Ours suits budgets of tens of candidates."""
    parent: Literal["last", "best"] = "last"
    """Whom to revise: the best of the last iteration (algorithm 1,
    paper and code), or the best so far."""

    CHANGES: ClassVar = {"paper": {"samples": 16}, "release": {"samples": 3}}
    RANGES: ClassVar = {"samples": AT_LEAST_1}


Champion = tuple[float, int]
"""Score and number of the best candidate of an iteration."""


class GreedyStrategy(Search[GreedyOptions, dict[int, Champion]]):
    """Revises the best program of the last iteration.

    As published, the parent is the best of the *last* iteration, not the best so far, and the first
    of equals wins. An iteration without any scored program keeps its parent (the authors' code does
    too). Mended against the authors' code: failures are states and take no part in the choice (they
    were -10000, which a metric may undercut), and candidates are known by their id (the code
    indexes compacted lists by position, so that one reply without a program shifts the others and
    the wrong one can be declared best).
    """

    NAME = "eureka"
    Options = GreedyOptions

    def __init__(self, seed: int, candidates: int, options: GreedyOptions) -> None:
        """Start before the first iteration.

        The memory is the champion of each iteration that has one.
        """
        super().__init__(seed, candidates, options, {})

    def _plan(self, room: int) -> list[Proposal]:
        """One iteration, K programs from one parent."""
        del room
        parent = self._parent()
        proposal = Proposal("initial") if parent is None else Proposal("reflect", (self._names[parent],))
        return [proposal] * self._options.samples

    def _parent(self) -> int | None:
        champions = self._memory
        if not champions:
            return None
        if self._options.parent == "last":
            return champions[max(champions)][1]
        return max(champions.values(), key=_merit)[1]

    def _learn(self, results: Sequence[Result]) -> None:
        for result in results:
            if result.score is not None:
                iteration = result.number // self._options.samples
                new = (result.score, result.number)
                self._memory[iteration] = max(self._memory.get(iteration, new), new, key=_merit)


def _merit(champion: Champion) -> tuple[float, int]:
    """Higher is better; of equals, the one proposed first."""
    score, number = champion
    return score, -number
