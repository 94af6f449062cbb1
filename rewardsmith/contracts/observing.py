"""Who watches a study."""

from __future__ import annotations

from typing import Protocol

from rewardsmith.contracts.training import TrainingProgress
from rewardsmith.records import Candidate, FinalRun


class Observer(Protocol):
    """Hears of everything that happens in a study, as it happens."""

    def stage(self, text: str) -> None:
        """A new stage begins."""
        ...

    def candidate(self, candidate: Candidate) -> None:
        """A candidate changed its state; it is already in the store."""
        ...

    def progress(self, progress: TrainingProgress) -> None:
        """A batch of trainings went on."""
        ...

    def final(self, run: FinalRun) -> None:
        """A run of the closing comparison is done."""
        ...
