"""When memory is short, fewer slots take longer and give the same."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from rewardsmith.contracts import Device, Race, Task, TrainingJob, TrainingProgress, VecEnv
from rewardsmith.records import Rung, State, TrainingResult
from rewardsmith.training.evaluation import Outcome
from rewardsmith.training.population.lane import Lane
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.trainer import PopulationTrainer
from tests.conftest import TINY

QUICK = replace(TINY, env_steps=640, overlap=False)


class Cramped:
    """A task on a machine that has memory for so many environments."""

    def __init__(self, task: Task, room: int) -> None:
        self._task, self._room = task, room
        self._live: list[weakref.ref[Any]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._task, name)

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
        gc.collect()
        envs = [env for live in self._live if (env := live()) is not None]
        if num_envs + sum(env.made for env in envs) > self._room:
            raise MemoryError
        env = self._task.make(num_envs, threads, device)
        env.made = num_envs  # pyright: ignore[reportAttributeAccessIssue]
        self._live.append(weakref.ref(env))
        return env


@dataclass(frozen=True)
class Run:
    results: dict[str, TrainingResult]
    weights: dict[str, bytes]
    told: list[TrainingProgress]

    @property
    def notes(self) -> list[str]:
        return [progress.note for progress in self.told if progress.note]


@pytest.fixture
def train(tmp_path: Path, reach: Task, human_program: str):
    def go(room: int, episodes: int, jobs: int = 5, **changes: object) -> Run:
        settings = replace(QUICK, **changes)  # pyright: ignore[reportArgumentType]
        queue = [TrainingJob(str(n), human_program, n, str(tmp_path / f"{room}-{n}.pt")) for n in range(jobs)]
        told: list[TrainingProgress] = []
        task: Any = Cramped(reach, room) if room else reach
        found = list(PopulationTrainer(task, settings, episodes, threads=2).train(queue, 7, told.append))
        results = {result.candidate: replace(result, wall_s=0.0, policy="") for result in found}
        assert len(found) == len(results) == jobs
        weights = {job.candidate: Path(job.policy).read_bytes() for job in queue if Path(job.policy).exists()}
        return Run(results, weights, told)

    return go


def test_no_room_for_the_held_out_episodes(train):
    """Four slots take 64 environments and 128 more to be scored, two of them half of that."""
    free, short = train(0, 32, slots=4), train(130, 32, slots=4)
    assert free.notes == []
    assert short.notes == ["memory is short: going on with 2 of 4 slots; what was in them begins anew"]
    assert max(len(progress.success) for progress in short.told[5:]) == 2
    assert {result.state for result in short.results.values()} == {State.SCORED}
    assert short.results == free.results


def test_room_for_one_at_a_time(train):
    free, short = train(0, 32, slots=4), train(50, 32, slots=4)
    assert [note[:34] for note in short.notes] == ["memory is short: going on with 2 o", "memory is short: going on with 1 o"]
    assert short.results == free.results


def test_not_even_room_for_one(train):
    found = train(40, 32, jobs=2, slots=2)
    assert [result.state for result in found.results.values()] == [State.CRASHED] * 2
    assert {result.cause for result in found.results.values()} == {"memory does not suffice to train it even alone"}


def test_what_raced_before_the_shortage_counts_behind_it(reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Memory ends when the second pair is at its rung; the first pair is done by then."""
    jobs = [TrainingJob(name, human_program, n, str(tmp_path / f"{name}.pt")) for n, name in enumerate("abcd")]

    def rungs() -> dict[str, tuple[Rung, ...]]:
        trainer = PopulationTrainer(reach, replace(QUICK, slots=2), 8, threads=1)
        return {result.candidate: result.rungs for result in trainer.train(jobs, 7, lambda _: None, Race((0.5,), keep=1.0, episodes=8))}

    free = rungs()
    assert [free[name][0].rivals for name in "abcd"] == [0, 1, 2, 3]
    score, calls = Lane.score, iter(range(1_000))

    def once_too_much(*given: Any) -> list[Outcome]:
        if next(calls) == 2:
            raise MemoryError
        return score(*given)

    monkeypatch.setattr(Lane, "score", once_too_much)
    assert rungs() == free


def test_nobody_is_forgotten_when_memory_ends_as_they_enter(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """One after another enters one of two lanes; among them is a program that does not compile."""
    names = "abcdef"
    jobs = [TrainingJob(name, "def" if name == "c" else human_program, n, str(tmp_path / name)) for n, name in enumerate(names)]
    exchange = Population.exchange
    for broken in range(8):
        calls = iter(range(1_000))

        def once_too_much(population: Population, leaving: Any, entering: Any, calls: Any = calls, broken: int = broken) -> None:
            if entering and next(calls) == broken:
                raise MemoryError
            exchange(population, leaving, entering)

        monkeypatch.setattr(Population, "exchange", once_too_much)
        trainer = PopulationTrainer(reach, replace(QUICK, env_steps=320, slots=4, overlap=True), 4, threads=2)
        found = [(result.candidate, result.state) for result in trainer.train(jobs, 7, lambda _: None)]
        assert sorted(found) == [(name, State.CRASHED if name == "c" else State.SCORED) for name in names]


def test_on_a_machine_that_really_has_no_more():
    def child(*limit: str) -> Any:
        done = subprocess.run([sys.executable, "-m", "tests.children.cramped", *limit], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    free, short = child(), child("3900")  # four slots take 3.6 GB of address space here, and 0.5 GB more to be scored
    assert free["notes"] == []
    assert short["notes"] == ["memory is short: going on with 2 of 4 slots; what was in them begins anew"]
    assert [result["state"] for result in short["results"]] == ["SCORED"] * 5
    assert short["results"] == free["results"]


def test_a_thread_that_cannot_start_is_no_hang():
    """Alone: whatever is native beside it may abort the process when memory is this short."""
    code = "from tests.children.cramped import *; from rewardsmith.execution.memory import *; limit_to(200 << 20); print(started_thread())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stderr


def test_without_a_second_thread_lanes_are_one_and_give_the_same(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    jobs = [TrainingJob(name, human_program, n, str(tmp_path / f"{name}.pt")) for n, name in enumerate("abc")]

    def results() -> dict[str, TrainingResult]:
        trainer = PopulationTrainer(reach, replace(QUICK, slots=2, overlap=True), 8, threads=2)
        return {result.candidate: replace(result, wall_s=0.0) for result in trainer.train(jobs, 7, lambda _: None)}

    free = results()
    monkeypatch.setattr("rewardsmith.training.population.trainer.started_thread", lambda: None)
    assert results() == free


def test_other_errors_are_not_taken_for_a_shortage(reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("shape mismatch")

    trainer = PopulationTrainer(reach, QUICK, 8, threads=1)
    monkeypatch.setattr("rewardsmith.training.population.population.Population.epoch", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        list(trainer.train([TrainingJob("a", human_program, 0, str(tmp_path / "a.pt"))], 7, lambda _: None))
    assert torch.get_num_threads() == 1
