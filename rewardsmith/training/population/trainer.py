"""The population trainer: every program of a queue in one process, side by side in as few simulations as the cores like."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import torch

from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.execution.memory import is_shortage, started_thread
from rewardsmith.records import Rung, State, TrainingResult
from rewardsmith.training.population.engine import Engine
from rewardsmith.training.population.lane import Lane, Lanes
from rewardsmith.training.racing import left_over

_MAX_ENVS = {"cpu": 8_192, "cuda": 32_768}
"""As many environments are trained at a time, unless the settings say how many slots there are."""


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
        self._thread: Executor | None = None

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        """Train all jobs; when memory is short, half as many at a time."""
        torch.set_num_threads(1)  # more threads fight the simulator for the cores
        note, ended, left = "", dict[str, Sequence[Rung]](), list(jobs)
        while left:
            slots = min(len(left), self._most)
            engine: Engine | None = None
            try:
                engine = Engine(self._prepared(len(left)), self._settings, self._episodes, left, evaluation_seed, race)
                for results, progress in engine.run():
                    for result in results:
                        ended[result.candidate] = result.rungs
                        yield result
                    observe(replace(progress, note=note))
                    note = ""
                return
            except (MemoryError, RuntimeError, ValueError, OSError) as error:
                if not is_shortage(error):
                    raise
            engine, self._lanes = None, []  # both hold the simulations
            left = left_over(jobs, ended)
            if slots == 1:
                failed = left[0]
                ended[failed.candidate] = ()
                yield TrainingResult(failed.candidate, State.CRASHED, failed.seed, cause="memory does not suffice to train it even alone")
                left = left_over(jobs, ended)
            self._most = max(1, slots // 2)
            note = f"memory is short: going on with {self._most} of {slots} slots; what was in them begins anew"

    def _prepared(self, jobs: int) -> Lanes:
        """Empty lanes for so many jobs. Simulations are used again: building thousands of worlds for every batch fragments memory."""
        slots = min(jobs, self._most)
        side_by_side = self._settings.overlap and self._settings.device == "cpu" and min(self._cores, slots) > 1
        if side_by_side:
            self._thread = self._thread or started_thread()  # before simulations take the memory
        wanted = 2 if side_by_side and self._thread else 1
        sizes = [slots // wanted + (number < slots % wanted) for number in range(wanted)]
        if len(self._lanes) != wanted or any(lane.slots < size for lane, size in zip(self._lanes, sizes, strict=True)):
            self._lanes = []
            self._lanes = [Lane(self._task, self._settings, self._cores, size) for size in sizes]
        for lane in self._lanes:
            lane.population.exchange(list(lane.population.slots), ())
        return Lanes(self._lanes, self._thread if wanted > 1 else None)


def usable_cores() -> int:
    """Cores that this process may run on: fewer than the machine has under ``taskset``, a cluster's scheduler or a container's set."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
