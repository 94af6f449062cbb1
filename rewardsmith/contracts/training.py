"""What a trainer must offer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rewardsmith.records import Rung, TrainingResult

SPARSE = "sparse"
"""Names the baseline that trains on the true objective itself, where a program is expected."""


_ROUNDING = 1e-9
"""0.07 * 100 is a little more than 7."""


@dataclass(frozen=True)
class TrainingJob:
    """One training that is due."""

    candidate: str
    program: str
    """A program that the guard accepted and re-printed, or :data:`SPARSE`."""
    seed: int
    policy: str
    """Where the trained policy is saved, an absolute path."""
    episodes: str = ""
    """Where some of the held-out episodes are saved that the training was last scored on, an absolute path; nothing: nowhere."""
    rivals: tuple[tuple[float, ...], ...] = ()
    """For each rung of a race, the scores there of candidates that came before and are not among these jobs."""
    first: bool = True
    """Whether it is the first training of its candidate. Those behind it are compared with that one only, so that a program
    that failed and was repaired counts once, whatever is interrupted when."""


@dataclass(frozen=True)
class Race:
    """Asynchronous successive halving on the true score (Li et al., MLSys 2020, arXiv 1810.05934), in its stopping variant.

    When a training has taken a rung's share of its steps, its policy is scored on a few held-out episodes and compared with every
    candidate that came before it in the queue: it goes on if fewer than ``ceil(keep * n)`` of these ``n`` (itself
    included) are strictly better. Nobody is evicted for a tie, and nothing hangs on who was trained beside whom: only on the
    order of the queue, so a search that was interrupted decides the same.
    """

    rungs: tuple[float, ...] = (0.25, 0.35, 0.5, 0.7)
    """Shares of a training's steps, rising, each above 0 and below 1."""
    keep: float = 0.3
    """The best share that goes on at each rung."""
    episodes: int = 32
    """Held-out episodes at a rung."""

    def allows(self, better: int, rivals: int) -> bool:
        """Whether a training goes on: ``better`` of ``rivals`` candidates before it have a higher score."""
        return better < math.ceil(self.keep * (rivals + 1) - _ROUNDING)


@dataclass(frozen=True)
class TrainingProgress:
    """How far a batch of trainings is."""

    env_steps: int
    """Steps that all of them took so far, together."""
    total_steps: int
    """Steps that they take together, if none that still runs ends early."""
    success: tuple[tuple[str, float | None], ...]
    """True score in training of those that are being trained now, in the last epochs; ``None`` before a whole
    episode ended."""
    rungs: tuple[tuple[str, Rung], ...] = ()
    """Candidates that reached a rung since the last report."""
    note: str = ""
    """Something that a person should know, such as that memory is short."""


class Trainer(Protocol):
    """Trains one policy per job, many at once.

    It runs in a process that can write where the jobs' files go, to a cache of its own and to temporary
    files, and that can start threads but no processes. A class that needs processes says so with
    ``starts_processes = True``: then it compiles no program itself, and its processes call
    :func:`rewardsmith.training.confined.confine_training` before they do.
    """

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Train all jobs and yield each result as soon as it is final.

        Args:
            jobs: Programs with their own seeds, in the order of the queue.
            evaluation_seed: Picks the held-out episodes, the same for all jobs.
            observe: Told about progress now and then.
            race: Ends hopeless trainings early; ``None`` trains all to the end.

        Raises:
            UsageError: This trainer cannot race.
        """
        ...
