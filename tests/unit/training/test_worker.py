"""Orders of a worker, as they come in, and what it says of them."""

from __future__ import annotations

import io
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from rewardsmith.contracts import (
    Jobs,
    ScoringJob,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
    Workload,
)
from rewardsmith.records import Rung, RunState, Score
from rewardsmith.training.orders import ORDER, REPORT, SETUP, Order, Setup, WorkerReport
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.worker import Inbox, Worker, main
from tests.toys import TOY

SCORING = ScoringJob("a", "a/policy.pt", 11, 8)
TRAINING = TrainingJob("b", "program", 0, "b/policy.pt")


@contextmanager
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Inbox, int]]:
    """An inbox that reads from a pipe, and the end to write orders to."""
    read, write = os.pipe()
    with os.fdopen(read) as orders:
        monkeypatch.setattr("sys.stdin", orders)
        found = Inbox([])
        found.listen()
        try:
            yield found, write
        finally:
            os.close(write)
            deadline = time.monotonic() + 60
            while not found.ended and time.monotonic() < deadline:
                found.take(wait=False)


def send(descriptor: int, order: Order) -> None:
    os.write(descriptor, ORDER.dump_json(order) + b"\n")


def within_a_minute(inbox: Inbox) -> list[TrainingJob]:
    """What it takes when it may wait."""
    taken: list[TrainingJob] = []
    thread = threading.Thread(target=lambda: taken.extend(inbox.take(wait=True)), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return taken


def test_trainings_come_in_order_and_scorings_are_due(monkeypatch: pytest.MonkeyPatch):
    with inbox(monkeypatch) as (orders, descriptor):
        send(descriptor, Order(3, ScoringJob("b", "b/policy.pt", 11, 8), TRAINING))
        assert within_a_minute(orders) == [TRAINING]
        assert (orders.width, list(orders.scorings), orders.due) == (3, ["b"], [])
        send(descriptor, Order(3, SCORING))
        assert within_a_minute(orders) == []
        assert orders.due == [SCORING]


def test_reading_keeps_no_process_alive_that_failed(monkeypatch: pytest.MonkeyPatch):
    before = set(threading.enumerate())
    with inbox(monkeypatch):
        (reader,) = set(threading.enumerate()) - before
        assert reader.daemon


def test_nobody_waits_for_a_training_while_a_policy_is_due(monkeypatch: pytest.MonkeyPatch):
    """The trainer looked for more while it trained; the policy that
    came then is scored before it waits."""
    with inbox(monkeypatch) as (orders, descriptor):
        send(descriptor, Order(1, SCORING))
        deadline = time.monotonic() + 60
        while not orders.due and time.monotonic() < deadline:
            assert orders.take(wait=False) == []
        assert orders.due == [SCORING]
        assert within_a_minute(orders) == []
        orders.due = []


class Idle:
    """A trainer that trains nothing: what a run is called becomes of it."""

    Settings, can_race, can_start, starts_processes = PpoSettings, False, False, True

    def __init__(self, *given: object) -> None:
        self.given = given

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        while due := jobs.take(wait=True):
            for _ in due:
                observe(TrainingProgress(jobs.width, 9, ()))
            yield [TrainingResult(job.run, RunState(job.run.upper())) for job in due]


class Confined(Idle):
    starts_processes = False


class Same:
    """A scorer that gives everybody the same."""

    def __init__(self, *given: object) -> None:
        self.given = given

    def score(self, jobs: Sequence[ScoringJob], alive: Callable[[], None]) -> list[Score]:
        assert jobs, "there is something to score"
        alive()
        return [Score(0.5, 0.1, job.episodes, seed=job.seed) for job in jobs]


class Served:
    """A worker in this process: what it was given, and what it says of orders."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, clock: Callable[[], float]) -> None:
        known = {"idle": Idle, "confined": Confined, "same": Same, "task": TOY}
        for name in ("TASKS", "TRAINERS", "SCORERS"):
            monkeypatch.setattr(f"rewardsmith.training.worker.{name}", SimpleNamespace(load=known.get))
        monkeypatch.setattr("rewardsmith.training.worker.confine_training", self._confine)
        monkeypatch.setattr("rewardsmith.training.worker.time", SimpleNamespace(monotonic=clock))
        self.confined: list[object] = []
        self._patch = monkeypatch

    def _confine(self, *given: object) -> list[str]:
        self.confined += given
        return ["a fence"]

    def told(self, *orders: Order, trainer: str = "idle") -> list[WorkerReport]:
        """All that it says until its orders end."""
        settings = replace(PpoSettings(), env_steps=77)
        load = Workload("task", trainer, settings, (Path("folder"),), "", "same")
        said, says = os.pipe()
        come, go = os.pipe()
        with os.fdopen(said) as lines, os.fdopen(come) as orders_:
            self._patch.setattr("sys.stdin", orders_)
            for order in orders:
                send(go, order)
            os.close(go)
            self.worker = Worker(Setup.of(load, 3), load.folders, says)
            self.worker.serve()
            os.close(says)
            return [REPORT.validate_json(line) for line in lines]


def training(run: str) -> Order:
    return Order(2, ScoringJob(run, f"{run}/policy.pt", 11, 8), TrainingJob(run, "p", 0, f"{run}/policy.pt"))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """On a clock on which an hour goes by between any two looks at it."""
    return Served(monkeypatch, clock=itertools.count(3600, 3600).__next__)


def kinds(reports: Sequence[WorkerReport]) -> list[str]:
    return [report.kind for report in reports]


def test_trainer_and_scorer_get_what_the_setup_says(served: Served):
    assert served.told() == []
    settings = replace(PpoSettings(), env_steps=77)
    assert vars(served.worker._trainer) == {"given": (TOY, settings, 3)}
    assert vars(served.worker._scorer) == {"given": (TOY, "cpu", 3)}
    assert served.confined == []


def test_a_trainer_without_processes_is_confined_before_anything_else(served: Served):
    first, *_ = served.told(training("trained"), trainer="confined")
    assert (first.kind, first.limits) == ("confined", ("a fence",))
    assert served.confined == [(Path("folder"),), TOY, "cpu", 3]


def test_each_result_is_told_and_whoever_is_trained_is_scored(served: Served):
    told = served.told(training("lost"), training("trained"), Order(2, SCORING))
    results = {report.result.run: report.result.state for report in told if report.result}
    assert results == {"lost": RunState.LOST, "trained": RunState.TRAINED}
    scores = {report.run: report.score for report in told if report.score}
    assert scores == {name: Score(0.5, 0.1, 8, seed=11) for name in ("trained", "a")}
    assert kinds(told).index("result") < kinds(told).index("score")
    assert {"alive", "progress"} <= set(kinds(told))
    assert {report.progress.env_steps for report in told if report.progress} == {2}


def test_what_is_only_to_be_scored_is_scored_once(served: Served):
    assert kinds(served.told(Order(1, SCORING))) == ["alive", "score"]


def test_after_a_word_it_is_quiet_for_a_while_but_tells_what_counts(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    worker = Served(monkeypatch, clock=lambda: now[0])
    said: list[WorkerReport] = []
    worker.told()
    monkeypatch.setattr(worker.worker, "_descriptor", 0)
    monkeypatch.setattr(
        "rewardsmith.training.worker.answer", lambda _, line: said.append(REPORT.validate_json(line))
    )
    some = TrainingProgress(1, 9, ())
    now[0] = 100.0
    worker.worker._observe(some)
    worker.worker._observe(some)
    worker.worker._alive()
    assert kinds(said) == ["progress"]
    worker.worker._observe(replace(some, note="memory is short"))
    worker.worker._observe(replace(some, rungs=(("a", Rung(1, Score(0.5, 0.1, 4), 0, 0)),)))
    assert kinds(said) == ["progress"] * 3
    for running in ("ab", "ab", "b", "bc"):  # the first word of a run is always told, it may be a short one
        worker.worker._observe(replace(some, success=tuple((run, None) for run in running)))
    assert kinds(said) == ["progress"] * 5
    del said[3:]
    now[0] = 100.2
    worker.worker._alive()
    assert len(said) == 3
    now[0] = 100.25
    worker.worker._alive()
    now[0] = 100.5
    worker.worker._observe(some)
    assert kinds(said)[3:] == ["alive", "progress"]


def test_its_first_line_is_the_setup_and_its_arguments_are_folders(monkeypatch: pytest.MonkeyPatch):
    done: list[object] = []

    def made(*given: object) -> SimpleNamespace:
        done.append(given)
        return SimpleNamespace(serve=lambda: done.append("served"))

    setup = Setup("task", "idle", "same", "{}", 3)
    line = SETUP.dump_json(setup).decode()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\nan order\n"))
    monkeypatch.setattr("sys.argv", ["worker", "first", "second"])
    names = {"claim_stdout": lambda: 7, "keep_freed_memory": lambda: done.append("memory"), "Worker": made}
    for name, instead in names.items():
        monkeypatch.setattr(f"rewardsmith.training.worker.{name}", instead)
    main()
    assert done == ["memory", (setup, [Path("first"), Path("second")], 7), "served"]
