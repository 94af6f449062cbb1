"""What a strategy must offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rewardsmith.records import Candidate, Proposal


class Strategy(Protocol):
    """Decides what to try next. Pure and deterministic given its seed and what it was told."""

    def ask(self, limit: int) -> list[Proposal]:
        """Propose at most ``limit`` programs; an empty list while it waits for results.

        Args:
            limit: How many more candidates the whole search may have. The first one is the number that the
                study was made for, and schedules run over it; a study that is given more later goes on at their end.
        """
        ...

    def tell(self, candidates: Sequence[Candidate]) -> None:
        """Hear of candidates that reached a final state, in any order."""
        ...

    def state(self) -> str:
        """Everything the strategy remembers, as JSON text."""
        ...

    def restore(self, state: str) -> None:
        """Continue from what :meth:`state` gave."""
        ...
