"""Trainings in this process, without an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Device, ScoringJob, Task, Trainer, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import RunState, Score
from rewardsmith.settings import preset_settings
from rewardsmith.training import episodes
from rewardsmith.training.heldout import HeldOutScorer
from rewardsmith.training.ppo import PpoSettings

EPISODES = 8
Watch = Callable[[TrainingProgress], None]


def preset_of(task: Task, device: Device = "cpu") -> PpoSettings:
    """What the population trainer has for a task."""
    return preset_settings(PpoSettings, task, "population", device)


class Feed:
    """Jobs that come by and by: a batch each time that the trainer asks (see :class:`rewardsmith.contracts.Jobs`)."""

    def __init__(self, *batches: Sequence[TrainingJob], width: int = 0) -> None:
        """An empty batch lets one asking pass. As many as there are jobs may be under way, unless ``width`` says fewer."""
        self._batches = deque(batches)
        self.folders = sorted({Path(job.policy).parent for batch in batches for job in batch})
        self.width = width or sum(map(len, batches))

    def take(self, *, wait: bool) -> Sequence[TrainingJob]:
        while self._batches:
            if (batch := self._batches.popleft()) or not wait:
                return batch
        return ()


def train(trainer: Trainer, jobs: Sequence[TrainingJob] | Feed, observe: Watch = lambda _: None) -> dict[str, TrainingResult]:
    """Results by run in the order in which they came, without what hangs on the clock; each run has one."""
    feed = jobs if isinstance(jobs, Feed) else Feed(jobs)
    found = [replace(result, wall_s=0.0) for results in trainer.train(feed, observe) for result in results]
    assert len({result.run for result in found}) == len(found)
    return {result.run: result for result in found}


def scored(task: Task, jobs: Sequence[TrainingJob], results: dict[str, TrainingResult], count: int = EPISODES) -> dict[str, Score]:
    """Scores of those that were trained to the end, by run, each on the episodes of its job's evaluation seed."""
    done = [job for job in jobs if results[job.run].state == RunState.TRAINED]
    due = [ScoringJob(job.run, job.policy, job.evaluation_seed, count, job.episodes) for job in done]
    scores = HeldOutScorer(task, "cpu", 2).score(due, lambda: None) if due else []
    return {job.run: score for job, score in zip(done, scores, strict=True)}


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
