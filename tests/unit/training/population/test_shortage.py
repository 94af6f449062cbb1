"""When memory is short, fewer slots take longer and give the same."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from rewardsmith.contracts import Device, Task, TrainingJob, TrainingProgress, VecEnv
from rewardsmith.records import State, TrainingResult
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


def test_other_errors_are_not_taken_for_a_shortage(reach: Task, human_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("shape mismatch")

    trainer = PopulationTrainer(reach, QUICK, 8, threads=1)
    monkeypatch.setattr("rewardsmith.training.population.population.Population.epoch", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        list(trainer.train([TrainingJob("a", human_program, 0, str(tmp_path / "a.pt"))], 7, lambda _: None))
    assert torch.get_num_threads() == 1
