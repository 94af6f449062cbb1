"""Throughput by hand: medians, ratios, and how a batch and a search are timed."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from rewardsmith.contracts import Report, ScoringJob, TrainingJob, TrainingProgress, TrainingResult, Workload
from rewardsmith.errors import RewardsmithError
from rewardsmith.records import Fault, RunState, Score
from rewardsmith.reports import throughput
from rewardsmith.reports.throughput import Rate, Round, TrainingMeter, summarise_rounds, whole_rate
from rewardsmith.training.ppo import PpoSettings


def test_medians_ranges_and_ratios_by_hand():
    rounds = [
        Round(physics=1_000.0, task=600.0, training=300.0, search=100.0),
        Round(physics=2_000.0, task=800.0, training=400.0, search=160.0),
        Round(physics=800.0, task=400.0, training=400.0, search=80.0),
    ]
    found = summarise_rounds("t", PpoSettings(envs=8, env_steps=500), rounds)
    assert found.physics == Rate(1_000.0, 800.0, 2_000.0, 1.0)
    assert found.task == Rate(600.0, 400.0, 800.0, 0.5)  # of 0.6, 0.4 and 0.5: each round's own
    assert found.training == Rate(400.0, 300.0, 400.0, 0.3)
    assert found.search == Rate(100.0, 80.0, 160.0, 0.1)
    assert (found.candidates_per_hour, found.envs) == (720.0, 32)


def test_a_search_of_longer_trainings_has_the_same_overhead():
    # 400 steps took 10 s; the other 1,600 take 8 s at 200 steps/s.
    assert whole_rate(due=2_000, made=400, seconds=10.0, training=200.0) == pytest.approx(2_000 / 18.0)
    assert whole_rate(due=400, made=400, seconds=10.0, training=200.0) == 40.0


class Worker:
    """Takes 5 s to start, a second per epoch, and 7 s to score; tells of every second epoch."""

    made: list[Worker]
    seconds = 0.0

    def __init__(self, load: Workload) -> None:
        self.settings, self.closed = load.settings, False
        self.jobs: list[TrainingJob] = []
        self.reports: Iterator[Report] = iter(())
        self.made.append(self)

    def widen(self, width: int) -> None:
        assert width == 4

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.jobs.append(job)
        self.reports = self.work()

    def next(self, timeout_s: float) -> Report | None:
        return next(self.reports, None)

    def work(self) -> Iterator[Report]:
        jobs, self.jobs = self.jobs, []
        Worker.seconds += 5.0
        for epoch in range(self.settings.epochs):
            Worker.seconds += 1.0
            if epoch % 2 == 0:
                done = len(jobs) * (epoch + 1) * self.settings.epoch_steps
                yield Report(progress=TrainingProgress(done, len(jobs) * self.settings.env_steps, ()))
        Worker.seconds += 7.0
        for job in jobs:
            if job.program != "good":
                yield Report(result=TrainingResult(job.run, RunState.FAILED, Fault.CRASHED, "it fell over"))
                continue
            yield Report(result=TrainingResult(job.run, RunState.TRAINED))
            yield Report(score=(job.run, Score(0.0, 0.0, 2)))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    Worker.made = []
    monkeypatch.setattr(throughput, "LocalExecutor", Worker)
    monkeypatch.setattr(throughput, "time", SimpleNamespace(perf_counter=lambda: Worker.seconds))
    return Worker.made


SETTINGS = PpoSettings(envs=2, rollout=5, env_steps=1_000)


def test_training_is_timed_between_updates_without_start_and_scoring(workers: list[Worker]):
    meter = TrainingMeter("t", "good", SETTINGS, epochs=6)
    # four slots of ten steps per second
    assert [meter.measure(), meter.measure()] == [pytest.approx(40.0)] * 2
    # one worker, epochs as they were asked for
    assert [worker.settings.env_steps for worker in workers] == [60]


def test_a_batch_that_is_over_too_soon_is_made_longer(workers: list[Worker]):
    assert TrainingMeter("t", "good", SETTINGS, epochs=1).measure() == pytest.approx(40.0)
    assert [(worker.settings.epochs, worker.closed) for worker in workers] == [(1, True), (4, False)]


def test_a_training_that_fails_is_no_figure(workers: list[Worker]):
    with pytest.raises(RewardsmithError, match="a training of t failed"):
        TrainingMeter("t", "bad", SETTINGS, epochs=6).measure()
