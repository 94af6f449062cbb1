"""Trainings in this process, without an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import (
    ScoringJob,
    Task,
    Trainer,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
)
from rewardsmith.records import RunState, Score
from rewardsmith.training.heldout import HeldOutScorer
from rewardsmith.training.ppo import PpoSettings

EPISODES = 8
"""Held-out episodes of a score."""
TINY = PpoSettings(env_steps=1_600, envs=16, rollout=10, hidden=(16, 16), minibatches=2, mini_epochs=2)
"""Ten epochs that take a fraction of a second; nothing is learnt."""
Watch = Callable[[TrainingProgress], None]


class Feed:
    """Jobs by and by: a batch whenever a trainer asks (see :class:`rewardsmith.contracts.Jobs`)."""

    def __init__(self, *batches: Sequence[TrainingJob], width: int = 0) -> None:
        """An empty batch lets one asking pass.

        As many as there are jobs may be under way, unless ``width`` says fewer.
        """
        self._batches = deque(batches)
        self.folders = sorted({Path(job.policy).parent for batch in batches for job in batch})
        self.width = width or sum(map(len, batches))

    def take(self, *, wait: bool) -> Sequence[TrainingJob]:
        """The next batch, or the next that is not empty."""
        while self._batches:
            if (batch := self._batches.popleft()) or not wait:
                return batch
        return ()


def train(
    trainer: Trainer, jobs: Sequence[TrainingJob] | Feed, observe: Watch = lambda _: None
) -> dict[str, TrainingResult]:
    """Results by run in the order in which they came, without what hangs on the clock.

    Each run has one.
    """
    feed = jobs if isinstance(jobs, Feed) else Feed(jobs)
    found = [replace(result, wall_s=0.0) for results in trainer.train(feed, observe) for result in results]
    assert len({result.run for result in found}) == len(found)
    return {result.run: result for result in found}


def scored(
    task: Task, jobs: Sequence[TrainingJob], results: dict[str, TrainingResult], count: int = EPISODES
) -> dict[str, Score]:
    """Scores of what was trained to the end, by run, on episodes of the job's evaluation seed."""
    done = [job for job in jobs if results[job.run].state == RunState.TRAINED]
    due = [ScoringJob(job.run, job.policy, job.evaluation_seed, count, job.episodes) for job in done]
    scores = HeldOutScorer(task, "cpu", 2).score(due, lambda: None) if due else []
    return {job.run: score for job, score in zip(done, scores, strict=True)}
