"""One worker of the local executor: what it is sent, and what is believed of what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rewardsmith.contracts import SPARSE, Device, TrainingJob, TrainingResult, Workload
from rewardsmith.errors import UsageError
from rewardsmith.execution.process import ProcessDiedError, ProcessSilentError
from rewardsmith.executors.local_worker import LocalWorker, Work, control_job
from rewardsmith.records import Fault, RunState, Score
from rewardsmith.training.orders import WorkerReport
from tests.conftest import TINY
from tests.stage import Actor, Stage, line_of

GPUS = "CUDA_VISIBLE_DEVICES"


def worker(
    stage: Stage, device: int | None = None, patience_s: float = 0.0, on: Device = "cpu"
) -> LocalWorker:
    settings = replace(TINY, device=on)
    load = Workload("cartpole", "population", settings, (stage.folder, stage.folder / "more"), SPARSE)
    return LocalWorker(load, 3, device, patience_s)


def work(stage: Stage, run: str, training: bool = True, **changes: Any) -> Work:
    return Work(stage.scoring(run), stage.job(run) if training else None, 0, **changes)


def test_it_starts_a_worker_that_may_write_below_its_folders(stage: Stage):
    worker(stage)
    folders = str(stage.folder), str(stage.folder / "more")
    assert stage.actors[0].started == ("rewardsmith.training.worker", folders, {})


@pytest.mark.parametrize(
    ("on", "given", "patience_s"), [("cpu", 0.0, 300.0), ("cuda", 0.0, 1_800.0), ("cuda", 7.0, 7.0)]
)
def test_its_patience_is_that_of_the_device_where_none_is_given(
    stage: Stage, on: Device, given: float, patience_s: float
):
    made = worker(stage, patience_s=given, on=on)
    assert made.patience_s == patience_s
    if not given:
        assert LocalWorker(made.load, 3).patience_s == patience_s


def test_it_has_room_for_so_many_but_for_nobody_beside_one_that_is_alone(stage: Stage):
    made = worker(stage)
    assert made.has_room(1)
    assert not made.has_room(0)
    made.give(work(stage, "a"), 2)
    assert (made.has_room(1), made.has_room(2)) == (False, True)
    made.slots = 1
    assert (made.has_room(1), made.has_room(2)) == (False, False)
    made.slots = 3
    assert (made.has_room(1), made.has_room(2), made.has_room(4)) == (False, True, True)
    made.give(work(stage, "b", alone=True), 4)
    assert not made.has_room(4)


def test_it_is_set_up_once_and_told_how_many_may_be_under_way(stage: Stage):
    made, (actor,) = worker(stage), stage.actors
    made.give(work(stage, "a"), 4)
    made.slots = 2
    made.give(work(stage, "b", training=False), 4)
    ((setup,), orders) = actor.setups, actor.orders
    assert (setup.task, setup.trainer, setup.scorer, setup.threads) == (
        "cartpole", "population", "heldout", 3
    )  # fmt: skip
    assert [(order.scoring, order.training, order.width) for order in orders] == [
        (stage.scoring("a"), stage.job("a"), 4),
        (stage.scoring("b"), None, 2),
    ]
    assert [left.run for left in made.end()] == ["a", "b"]
    assert (made.flying, actor.alive) == ({}, False)
    made.give(work(stage, "c"), 4)
    assert len(actor.setups) == 2


def test_what_confines_it_is_known_from_then_on(stage: Stage):
    made = worker(stage)
    assert made.limits == ()
    made.give(work(stage, "a"), 1)
    assert list(made.listen()) == []
    assert made.limits == ("a fence",)
    (report,) = made.listen()
    assert report.progress == made.progress
    assert made.limits == ("a fence",)


def test_under_suspicion_is_who_was_told_of_last_and_all_before_that(stage: Stage):
    made = worker(stage)
    for run in "ab":
        made.give(work(stage, run), 2)
    made.give(work(stage, "c", training=False), 2)
    assert [one.run for one in made.suspects()] == ["a", "b", "c"]
    list(made.listen())
    list(made.listen())
    assert [one.run for one in made.suspects()] == ["a", "b"]
    made.end()
    made.give(work(stage, "d"), 2)
    assert [one.run for one in made.suspects()] == ["d"]


class TestPatience:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        made = SimpleNamespace(now=100.0)
        time = SimpleNamespace(monotonic=lambda: made.now)
        monkeypatch.setattr("rewardsmith.executors.local_worker.time", time)
        return made

    def test_it_begins_with_the_first_work_and_anew_with_all_that_is_said(
        self, stage: Stage, clock: SimpleNamespace
    ):
        made = worker(stage, patience_s=60.0)
        made.give(work(stage, "a"), 2)
        assert made.until == 160.0
        clock.now = 110.0
        made.give(work(stage, "b"), 2)
        assert made.until == 160.0, "while it has something, only what it says counts"
        list(made.listen())
        assert made.until == 170.0

    @pytest.mark.parametrize(("now", "left"), [(110.0, 50.0), (159.5, 0.5), (170.0, 0.0)])
    def test_so_long_is_waited_and_its_whole_silence_is_told(
        self, stage: Stage, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, now: float, left: float
    ):
        made, waited = worker(stage, patience_s=60.0), list[float]()

        def silent(actor: Actor, timeout_s: float) -> str:
            waited.append(timeout_s)
            raise ProcessSilentError("no answer within 50 s")

        monkeypatch.setattr(Actor, "receive", silent)
        made.give(work(stage, "a"), 1)
        clock.now = now
        with pytest.raises(ProcessSilentError, match="no answer within 60 s"):
            list(made.listen())
        assert waited == [left]


TRAINED, FAILED = RunState.TRAINED, RunState.FAILED


class TestWhatIsBelieved:
    """It was given a training of a, and a scoring of b with the seed 3."""

    def heard(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, report: WorkerReport) -> LocalWorker:
        made = worker(stage)
        made.give(work(stage, "a"), 2)
        made.give(work(stage, "b", training=False), 2)
        monkeypatch.setattr(Actor, "receive", lambda actor, timeout_s: line_of(report))
        return made

    @pytest.mark.parametrize(
        "result",
        [
            TrainingResult("a", TRAINED),
            TrainingResult("a", RunState.EVICTED),
            TrainingResult("a", RunState.LOST),
            TrainingResult("a", FAILED, Fault.DIVERGED, "infinite"),
        ],
    )
    def test_a_result_of_what_it_trains(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, result: TrainingResult
    ):
        made = self.heard(stage, monkeypatch, WorkerReport("result", result=result))
        (report,) = made.listen()
        assert (report.result, report.score, report.progress) == (result, None, None)

    def test_a_score_of_what_it_scores(self, stage: Stage, monkeypatch: pytest.MonkeyPatch):
        score = Score(0.5, 0.1, 4, seed=3)
        made = self.heard(stage, monkeypatch, WorkerReport("score", run="b", score=score))
        (report,) = made.listen()
        assert (report.result, report.score, report.progress) == (None, ("b", score), None)

    @pytest.mark.parametrize(
        "report",
        [
            pytest.param(WorkerReport("result", result=TrainingResult("c", TRAINED)), id="unknown"),
            pytest.param(WorkerReport("result", result=TrainingResult("b", TRAINED)), id="no training"),
            pytest.param(WorkerReport("result", result=TrainingResult("a", FAILED)), id="no fault"),
            pytest.param(WorkerReport("result", result=TrainingResult("a", RunState.QUEUED)), id="no end"),
            pytest.param(
                WorkerReport("result", result=TrainingResult("a", TRAINED, Fault.CRASHED)),
                id="a fault too many",
            ),
            pytest.param(WorkerReport("score", run="c", score=Score(1.0, 0.0, 4, seed=3)), id="of another"),
            pytest.param(WorkerReport("score", run="a", score=Score(1.0, 0.0, 4, seed=3)), id="too early"),
            pytest.param(WorkerReport("score", run="b", score=Score(1.0, 0.0, 4, seed=4)), id="another seed"),
        ],
    )
    def test_nothing_that_nobody_asked_for(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, report: WorkerReport
    ):
        made = self.heard(stage, monkeypatch, report)
        name = report.result.run if report.result else report.run
        with pytest.raises(ProcessDiedError, match=f"told what nobody asked for, of the run '{name}'"):
            list(made.listen())
        assert not stage.actors[0].alive

    def test_of_a_long_name_the_beginning_is_told(self, stage: Stage, monkeypatch: pytest.MonkeyPatch):
        score = Score(1.0, 0.0, 4, seed=3)
        made = self.heard(stage, monkeypatch, WorkerReport("score", run="x" * 99, score=score))
        with pytest.raises(ProcessDiedError, match=f"'{'x' * 60}'$"):
            list(made.listen())


class TestGpus:
    @pytest.mark.parametrize(
        ("mine", "order", "number", "seen"),
        [
            (None, None, 2, {GPUS: "2", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}),
            (None, "FASTEST_FIRST", 0, {GPUS: "0", "CUDA_DEVICE_ORDER": "FASTEST_FIRST"}),
            ("5, GPU-8f,,7", None, 2, {GPUS: "7"}),
            ("5, GPU-8f,,7", None, 1, {GPUS: "GPU-8f"}),
        ],
    )
    def test_it_sees_its_own_alone(
        self,
        stage: Stage,
        monkeypatch: pytest.MonkeyPatch,
        mine: str | None,
        order: str | None,
        number: int,
        seen: dict[str, str],
    ):
        for name, value in ((GPUS, mine), ("CUDA_DEVICE_ORDER", order)):
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        worker(stage, number)
        assert stage.actors[0].started[2] == seen

    def test_one_that_this_process_may_not_use_is_refused(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(GPUS, "5,7")
        with pytest.raises(UsageError, match="the GPU 2, but CUDA_VISIBLE_DEVICES allows 2, which"):
            worker(stage, 2)


def test_the_control_training_is_of_the_human_reward_in_a_folder_of_its_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    load = Workload("cartpole", "population", TINY, (Path("first"), Path("second")), "a program")
    job, folder = control_job(load)
    assert folder == tmp_path / "first" / "control"
    assert job == TrainingJob("control", "a program", 0, str(tmp_path / "first" / "control" / "policy.pt"))
