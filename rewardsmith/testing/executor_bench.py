"""An executor at work: what it is given, and all that it tells until the work is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rewardsmith.contracts import (
    Executor,
    Report,
    ScoringJob,
    TrainerSettings,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
    Workload,
)
from rewardsmith.records import RunState, Score
from rewardsmith.registry import TASKS
from rewardsmith.testing.feeding import EPISODES, TINY
from rewardsmith.testing.programs import human

_ASK_S = 1.0


@dataclass(frozen=True)
class ExecutorCase:
    """An executor and what it is to train."""

    plugin: Callable[[Workload], Executor]
    """What is registered."""
    task: str = "cartpole"
    trainer: str = "population"
    settings: TrainerSettings = TINY
    patience_s: float = 120.0
    """The work of one check is done after so long, or it is never."""

    @property
    def program(self) -> str:
        """A program that trains well."""
        return human(TASKS.load(self.task))

    @contextmanager
    def working(self) -> Iterator[Bench]:
        """A new executor with a folder; both are gone afterwards."""
        with TemporaryDirectory() as name, self.beside(Path(name).resolve()) as bench:
            yield bench

    @contextmanager
    def beside(self, folder: Path) -> Iterator[Bench]:
        """A new executor for a folder that there is."""
        load = Workload(self.task, self.trainer, self.settings, (folder,), self.program)
        executor = self.plugin(load)
        try:
            yield Bench(executor, folder, self.patience_s)
        finally:
            executor.close()


@dataclass
class Bench:
    """An executor, its folder, and what it told so far."""

    executor: Executor
    folder: Path
    patience_s: float
    results: dict[str, TrainingResult] = field(default_factory=dict)
    """By run, without what hangs on the clock."""
    scores: dict[str, list[Score]] = field(default_factory=dict)
    progress: list[TrainingProgress] = field(default_factory=list)
    due: set[str] = field(default_factory=set)
    """Runs whose training is to have a result."""

    def job(self, run: str, program: str, seed: int = 0) -> TrainingJob:
        """A training below the folder, whose held-out episodes are kept."""
        place = self.folder / run
        files = str(place / "policy.pt"), 11, str(place / "episodes.pt")
        return TrainingJob(run, program, seed, *files)

    def train(self, *jobs: TrainingJob) -> None:
        """Queue trainings, and wait until all are at their end."""
        self.queue(*jobs)
        self.finish(*jobs)

    def queue(self, *jobs: TrainingJob) -> None:
        """Queue trainings with their scorings."""
        for job in jobs:
            self.due.add(job.run)
            self.executor.train(job, scoring(job))

    def finish(self, *jobs: TrainingJob) -> None:
        """Wait until trainings are at their end."""
        self._listen(lambda: all(self._ended(job.run) for job in jobs), [job.run for job in jobs])

    def score(self, job: ScoringJob) -> Score:
        """Queue a scoring alone, and wait for it."""
        before = len(self.scores.get(job.run, ()))
        self.executor.score(job)
        self._listen(lambda: len(self.scores.get(job.run, ())) > before, [job.run])
        return self.scores[job.run][-1]

    def listen(self, timeout_s: float) -> Report | None:
        """Take in what happens next."""
        report = self.executor.next(timeout_s)
        if report is not None:
            self._take(report)
        return report

    def _ended(self, run: str) -> bool:
        result = self.results.get(run)
        return result is not None and (result.state != RunState.TRAINED or run in self.scores)

    def _listen(self, done: Callable[[], bool], runs: Sequence[str]) -> None:
        deadline = time.monotonic() + self.patience_s
        while not done():
            late = time.monotonic() > deadline
            assert not late, (
                f"{', '.join(runs)} were queued, and after {self.patience_s:g} s there are results of "
                f"{sorted(self.results) or 'none'} and scores of {sorted(self.scores) or 'none'}. "
                "Every training gives a result, and its score follows"
            )
            self.listen(_ASK_S)

    def _take(self, report: Report) -> None:
        said = [name for name in ("progress", "result", "score", "lost") if getattr(report, name) is not None]
        assert len(said) == 1, f"a report says {' and '.join(said) or 'nothing'}. It says one thing"
        if report.progress:
            self.progress.append(report.progress)
        if report.result:
            run = report.result.run
            assert run not in self.results, f"the run {run} got a second result. A training gives one"
            assert run in self.due, f"the run {run!r} got a result, and nobody queued it"
            self.due.discard(run)
            self.results[run] = replace(report.result, wall_s=0.0)
        if report.score:
            run = report.score[0]
            assert run not in self.due, (
                f"the run {run} was scored before its training had a result. The result comes first"
            )
            self.scores.setdefault(run, []).append(report.score[1])


def scoring(job: TrainingJob) -> ScoringJob:
    """How a training's policy is scored."""
    return ScoringJob(job.run, job.policy, job.evaluation_seed, EPISODES, job.episodes)
