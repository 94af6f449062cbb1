"""Random search: programs written from nothing, again and again.

The baseline that every search must beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rewardsmith.records import Proposal
from rewardsmith_search.options import AT_LEAST_1, Options
from rewardsmith_search.search import Result, Search


@dataclass(frozen=True, init=False)
class RandomOptions(Options):
    """Constants of the search; its presets are all the same."""

    samples: int = 16
    """Programs in a batch. It decides how many are under way at once, and nothing else."""

    RANGES: ClassVar = {"samples": AT_LEAST_1}


class RandomStrategy(Search[RandomOptions, None]):
    """Independent zero-shot samples, whatever came of the last."""

    NAME = "random"
    Options = RandomOptions

    def __init__(self, seed: int, candidates: int, options: RandomOptions) -> None:
        """Nothing is remembered."""
        super().__init__(seed, candidates, options, None)

    def _plan(self, room: int) -> list[Proposal]:
        return [Proposal("initial")] * self._options.samples

    def _learn(self, results: Sequence[Result]) -> None:
        """There is nothing to learn."""
