"""Random search: programs written from nothing, again and again. The baseline that every search must beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

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

    def __init__(self, seed: int, options: RandomOptions) -> None:
        """Nothing is remembered."""
        super().__init__(seed, options, None)

    def _plan(self, limit: int) -> list[Proposal]:
        del limit
        return [Proposal("initial")] * self._options.samples

    def _learn(self, results: Sequence[Result]) -> None:
        """There is nothing to learn."""

    def _encode(self) -> object:
        return None

    def _decode(self, data: Any) -> None:
        del data
