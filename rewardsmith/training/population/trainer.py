"""The population trainer: every program of a queue in one process, side by side in as few simulations as the cores like."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.records import State, TrainingResult
from rewardsmith.training.population.engine import Engine
from rewardsmith.training.population.lane import Lane

_MAX_ENVS = {"cpu": 8_192, "cuda": 32_768}
"""As many environments are trained at a time, unless the settings say how many slots there are."""
_MEMORY_SIGNS = ("can't allocate memory", "bad_alloc", "out of memory")


class PopulationTrainer:
    """Trains jobs as they fit (see :class:`rewardsmith.contracts.Trainer`); a slot computes exactly what it would alone."""

    can_race = True

    def __init__(self, task: Task, settings: TrainingSettings, episodes: int, threads: int | None = None) -> None:
        """Prepare to train on one task.

        Args:
            task: What to simulate.
            settings: PPO settings, the same for every job.
            episodes: Held-out episodes per job.
            threads: Physics threads; all cores that this process may use unless given. torch always keeps to one per lane.
        """
        self._task, self._settings, self._episodes = task, settings, episodes
        self._cores = threads or usable_cores()
        self._most = settings.slots or max(1, _MAX_ENVS[settings.device] // settings.envs)
        self._lanes: list[Lane] = []

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Train all jobs; when memory is short, half as many at a time."""
        torch.set_num_threads(1)  # more threads fight the simulator for the cores
        note = ""
        while jobs:
            engine = Engine(self._prepared(len(jobs)), self._settings, self._episodes, jobs, evaluation_seed, race)
            try:
                for results, progress in engine.run():
                    yield from results
                    observe(replace(progress, note=note))
                    note = ""
                return
            except (MemoryError, RuntimeError) as error:
                if not _is_shortage(error):
                    raise
                jobs, slots = engine.in_flight, sum(lane.slots for lane in self._lanes)
            self._lanes = []
            if slots == 1:
                failed, *jobs = jobs
                yield TrainingResult(failed.candidate, State.CRASHED, failed.seed, cause="memory does not suffice to train it even alone")
            self._most = max(1, slots // 2)
            note = f"memory is short: going on with {self._most} of {slots} slots; what was in them begins anew"

    def _prepared(self, jobs: int) -> Sequence[Lane]:
        """Empty lanes for so many jobs. Simulations are used again: building thousands of worlds for every batch fragments memory."""
        slots = min(jobs, self._most)
        wanted = 2 if self._settings.overlap and self._settings.device == "cpu" and min(self._cores, slots) > 1 else 1
        each = -(-slots // wanted)
        if len(self._lanes) != wanted or self._lanes[0].slots < each:
            self._lanes = []
            self._lanes = [Lane(self._task, self._settings, self._cores, each) for _ in range(wanted)]
        for lane in self._lanes:
            lane.population.exchange(list(lane.population.slots), ())
        return self._lanes


def _is_shortage(error: MemoryError | RuntimeError) -> bool:
    """Whether an error means that there is no more memory, here or on the GPU."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(sign in str(error) for sign in _MEMORY_SIGNS)


def usable_cores() -> int:
    """Cores that this process may run on: fewer than the machine has under ``taskset``, a cluster's scheduler or a container's set."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
