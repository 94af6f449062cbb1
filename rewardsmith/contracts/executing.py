"""What an executor must offer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rewardsmith.contracts.scoring import ScoringJob
from rewardsmith.contracts.training import TrainerSettings, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import Score


@dataclass(frozen=True)
class Workload:
    """What all work of an executor has in common; its workers load everything by name."""

    task: str
    trainer: str
    settings: TrainerSettings
    folders: tuple[Path, ...]
    """Policies and episodes go below these, and workers can write nowhere else."""
    control: str
    """A reward that the machine can be expected to train on (see
    :func:`rewardsmith.baselines.control`): where it is in doubt whose fault something is, this is
    trained."""
    scorer: str = "heldout"
    workers: int = 1
    """Workers that share the cores, on a CPU."""
    devices: tuple[int, ...] = ()
    """Numbers of the GPUs that get a worker each; empty: the first."""


@dataclass(frozen=True)
class Lost:
    """A run ended by the machine's fault. It is queued again already."""

    run: str
    cause: str


@dataclass(frozen=True)
class Report:
    """Something that happened to the work; one of these is not ``None``."""

    progress: TrainingProgress | None = None
    result: TrainingResult | None = None
    score: tuple[str, Score] | None = None
    """A run and its score."""
    lost: Lost | None = None


class Executor(Protocol):
    """Where trainings and scorings happen: in worker processes here, or elsewhere.

    A registered executor is called with a :class:`Workload`.
    """

    def widen(self, width: int) -> None:
        """Say that so many trainings may be under way at a time; workers may make room for them."""
        ...

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        """Queue a training, and the scoring of its policy if it is trained to the end."""
        ...

    def score(self, job: ScoringJob) -> None:
        """Queue the scoring of a policy that is saved."""
        ...

    def next(self, timeout_s: float) -> Report | None:
        """Wait for what happens next; nothing after ``timeout_s``.

        Raises:
            ExecutionError: The machine fails again and again; what was queued stays undone.
        """
        ...

    def close(self) -> None:
        """End all workers."""
        ...
