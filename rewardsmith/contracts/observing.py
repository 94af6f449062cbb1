"""Who watches a study."""

from __future__ import annotations

from typing import Protocol

from rewardsmith.contracts.training import TrainingProgress
from rewardsmith.records import Run, Score, Trial


class Observer(Protocol):
    """Hears of everything that happens in a study, once it is in the store."""

    def stage(self, text: str) -> None:
        """A new stage begins."""
        ...

    def note(self, text: str) -> None:
        """Something that a person should know, such as what the writer waits for."""
        ...

    def trial(self, trial: Trial) -> None:
        """A candidate was proposed, written, trained, scored or given up."""
        ...

    def progress(self, progress: TrainingProgress) -> None:
        """Trainings went on."""
        ...

    def run(self, run: Run, score: Score | None) -> None:
        """A run of a finalist, of the winner or of a baseline is at its end."""
        ...
