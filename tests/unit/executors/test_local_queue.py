"""What the local executor gives to whom, and in which order; its workers are no processes here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from rewardsmith.contracts import Race
from rewardsmith.errors import StoreError
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import Fault, Rung, Score
from tests.stage import Stage, listen


def test_every_training_gives_a_result_and_then_its_score(stage: Stage):
    told = stage.run(stage.executor(), "abc")
    assert (told.states, told.scores) == (dict.fromkeys("abc", "TRAINED"), ["a", "b", "c"])
    assert (told.lost, told.error) == ([], "")
    assert [report.score[1].seed for report in told.reports if report.score] == [3, 3, 3]


@pytest.mark.parametrize(("cores", "workers", "threads"), [(8, 1, 8), (8, 3, 2), (2, 2, 1), (1, 2, 1)])
def test_workers_share_the_cores(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, threads: int
):
    monkeypatch.setattr("rewardsmith.executors.local.usable_cores", lambda: cores)
    executor = stage.executor(workers=workers)
    assert [worker.threads for worker in executor.workers] == [threads] * workers


def test_workers_may_be_silent_as_long_as_their_device_allows(stage: Stage):
    load = stage.executor()._load
    assert [worker.patience_s for worker in LocalExecutor(load).workers] == [300.0]
    assert [worker.patience_s for worker in LocalExecutor(load, 7.0).workers] == [7.0]


def test_each_gpu_has_a_worker(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("rewardsmith.executors.local.usable_cores", lambda: 8)
    executor = stage.executor(devices=(0, 3))
    assert [(worker.device, worker.threads) for worker in executor.workers] == [(0, 4), (3, 4)]


def test_one_at_a_time_until_it_is_widened_and_never_narrowed(stage: Stage):
    executor = stage.executor()
    stage.queue(executor, *map(stage.job, "ab"))
    assert listen(executor).together == ["a", "b"]
    executor.widen(3)
    executor.widen(2)
    stage.queue(executor, *map(stage.job, "cdef"))
    assert listen(executor).together == ["cde", "def", "ef", "f"]


def test_workers_share_the_room_and_who_has_least_is_next(stage: Stage):
    executor = stage.executor(workers=2)
    executor.widen(3)
    stage.queue(executor, *map(stage.job, "abcde"))
    executor.next(0.0)
    first, second = stage.actors
    assert [order.scoring.run for order in first.orders] == ["a", "c"]
    assert [order.scoring.run for order in second.orders] == ["b", "d"]
    assert {order.width for order in [*first.orders, *second.orders]} == {2}
    assert listen(executor).scores[-1] == "e"


def test_progress_is_that_of_all_workers(stage: Stage):
    told = stage.run(stage.executor(workers=2), "abc", width=4)
    first, last, *_ = [report.progress for report in told.reports if report.progress]
    assert (first.env_steps, first.total_steps) == (2, 20)
    assert (last.env_steps, last.total_steps) == (3, 30)
    assert last.success == (("a", None), ("c", None), ("b", None))


def test_work_that_comes_late_is_done_by_the_same_worker(stage: Stage):
    executor = stage.executor()
    assert executor.next(0.0) is None
    assert stage.run(executor, "a").scores == ["a"]
    assert stage.run(executor, "b").scores == ["b"]
    (actor,) = stage.actors
    assert len(actor.setups) == 1
    executor.score(stage.scoring("c"))
    told = listen(executor)
    assert (told.scores, told.results) == (["c"], {})


def test_an_end_that_is_no_success_has_no_score(stage: Stage):
    stage.fault("failed", "a")
    stage.fault("evicted", "b")
    executor = stage.executor()
    told = stage.run(executor, "abc")
    assert told.states == {"a": "FAILED", "b": "EVICTED", "c": "TRAINED"}
    assert told.scores == ["c"]
    assert not executor.workers[0].flying


def test_close_ends_all_workers(stage: Stage):
    executor = stage.executor(workers=2)
    stage.run(executor, "ab")
    assert [actor.alive for actor in stage.actors] == [True, True]
    executor.close()
    assert [actor.alive for actor in stage.actors] == [False, False]


class TestFiles:
    @pytest.mark.parametrize("name", ["policy", "episodes"])
    def test_those_of_a_training_lie_below_the_folders(self, stage: Stage, tmp_path: Path, name: str):
        executor = stage.executor()
        job = replace(stage.job("a"), **{name: str(tmp_path / "elsewhere.pt")})
        with pytest.raises(StoreError, match=r"elsewhere.pt is to be written by a worker that can write"):
            executor.train(job, stage.scoring("a"))
        assert executor.next(0.0) is None

    def test_so_do_those_of_a_scoring(self, stage: Stage, tmp_path: Path):
        executor, kept = stage.executor(), str(tmp_path / "elsewhere.pt")
        with pytest.raises(StoreError, match=r"elsewhere.pt"):
            executor.train(stage.job("a"), stage.scoring("a", kept=kept))
        with pytest.raises(StoreError, match=r"elsewhere.pt"):
            executor.score(stage.scoring("a", kept=kept))
        executor.score(stage.scoring("b", kept=str(stage.folder / "b" / "episodes.pt")))
        assert listen(executor).scores == ["b"]

    def test_one_of_several_folders_is_enough(self, stage: Stage, tmp_path: Path):
        executor = stage.executor()
        executor._load = replace(executor._load, folders=(tmp_path / "first", tmp_path / "second"))
        executor.train(replace(stage.job("a"), policy=str(tmp_path / "second" / "a.pt")), stage.scoring("a"))
        assert listen(executor).scores == ["a"]
        assert (tmp_path / "first").is_dir()
        assert (tmp_path / "second").is_dir()

    def test_a_folder_is_made_where_there_is_room_for_it(self, stage: Stage, tmp_path: Path):
        stage.folder = tmp_path / "deep" / "down"
        stage.run(stage.executor(), "a")
        assert stage.folder.is_dir()
        (tmp_path / "file").write_text("")
        stage.folder = tmp_path / "file" / "down"
        with pytest.raises(StoreError, match=r"cannot write to .*file/down: Not a directory"):
            stage.run(stage.executor(), "a")

    def test_a_folder_that_is_a_link_is_refused(self, stage: Stage, tmp_path: Path):
        (tmp_path / "real").mkdir()
        stage.folder = tmp_path / "link"
        stage.folder.symlink_to(tmp_path / "real")
        with pytest.raises(StoreError, match="link is a link"):
            stage.run(stage.executor(), "a")


def rung(score: float) -> Rung:
    return Rung(100, Score(score, 0.1, 4), 0, 0)


class TestRaces:
    RACE = Race((0.5,), keep=0.5, episodes=4)

    def rivals(self, stage: Stage) -> dict[str, tuple[tuple[str, tuple[float, ...]], ...]]:
        """The rivals with which each training was ordered last."""
        orders = [order for actor in stage.actors for order in actor.orders]
        return {order.scoring.run: order.training.rivals for order in orders if order.training}

    def test_those_before_it_that_are_at_their_end_are_rivals(self, stage: Stage):
        """But for repairs, of which the first training counts; whoever does not race has none."""
        stage.rungs = {"a": (rung(0.25),), "b": (rung(0.5),), "c": (rung(0.75),)}
        stage.fault("evicted", "b")
        executor = stage.executor()
        jobs = [stage.job(run, race=self.RACE) for run in "abcd"]
        jobs[0] = replace(jobs[0], rivals=(("z", (1.0,)),))
        jobs[2] = replace(jobs[2], repeats="x")
        stage.queue(executor, *jobs, stage.job("e"))
        listen(executor)
        assert self.rivals(stage) == {
            "a": (("z", (1.0,)),),
            "b": (("a", (0.25,)),),
            "c": (("a", (0.25,)), ("b", (0.5,))),
            "d": (("a", (0.25,)), ("b", (0.5,))),
            "e": (),
        }

    def test_those_behind_it_are_none_even_if_it_begins_anew(self, stage: Stage):
        stage.rungs = {run: (rung(0.5),) for run in "abc"}
        stage.fault("lost", "b", times=1)
        executor = stage.executor()
        executor.widen(3)
        stage.queue(executor, *(stage.job(run, race=self.RACE) for run in "abc"))
        told = listen(executor)
        assert (told.lost, list(told.results)) == (["b"], ["a", "c", "b"])
        assert self.rivals(stage)["b"] == (("a", (0.5,)),)


class TestWaiting:
    """On a clock that goes on only while somebody waits."""

    @pytest.fixture
    def waits(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """How long was waited each time; nobody says anything."""
        clock, found = SimpleNamespace(now=100.0), list[float]()

        def speaking(processes: object, timeout_s: float) -> list[object]:
            found.append(timeout_s)
            clock.now += max(0.0, timeout_s) + 0.5
            return []

        time = SimpleNamespace(monotonic=lambda: clock.now)
        monkeypatch.setattr("rewardsmith.executors.local.time", time)
        monkeypatch.setattr("rewardsmith.executors.local_worker.time", time)
        monkeypatch.setattr("rewardsmith.executors.local.speaking", speaking)
        return found

    def test_nothing_comes_back_after_the_timeout(self, stage: Stage, waits: list[float]):
        executor = stage.executor()
        stage.queue(executor, stage.job("a"))
        assert executor.next(7.0) is None
        assert waits == [7.0]

    def test_a_worker_is_waited_for_as_long_as_it_may_be_silent(self, stage: Stage, waits: list[float]):
        executor = stage.executor(workers=2)
        stage.fault("silence", "a", times=1, kind="beginning")
        executor.widen(2)
        stage.queue(executor, *map(stage.job, "ab"))
        report = executor.next(90.0)
        assert waits == [60.0]
        assert report
        assert report.result
        assert report.result.fault == Fault.TIMED_OUT

    def test_without_work_nobody_waits(self, stage: Stage, waits: list[float]):
        assert stage.executor().next(7.0) is None
        assert waits == []
