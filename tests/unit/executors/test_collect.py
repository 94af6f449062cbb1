"""Trainings and scorings without a search, on an executor that says what it is to say."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from rewardsmith.contracts import Lost, Report, ScoringJob, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.executors.collect import Ended, score_all, train_all
from rewardsmith.records import Fault, RunState, Score

SCORE = Score(0.5, 0.1, 4)
SOME = TrainingProgress(1, 2, (("a", None),))
TRAINED = {name: TrainingResult(name, RunState.TRAINED) for name in "ab"}
FAILED = TrainingResult("c", RunState.FAILED, Fault.DIVERGED, "infinite")
EVICTED = TrainingResult("d", RunState.EVICTED)


@dataclass
class Prompted:
    """Says one thing after the other; remembers all else."""

    reports: deque[Report | None]
    heard: list[object] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def widen(self, width: int) -> None:
        self.heard.append(width)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.heard.append((job, scoring))

    def score(self, job: ScoringJob) -> None:
        self.heard.append(job)

    def next(self, timeout_s: float) -> Report | None:
        self.waits.append(timeout_s)
        return self.reports.popleft()

    def close(self) -> None: ...


def test_each_training_is_yielded_as_it_ends():
    jobs = [TrainingJob(name, "p", 0, f"/{name}.pt", 7, f"/{name}-played.pt") for name in "abcd"]
    reports = [
        Report(progress=SOME), None, Report(result=TRAINED["a"]), Report(result=FAILED),
        Report(result=TRAINED["b"]), Report(lost=Lost("a", "no room")), Report(score=("b", SCORE)),
        Report(result=EVICTED), Report(score=("a", SCORE)),
    ]  # fmt: skip
    executor, seen = Prompted(deque(reports)), list[TrainingProgress]()
    found = list(train_all(executor, jobs, 4, seen.append))
    assert found == [
        Ended(FAILED, None),
        Ended(TRAINED["b"], SCORE),
        Ended(EVICTED, None),
        Ended(TRAINED["a"], SCORE),
    ]
    assert executor.heard == [
        4,
        *((job, ScoringJob(job.run, job.policy, 7, 4, f"/{job.run}-played.pt")) for job in jobs),
    ]
    assert seen == [SOME, TrainingProgress(0, 0, (), note="a begins anew: no room")]
    assert not executor.reports
    assert min(executor.waits) > 0.0, "it would ask without a pause"


def test_of_a_failure_nothing_more_is_waited_for():
    executor = Prompted(deque([Report(result=FAILED)]))
    assert list(train_all(executor, [TrainingJob("c", "p", 0, "/c.pt")], 4, print)) == [Ended(FAILED, None)]


def test_each_scoring_is_yielded_as_it_comes():
    jobs = [ScoringJob(name, f"/{name}.pt", 7, 4) for name in "ab"]
    reports = [None, Report(score=("b", SCORE)), Report(progress=SOME), Report(score=("a", SCORE))]
    executor = Prompted(deque(reports))
    assert list(score_all(executor, jobs)) == [("b", SCORE), ("a", SCORE)]
    assert executor.heard == [2, *jobs]
    assert not executor.reports
    assert min(executor.waits) > 0.0
