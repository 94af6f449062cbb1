"""What the training worker and its parent say to each other, one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from rewardsmith.contracts import Race, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.records import TrainingResult


@dataclass(frozen=True)
class Order:
    """Train these jobs."""

    task: str
    trainer: str
    settings: TrainingSettings
    episodes: int
    evaluation_seed: int
    jobs: tuple[TrainingJob, ...]
    race: Race | None = None


@dataclass(frozen=True)
class Report:
    """What confines the worker, progress, a result, or the end of an order."""

    kind: Literal["confined", "progress", "result", "done"]
    limits: tuple[str, ...] = ()
    progress: TrainingProgress | None = None
    result: TrainingResult | None = None


ORDER = TypeAdapter(Order)
REPORT = TypeAdapter(Report)
