"""What a training worker and its parent say to each other, one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from rewardsmith.contracts import ScoringJob, TrainingJob, TrainingProgress, TrainingResult, Workload
from rewardsmith.records import Score


@dataclass(frozen=True)
class Setup:
    """The first line to a worker: what it works with."""

    task: str
    trainer: str
    scorer: str
    settings: str
    """Of the trainer's class, as JSON."""
    threads: int

    @classmethod
    def of(cls, load: Workload, threads: int) -> Setup:
        """For a worker that gets a share of some work."""
        settings = TypeAdapter(type(load.settings)).dump_json(load.settings).decode()
        return cls(load.task, load.trainer, load.scorer, settings, threads)


@dataclass(frozen=True)
class Order:
    """A training with the scoring of its policy, or a scoring alone. Sent at any time."""

    width: int
    """Trainings that may be under way at a time."""
    scoring: ScoringJob
    training: TrainingJob | None = None


@dataclass(frozen=True)
class WorkerReport:
    """What confines the worker, a sign of life, progress, a result or a score."""

    kind: Literal["confined", "alive", "progress", "result", "score"]
    limits: tuple[str, ...] = ()
    progress: TrainingProgress | None = None
    result: TrainingResult | None = None
    run: str = ""
    """Whose score it is."""
    score: Score | None = None


SETUP = TypeAdapter(Setup)
ORDER = TypeAdapter(Order)
REPORT = TypeAdapter(WorkerReport)
