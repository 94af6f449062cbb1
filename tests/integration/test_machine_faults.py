"""What a machine does wrong is told, tried again, and given up in
the end; no program is blamed for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.contracts import SPARSE, ScoringJob, TrainingJob, TrainingResult, Workload
from rewardsmith.errors import ExecutionError, UsageError
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import Fault, RunState
from tests.conftest import TINY
from tests.plugins import install

TASK = "cartpole"
OFTEN = 100


@dataclass
class Happened:
    """Everything that an executor told, and how it ended."""

    results: dict[str, TrainingResult] = field(default_factory=dict)
    scores: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, str]] = field(default_factory=list)
    """Runs and why."""
    error: str = ""

    @property
    def times(self) -> dict[str, int]:
        """How often each run was lost."""
        return dict(Counter(run for run, _ in self.lost))


def listen(executor: LocalExecutor, runs: int) -> Happened:
    """Take in all reports until so many runs are at their end, or the machine is given up."""
    happened = Happened()
    try:
        while (
            len(happened.scores)
            + sum(result.state != RunState.TRAINED for result in happened.results.values())
            < runs
        ):
            report = executor.next(1.0)
            if report and report.lost:
                happened.lost.append((report.lost.run, report.lost.cause))
            if report and report.result:
                assert report.result.run not in happened.results, "a result is told once"
                happened.results[report.result.run] = report.result
            if report and report.score:
                happened.scores[report.score[0]] += 1
    except ExecutionError as error:
        happened.error = str(error)
    return happened


class Bench:
    """Runs on the faulty trainer and scorer, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.executors: list[LocalExecutor] = []

    def fault(self, what: str, times: int = 1, run: str = "", kind: str = "training") -> None:
        """Let something happen to a run, or to every run and the control training."""
        file = self.folder / run / f"{kind}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([what] * times))

    def executor(
        self, trainer: str = "faulty", scorer: str = "faulty", patience_s: float = 60.0, **changes: object
    ) -> LocalExecutor:
        load = Workload(TASK, trainer, TINY, (self.folder,), SPARSE, scorer, **changes)  # pyright: ignore[reportArgumentType]
        self.executors.append(LocalExecutor(load, patience_s))
        return self.executors[-1]

    def run(self, *runs: str, executor: LocalExecutor | None = None, others: int = 0) -> Happened:
        """Train and score, and wait for as many ``others`` that were queued before."""
        executor = executor or self.executor()
        executor.widen(len(runs))
        for run in runs:
            policy = str(self.folder / run / "policy.pt")
            executor.train(TrainingJob(run, SPARSE, 0, policy), ScoringJob(run, policy, 0, 4))
        return listen(executor, len(runs) + others)

    def trainings(self, run: str) -> list[str]:
        """The GPUs that each training of a run saw."""
        return (self.folder / run / "trainings.txt").read_text().split()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    point = "tests.children.faulty:Faulty"
    install(
        tmp_path / "packages", monkeypatch, "faulty", trainers=point + "Trainer", scorers=point + "Scorer"
    )
    install(tmp_path / "packages", monkeypatch, "missing", trainers="tests.children.nowhere:Trainer")
    (tmp_path / "runs").mkdir()
    made = Bench(tmp_path / "runs")
    yield made
    for executor in made.executors:
        executor.close()


@pytest.mark.parametrize("what", ["raise", "kill", "lost"])
def test_one_fault_of_the_machine_is_nobodys(bench: Bench, what: str):
    bench.fault(what, run="a")
    found = bench.run("a")
    assert (found.results["a"].state, found.scores, found.error) == (RunState.TRAINED, {"a": 1}, "")
    assert found.times == {"a": 1}
    assert len(bench.trainings("a")) == 2


def test_a_traceback_again_and_again_is_the_machines_fault(bench: Bench):
    """Whoever was done is kept, and nobody is blamed."""
    bench.fault("raise", OFTEN, run="b")
    found = bench.run("a", "b")
    assert found.error == (
        "training the process ended with exit code 1: OSError: [Errno 28] No space left on device. "
        "That is this machine's fault, not a program's. Mend it, then resume."
    )
    assert (set(found.results), found.scores) == ({"a"}, {"a": 1})
    assert found.times == {"b": 3}
    assert len(bench.trainings("b")) == 3


def test_a_machine_that_is_given_up_stays_so(bench: Bench):
    bench.fault("raise", OFTEN)
    executor = bench.executor()
    assert bench.run("a", executor=executor).error
    with pytest.raises(ExecutionError, match="this machine's fault"):
        executor.next(0.0)


@pytest.mark.parametrize(
    ("what", "fault"), [("signal", Fault.CRASHED), ("exit", Fault.CRASHED), ("lost", Fault.CRASHED)]
)
def test_a_program_that_breaks_its_worker_alone_is_blamed_if_the_human_reward_trains(
    bench: Bench, what: str, fault: Fault
):
    bench.fault(what, OFTEN, run="a")
    found = bench.run("a")
    assert (found.results["a"].state, found.results["a"].fault, found.error) == (RunState.FAILED, fault, "")
    assert found.results["a"].cause
    assert not (bench.folder / "control").exists()


@pytest.mark.slow
def test_a_hanging_program_is_blamed_for_that(bench: Bench):
    bench.fault("hang", OFTEN, run="a")
    found = bench.run("a", executor=bench.executor(patience_s=12.0))
    assert (found.results["a"].fault, found.results["a"].cause) == (
        Fault.TIMED_OUT,
        "training no answer within 12 s",
    )


@pytest.mark.parametrize("what", ["signal", "lost"])
def test_where_the_human_reward_does_not_train_either_nobody_is_blamed(bench: Bench, what: str):
    bench.fault(what, OFTEN)
    found = bench.run("a")
    assert "and the human reward does not train here either (" in found.error
    assert found.error.endswith("Mend the machine, then resume.")
    assert found.results == {}
    assert set(found.times) == {"a"}
    assert not (bench.folder / "control").exists()


@pytest.mark.slow
def test_whoever_shares_a_worker_with_the_culprit_is_not_blamed(bench: Bench):
    bench.fault("signal", OFTEN, run="b")
    found = bench.run("a", "b", "c")
    assert {name: result.fault for name, result in found.results.items()} == {
        "a": None,
        "b": Fault.CRASHED,
        "c": None,
    }
    assert found.scores == {"a": 1, "c": 1}


@pytest.mark.slow
def test_workers_that_are_always_killed_are_no_endless_story(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rewardsmith.executors.local._KILLS", 3)
    bench.fault("kill", OFTEN)
    found = bench.run("a", "b", "c", "d")
    assert "killed by signal 9" in found.error
    assert found.results == {}


@pytest.mark.parametrize("what", ["signal", "kill", "raise", "exit"])
def test_what_is_trained_is_only_scored_again(bench: Bench, what: str):
    bench.fault(what, run="a", kind="scoring")
    found = bench.run("a")
    assert (found.results["a"].state, found.scores, found.times) == (RunState.TRAINED, {"a": 1}, {"a": 1})
    assert len(bench.trainings("a")) == 1


@pytest.mark.parametrize("what", ["signal", "raise"])
def test_a_scoring_that_breaks_again_and_again_is_the_machines_fault(bench: Bench, what: str):
    bench.fault(what, OFTEN, run="a", kind="scoring")
    found = bench.run("a")
    assert found.results["a"].state == RunState.TRAINED
    assert found.times == {"a": 3}
    assert found.error.startswith("scoring the process ")
    assert len(bench.trainings("a")) == 1


def test_a_policy_that_is_saved_is_scored_alone(bench: Bench):
    """As after an interruption between training and scoring; other trainings go on beside it."""
    executor = bench.executor()
    executor.score(ScoringJob("c000-search-0", str(bench.folder / "nowhere.pt"), 3, 4))
    found = bench.run("a", executor=executor, others=1)
    assert (found.results.keys(), found.scores) == ({"a"}, {"a": 1, "c000-search-0": 1})


def test_a_policy_that_cannot_be_read_is_an_honest_error(bench: Bench):
    executor = bench.executor(scorer="heldout")
    (bench.folder / "policy.pt").write_text("nothing")
    executor.score(ScoringJob("c000-search-0", str(bench.folder / "policy.pt"), 3, 4))
    assert "policy.pt is not a policy that rewardsmith saved" in listen(executor, 1).error


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"trainer": "missing"}, "No module named 'tests.children.nowhere'"),
        ({"scorer": "none"}, "unknown scorer 'none'"),
    ],
    ids=["a package is missing", "a name is unknown"],
)
def test_what_is_not_installed_is_told(bench: Bench, changes: dict[str, Any], why: str):
    found = bench.run("a", "b", executor=bench.executor(**changes))
    assert why in found.error
    assert (found.results, found.times) == ({}, {"a": 3, "b": 3})


def test_without_room_on_the_disk_nobody_is_blamed(bench: Bench):
    """A file in the place of the policy's folder stands for a disk that takes no more."""
    (bench.folder / "a").write_text("")
    found = bench.run("a", executor=bench.executor("population", "heldout"))
    assert "exit code 1" in found.error
    assert "That is this machine's fault" in found.error
    assert (found.results, found.times) == ({}, {"a": 3})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real one, with room for nothing."""
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    (folder / "others.bin").write_bytes(b"x" * 12_000)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(bench: Bench, small_disk: Path):
    found = bench.run("a", executor=bench.executor("population", "heldout"))
    assert "That is this machine's fault" in found.error
    assert (found.results, found.times) == ({}, {"a": 3})
    assert [path.name for path in small_disk.iterdir()] == ["others.bin"]


@pytest.mark.slow
def test_without_memory_nobody_is_blamed(tmp_path: Path):
    """In a process of its own, whose children have as little of it: neither
    the program nor the human reward finds room."""
    command = [sys.executable, "-m", "tests.children.poor", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert "ExecutionError: " in done.stdout, done.stdout
    assert "FAILED" not in done.stdout


GPUS = "CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize(
    ("mine", "devices", "seen"),
    [
        pytest.param(None, (), {"all"}, id="none named"),
        pytest.param(None, (1,), {"1"}, id="one"),
        pytest.param(None, (0, 3), {"0", "3"}, id="two"),
        pytest.param("5, GPU-8f,7", (0, 1), {"5", "GPU-8f"}, id="of those that were given to this process"),
        pytest.param("5,7", (), {"5,7"}, id="none named of those"),
    ],
)
def test_each_worker_sees_its_gpu_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mine: str | None, devices: Sequence[int], seen: set[str]
):
    monkeypatch.delenv(GPUS, raising=False)
    if mine is not None:
        monkeypatch.setenv(GPUS, mine)
    executor = bench.executor(devices=devices)
    assert bench.run("a", "b", executor=executor).scores == {"a": 1, "b": 1}
    assert {gpu for run in "ab" for gpu in bench.trainings(run)} == seen


@pytest.mark.parametrize("mine", ["5,7", ""])
def test_a_gpu_that_this_process_may_not_use_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mine: str
):
    monkeypatch.setenv(GPUS, mine)
    with pytest.raises(UsageError, match="devices names the GPU 2"):
        bench.executor(devices=(2, 3))
