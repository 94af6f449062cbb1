"""What a trainer must offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rewardsmith.records import TrainingResult

SPARSE = "sparse"
"""Names the baseline that trains on the true objective itself, where a program is expected."""


@dataclass(frozen=True)
class TrainingJob:
    """One training that is due."""

    candidate: str
    program: str
    """A program that the guard accepted and re-printed, or :data:`SPARSE`."""
    seed: int
    policy: str
    """Where the trained policy is saved, an absolute path."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a batch of trainings is."""

    env_steps: int
    """Steps done per candidate."""
    total_steps: int
    success: tuple[tuple[str, float | None], ...]
    """Training success of each candidate in the last epochs, ``None`` before an episode ended."""


class Trainer(Protocol):
    """Trains one policy per job, many at once."""

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
    ) -> Iterator[TrainingResult]:
        """Train all jobs and yield each result as soon as it is final.

        Args:
            jobs: Programs with their own seeds.
            evaluation_seed: Picks the held-out episodes, the same for all jobs.
            observe: Told about progress now and then.
        """
        ...
