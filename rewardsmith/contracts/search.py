"""What a strategy must offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from rewardsmith.records import Proposal, Trial


class Strategy(Protocol):
    """Decides what to try next.

    Pure and deterministic given its seed and the order of what it was asked and told.

    A registered strategy is called with ``(seed, candidates, options)``: the seed of its chance,
    the number of candidates that the search is planned for (schedules run over these, and over no
    more when a search is extended later), and an instance of its frozen dataclass ``Options``.
    """

    Options: ClassVar[type]
    """Its constants, a frozen dataclass; users give them by name."""

    @property
    def barrier(self) -> bool:
        """Whether it waits for all that it proposed before it proposes more.

        Then it is told of a whole batch at once, in the order of the proposals. Else it is told of
        each candidate as it ends, and asked again whenever there is room.
        """
        ...

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        """Propose programs.

        Args:
            names: What the next candidates are called. The n-th proposal gets the n-th of them, by
                which it is told of and may be named as a parent; no more proposals than names.

        Returns:
            Some proposals; none while it must first be told of others.
        """
        ...

    def tell(self, trials: Sequence[Trial]) -> None:
        """Hear of candidates that are at their end.

        :attr:`rewardsmith.records.Trial.fitness` is what counts.
        """
        ...
