"""Every check of executors can fail: for each one that it refuses.
They work in this process, and train nothing."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rewardsmith.contracts import Report, ScoringJob, TrainingJob, TrainingProgress, TrainingResult, Workload
from rewardsmith.records import Fault, RunState, Score
from rewardsmith.registry import TASKS
from rewardsmith.testing import executors as suite
from rewardsmith.testing.executors import ExecutorCase
from rewardsmith.testing.policies import save_policy

HIDDEN = "torch.sqrt"
"""In the program that fails, and in no other."""


class Sound:
    """Everything is done as soon as it is queued, and told by and by."""

    def __init__(self, load: Workload) -> None:
        self.load, self.reports = load, deque[Report]()

    def widen(self, width: int) -> None: ...

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.tell(Report(progress=TrainingProgress(1, 2, ((job.run, None),))))
        if HIDDEN in job.program:
            self.tell(
                Report(
                    result=TrainingResult(job.run, RunState.FAILED, Fault.DIVERGED, "the total became nan")
                )
            )
            return
        save_policy(Path(job.policy), TASKS.load(self.load.task), job.seed)
        self.tell(Report(result=TrainingResult(job.run, RunState.TRAINED, env_steps=2)))
        self.score(scoring)

    def score(self, job: ScoringJob) -> None:
        if job.kept:
            Path(job.kept).touch()
        self.tell(Report(score=(job.run, self.judged(job))))

    def judged(self, job: ScoringJob) -> Score:
        return Score(0.5, 0.1, job.episodes, seed=job.seed)

    def tell(self, report: Report) -> None:
        self.reports.append(report)

    def next(self, timeout_s: float) -> Report | None:
        if not self.reports:
            time.sleep(min(timeout_s, 0.01))
        return self.reports.popleft() if self.reports else None

    def close(self) -> None:
        self.reports.clear()


def telling(change: Callable[[Report], tuple[Report, ...]]) -> Any:
    """The executor that tells something else."""

    class Broken(Sound):
        def tell(self, report: Report) -> None:
            self.reports.extend(change(report))

    return Broken


def judging(change: Callable[[Score], Score]) -> Any:
    """The executor whose scores are others."""

    class Broken(Sound):
        def judged(self, job: ScoringJob) -> Score:
            return change(super().judged(job))

    return Broken


class Half:
    def __init__(self, load: Workload) -> None: ...


class Reversed(Sound):
    """The last comes first."""

    def next(self, timeout_s: float) -> Report | None:
        return self.reports.pop() if self.reports else None


class Distant(Sound):
    """Its files stay where they are made."""

    def score(self, job: ScoringJob) -> None:
        Path(job.policy).unlink()
        super().score(job)


class Blaming(Sound):
    """Whoever shares with a bad program fails, too."""

    bad = False

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.bad |= HIDDEN in job.program
        super().train(job, scoring)

    def next(self, timeout_s: float) -> Report | None:
        report = super().next(timeout_s)
        if report and report.result and self.bad:
            return Report(result=replace(report.result, env_steps=1))
        return report


class Sleepy(Sound):
    def next(self, timeout_s: float) -> Report | None:
        time.sleep(timeout_s + 1.0)
        return super().next(timeout_s)


class Once(Sound):
    """Takes no work once it has told something."""

    told = False

    def next(self, timeout_s: float) -> Report | None:
        self.told = True
        return super().next(timeout_s)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        if not self.told:
            super().train(job, scoring)


class Leaving(Sound):
    """Leaves a process behind."""

    left: ClassVar[list[subprocess.Popen[bytes]]] = []

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.left.append(subprocess.Popen(["sleep", "60"]))
        super().train(job, scoring)


class Fragile(Sound):
    """May be closed once."""

    closed = False

    def close(self) -> None:
        assert not self.closed, "closed twice"
        self.closed = True


def twice(report: Report) -> tuple[Report, ...]:
    return (report, report) if report.result else (report,)


def scored_twice(report: Report) -> tuple[Report, ...]:
    return (report, report) if report.score else (report,)


def without_results(report: Report) -> tuple[Report, ...]:
    return () if report.result else (report,)


def without_scores(report: Report) -> tuple[Report, ...]:
    return () if report.score else (report,)


def silently(report: Report) -> tuple[Report, ...]:
    return () if report.progress else (report,)


def without_fault(report: Report) -> tuple[Report, ...]:
    return (Report(result=replace(report.result, fault=None)) if report.result else report,)


def beyond(report: Report) -> tuple[Report, ...]:
    return (Report(progress=replace(report.progress, env_steps=3)) if report.progress else report,)


def twofold(report: Report) -> tuple[Report, ...]:
    return (replace(report, progress=TrainingProgress(0, 0, ())),)


CLOCK: Iterator[float] = iter(range(1_000_000))

BROKEN: dict[Callable[[ExecutorCase], None], tuple[Any, ...]] = {
    suite.it_has_all_parts: (Half,),
    suite.every_training_gives_one_result_and_its_score: (
        telling(twice), telling(scored_twice), telling(without_results),
        telling(without_scores), telling(twofold), Reversed,
        judging(lambda score: replace(score, seed=0)), judging(lambda score: replace(score, episodes=1)),
    ),
    suite.files_lie_where_jobs_say: (Distant,),
    suite.a_bad_program_costs_only_itself: (Blaming, telling(without_fault)),
    suite.progress_is_told: (telling(silently), telling(beyond)),
    suite.next_comes_back_after_its_timeout: (Sleepy,),
    suite.work_may_come_at_any_time: (Once,),
    suite.a_saved_policy_can_be_scored_again: (judging(lambda score: replace(score, mean=next(CLOCK))),),
    suite.close_ends_all_workers: (Leaving, Fragile),
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(suite, "_END_S", 0.2)
    monkeypatch.setattr(suite, "_SLACK_S", 1.0)
    yield
    while Leaving.left:
        process = Leaving.left.pop()
        process.kill()
        process.wait()


@pytest.mark.parametrize("check", suite.CHECKS)
def test_a_sound_executor_passes(check: Callable[[ExecutorCase], None]):
    check(ExecutorCase(Sound))


@pytest.mark.parametrize("check", suite.CHECKS)
def test_broken_executors_are_refused(check: Callable[[ExecutorCase], None]):
    for broken in BROKEN[check]:
        with pytest.raises(AssertionError):
            check(ExecutorCase(broken, patience_s=0.3))
