"""When memory is short, fewer slots take longer and give the same."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import Rung, RunState
from rewardsmith.training.heldout import Played
from rewardsmith.training.population.lane import Lane
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.trainer import PopulationTrainer
from tests.conftest import TINY
from tests.cramped import cramped
from tests.training import Feed
from tests.training import train as run

QUICK = replace(TINY, env_steps=640, overlap=False)


@dataclass(frozen=True)
class Trained:
    results: dict[str, TrainingResult]
    weights: dict[str, bytes]
    told: list[TrainingProgress]

    @property
    def notes(self) -> list[str]:
        return [progress.note for progress in self.told if progress.note]


@pytest.fixture
def train(tmp_path: Path, reach: Task, human_program: str):
    def go(room: int, jobs: int = 5, race: Race | None = None, **changes: object) -> Trained:
        settings = replace(QUICK, **changes)  # pyright: ignore[reportArgumentType]
        queue = [
            TrainingJob(str(n), human_program, n, str(tmp_path / f"{room}-{n}.pt"), 7, race=race)
            for n in range(jobs)
        ]
        told: list[TrainingProgress] = []
        task = cramped(reach, room) if room else reach
        results = run(PopulationTrainer(task, settings, threads=2), queue, told.append)
        assert len(results) == jobs
        weights = {job.run: Path(job.policy).read_bytes() for job in queue if Path(job.policy).exists()}
        return Trained(results, weights, told)

    return go


@pytest.mark.slow
def test_no_room_for_the_held_out_episodes_at_a_rung(train):
    """Four slots take 64 environments and 128 more to be looked at, two of them half of that."""
    race = Race((0.5,), keep=1.0, episodes=32)
    free, short = train(0, race=race, slots=4), train(130, race=race, slots=4)
    assert free.notes == []
    assert short.notes == ["memory is short: going on with 2 of 4 slots; what was in them begins anew"]
    assert max(len(progress.success) for progress in short.told[2:]) == 2
    assert {result.state for result in short.results.values()} == {RunState.TRAINED}
    assert short.results == free.results
    assert short.weights == free.weights


@pytest.mark.slow
def test_room_for_one_at_a_time(train):
    race = Race((0.5,), keep=1.0, episodes=32)
    free, short = train(0, race=race, slots=4), train(50, race=race, slots=4)
    assert [note[:34] for note in short.notes] == [
        "memory is short: going on with 2 o",
        "memory is short: going on with 1 o",
    ]
    assert short.results == free.results
    assert short.weights == free.weights


def test_not_even_room_for_one_is_the_machines_fault(train):
    found = train(10, jobs=2, slots=2)
    assert [(result.state, result.fault) for result in found.results.values()] == [(RunState.LOST, None)] * 2
    assert {result.cause for result in found.results.values()} == {
        "memory does not suffice to train it even alone"
    }


def test_what_raced_before_the_shortage_counts_behind_it(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Memory ends when the second pair is at its rung; the first pair is done by then."""
    race = Race((0.5,), keep=1.0, episodes=8)
    jobs = [
        TrainingJob(name, human_program, n, str(tmp_path / f"{name}.pt"), 7, race=race)
        for n, name in enumerate("abcd")
    ]

    def rungs() -> dict[str, tuple[Rung, ...]]:
        found = run(PopulationTrainer(reach, replace(QUICK, slots=2), threads=1), jobs)
        return {name: result.rungs for name, result in found.items()}

    free = rungs()
    assert [free[name][0].rivals for name in "abcd"] == [0, 1, 2, 3]
    play, calls = Lane.play, iter(range(1_000))

    def once_too_much(*given: Any) -> list[Played]:
        if next(calls) == 1:
            raise MemoryError
        return play(*given)

    monkeypatch.setattr(Lane, "play", once_too_much)
    assert rungs() == free


def test_nobody_is_forgotten_when_memory_ends_as_they_enter(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """One after another enters one of two lanes; among them is a program that does not compile."""
    names = "abcdef"
    jobs = [
        TrainingJob(name, "def" if name == "c" else human_program, n, str(tmp_path / name))
        for n, name in enumerate(names)
    ]
    exchange = Population.exchange
    for broken in range(8):
        calls = iter(range(1_000))

        def once_too_much(
            population: Population, leaving: Any, entering: Any, calls: Any = calls, broken: int = broken
        ) -> None:
            if entering and next(calls) == broken:
                raise MemoryError
            exchange(population, leaving, entering)

        monkeypatch.setattr(Population, "exchange", once_too_much)
        trainer = PopulationTrainer(reach, replace(QUICK, env_steps=320, slots=4, overlap=True), threads=2)
        found = {name: result.state for name, result in run(trainer, jobs).items()}
        assert found == {name: RunState.FAILED if name == "c" else RunState.TRAINED for name in names}


@pytest.mark.slow
def test_on_a_machine_that_really_has_no_more():
    def child(*limit: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "tests.children.cramped", *limit],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    # four slots take 3.6 GB of address space here, and 0.5 GB more to be scored
    free, short = child(), child("3900")
    assert free["notes"] == []
    assert short["notes"] == ["memory is short: going on with 2 of 4 slots; what was in them begins anew"]
    assert [result["state"] for result in short["results"]] == ["TRAINED"] * 5
    assert short["results"] == free["results"]


def test_a_thread_that_cannot_start_is_no_hang():
    """Alone: whatever is native beside it may abort the process when memory is this short."""
    code = (
        "from tests.children.cramped import *; from rewardsmith.execution.memory import *; limit_to(200 "
        "<< 20); print(started_thread())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stderr


def test_without_a_second_thread_lanes_are_one_and_give_the_same(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    jobs = [TrainingJob(name, human_program, n, str(tmp_path / f"{name}.pt")) for n, name in enumerate("abc")]

    def results() -> dict[str, TrainingResult]:
        return run(PopulationTrainer(reach, replace(QUICK, slots=2, overlap=True), threads=2), jobs)

    free = results()
    monkeypatch.setattr("rewardsmith.training.population.trainer.started_thread", lambda: None)
    assert results() == free


def test_other_errors_are_not_taken_for_a_shortage(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> None:
        raise RuntimeError("shape mismatch")

    trainer = PopulationTrainer(reach, QUICK, threads=1)
    monkeypatch.setattr("rewardsmith.training.population.population.Population.epoch", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        run(trainer, [TrainingJob("a", human_program, 0, str(tmp_path / "a.pt"))])
    assert torch.get_num_threads() == 1


def test_jobs_that_came_meanwhile_are_not_forgotten_when_memory_ends(
    reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Three come while the first one trains, and memory ends when two of them are to enter."""
    jobs = [
        TrainingJob(name, human_program, n, str(tmp_path / f"{name}.pt"), 7) for n, name in enumerate("abcd")
    ]
    free = run(PopulationTrainer(reach, QUICK, threads=1), jobs)
    exchange = Population.exchange

    def too_much(population: Population, leaving: Any, entering: Any) -> None:
        if len(population.slots) + len(entering) > 2:
            raise MemoryError
        exchange(population, leaving, entering)

    monkeypatch.setattr(Population, "exchange", too_much)
    by_and_by = Feed(jobs[:1], (), jobs[1:3], jobs[3:], width=3)
    assert run(PopulationTrainer(reach, QUICK, threads=1), by_and_by) == free
