"""What a scorer must offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rewardsmith.records import Score


@dataclass(frozen=True)
class ScoringJob:
    """One score that is due."""

    run: str
    """The run's id."""
    policy: str
    """Its policy, an absolute path."""
    seed: int
    """Picks the episodes."""
    episodes: int
    kept: str = ""
    """Where some of the episodes are saved, an absolute path; nothing: nowhere."""


class Scorer(Protocol):
    """Judges trained policies by what they do.

    A registered scorer is called with ``(task, device, threads)``.
    """

    def score(self, jobs: Sequence[ScoringJob], alive: Callable[[], None]) -> list[Score]:
        """One score for each job.

        Args:
            jobs: With policies of this scorer's task, and equal numbers of episodes.
            alive: Called now and then, so that a long scoring is not taken for a hang.

        Raises:
            UsageError: A policy cannot be read.
        """
        ...
