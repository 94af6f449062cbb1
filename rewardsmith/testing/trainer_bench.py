"""Where a trainer is looked at: jobs in a folder of their own, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from rewardsmith.contracts import (
    Task,
    Trainer,
    TrainerSettings,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
)
from rewardsmith.registry import TASKS
from rewardsmith.testing.feeding import TINY, Feed, train
from rewardsmith.testing.programs import human

Watch = Callable[[TrainingProgress], None]


@dataclass(frozen=True)
class TrainerCase:
    """A trainer, and what it is called with."""

    plugin: Callable[..., Trainer]
    """What is registered."""
    settings: TrainerSettings = TINY
    """Some epochs that take little time."""
    task: Task | None = None
    """``None``: ``franka-reach``."""

    @property
    def where(self) -> Task:
        """The task."""
        return self.task or TASKS.load("franka-reach")

    @contextmanager
    def working(self) -> Iterator[Bench]:
        """A new trainer with a folder that is gone afterwards."""
        with TemporaryDirectory() as folder:
            yield Bench(self.plugin(self.where, self.settings, 2), Path(folder).resolve(), human(self.where))


@dataclass(frozen=True)
class Bench:
    """A trainer and a folder for its policies."""

    trainer: Trainer
    folder: Path
    program: str
    """One that trains well."""

    def job(self, run: str, program: str = "", seed: int = 0) -> TrainingJob:
        """A training below the folder, of the good program unless given."""
        return TrainingJob(run, program or self.program, seed, str(self.folder / run / "policy.pt"))

    def train(
        self, jobs: Sequence[TrainingJob] | Feed, observe: Watch = lambda _: None
    ) -> dict[str, TrainingResult]:
        """Results by run."""
        wanted = sorted(job.run for job in jobs) if not isinstance(jobs, Feed) else None
        found = train(self.trainer, jobs, observe)
        assert wanted is None or sorted(found) == wanted, (
            f"jobs {wanted} got results of {sorted(found)}. Each gets one"
        )
        return found

    def compare_alone(self, jobs: Sequence[TrainingJob]) -> None:
        """Train them together and each by itself: both give the same, to the bit."""
        together = self.train(jobs)
        saved = {job.run: content_of(job) for job in jobs}
        for job in jobs:
            same_result(self.train([job])[job.run], together[job.run])
            again = content_of(job)
            assert again.keys() == saved[job.run].keys(), f"the policy of {job.run} has other parts alone"
            for name, value in again.items():
                same = _equal(value, saved[job.run][name])
                assert same, (
                    f"beside others, the policy of {job.run} has other {name} than alone. Share nothing"
                )


def content_of(job: TrainingJob) -> dict[str, object]:
    """What the policy of a training consists of; it is where it was to be saved."""
    assert Path(job.policy).is_file(), (
        f"{job.run} is trained, and no policy is at {job.policy}. Save it there"
    )
    return torch.load(job.policy, weights_only=True)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    return type(one) is type(other) and one == other


def same_result(alone: TrainingResult, together: TrainingResult) -> None:
    """What was trained beside others gave what it gave alone, but for the time."""
    parts = ("state", "fault", "cause", "env_steps", "components", "spreads", "progress", "rungs")
    differ = [part for part in parts if getattr(alone, part) != getattr(together, part)]
    assert not differ, f"beside others, {alone.run} has other {', '.join(differ)} than alone. Share nothing"
