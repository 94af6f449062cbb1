"""Trainings in this process, without an executor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Device, Task, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import Score
from rewardsmith.settings import preset_settings
from rewardsmith.testing.feeding import EPISODES, Feed, Watch, scored, train
from rewardsmith.training import episodes
from rewardsmith.training.ppo import PpoSettings

__all__ = ["EPISODES", "Feed", "Trained", "Watch", "files_of", "preset_of", "scored", "train"]


def preset_of(task: Task, device: Device = "cpu") -> PpoSettings:
    """What the population trainer has for a task."""
    return preset_settings(PpoSettings, task, "population", device)


@dataclass(frozen=True)
class Trained:
    """One batch of trainings: what came out, and what was told."""

    results: dict[str, TrainingResult]
    """In the order in which they came, without what hangs on the clock."""
    scores: dict[str, Score]
    files: dict[str, dict[str, Tensor]]
    """Weights and, where they were asked for, episodes, by run."""
    told: list[TrainingProgress]

    @property
    def order(self) -> str:
        return " ".join(self.results)

    def of(self, run: str) -> TrainingResult:
        return self.results[run]

    def same(self, other: Trained, run: str, theirs: str = "") -> bool:
        """Whether a run gave the same bits as one there, of the same name unless given."""
        theirs = theirs or run
        ours, its = self.files.get(run, {}), other.files.get(theirs, {})
        return (
            self.of(run) == replace(other.of(theirs), run=run)
            and self.scores.get(run) == other.scores.get(theirs)
            and ours.keys() == its.keys()
            and all(torch.equal(value, its[name]) for name, value in ours.items())
        )


def files_of(jobs: Sequence[TrainingJob]) -> dict[str, dict[str, Tensor]]:
    """What the jobs' files hold, by run."""
    found: dict[str, dict[str, Tensor]] = {}
    for job in jobs:
        if Path(job.policy).is_file():
            weights = torch.load(job.policy, weights_only=True)
            found[job.run] = {name: value for name, value in weights.items() if isinstance(value, Tensor)}
            assert found[job.run]
        if job.episodes and Path(job.episodes).is_file():
            stored = episodes.load(Path(job.episodes))
            found[job.run] |= {"true_score": stored.true_score, "alive": stored.alive, **stored.signals}
    return found
