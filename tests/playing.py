"""A strategy and how far it is: it is asked as the runner asks it."""

from __future__ import annotations

from rewardsmith.contracts import Strategy
from rewardsmith.records import Proposal, Trial


class Player:
    """Calls the next candidates c000, c001 and so on."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy, self.proposed = strategy, 0

    def ask(self, room: int) -> list[Proposal]:
        """At most so many proposals."""
        proposals = self.strategy.ask([f"c{number:03d}" for number in range(self.proposed, self.proposed + room)])
        self.proposed += len(proposals)
        return proposals

    def tell(self, *trials: Trial) -> None:
        """Of candidates at their end."""
        self.strategy.tell(trials)
