"""What a process of rl-games and its parent say to each other, one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from rewardsmith.contracts import TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.training.ppo import PpoSettings


@dataclass(frozen=True)
class ChildOrder:
    """Train this."""

    task: str
    settings: PpoSettings
    threads: int
    job: TrainingJob


@dataclass(frozen=True)
class ChildReport:
    """Progress, or the result."""

    progress: TrainingProgress | None = None
    result: TrainingResult | None = None


ORDER = TypeAdapter(ChildOrder)
REPORT = TypeAdapter(ChildReport)
