"""The population trainer: every program of a queue in one process.

They are side by side, in as few simulations as the cores like.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rewardsmith.contracts import Jobs, Task, TrainerSettings, TrainingProgress, TrainingResult
from rewardsmith.errors import UsageError
from rewardsmith.execution.memory import is_shortage, started_thread
from rewardsmith.records import RunState
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.shares import shares

# what imports torch, for which help texts and lists do not wait, is imported where it is needed
if TYPE_CHECKING:
    from rewardsmith.training.population.engine import Engine
    from rewardsmith.training.population.lane import Lane, Lanes

_MAX_ENVS = {"cpu": 8_192, "cuda": 32_768}
"""As many environments are trained at a time, unless the settings say how many slots there are, or
the task says what memory holds."""


class PopulationTrainer:
    """Trains jobs as they fit (see :class:`rewardsmith.contracts.Trainer`).

    A slot computes exactly what it would alone.
    """

    can_race = True
    can_start = True
    starts_processes = False
    Settings: ClassVar[type[TrainerSettings]] = PpoSettings

    def __init__(self, task: Task, settings: PpoSettings, threads: int | None = None) -> None:
        """Prepare to train on one task.

        Args:
            task: What to simulate.
            settings: PPO settings, the same for every job.
            threads: Physics threads; all cores that this process may use unless given. torch always
                keeps to one per lane.

        Raises:
            UsageError: The settings want several slots, and a simulation of the task has one.
        """
        self._task, self._settings = task, settings
        self._cores = threads or usable_cores()
        self._most = _most_slots(task, settings)
        self._lanes: list[Lane] = []
        self._thread: Executor | None = None

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        """Train jobs as they come; when memory is short, half as many at a time."""
        import torch

        from rewardsmith.training.population.engine import Engine
        from rewardsmith.training.racing import Racetrack

        torch.set_num_threads(1)  # more threads fight the simulator for the cores
        track, note = Racetrack(self._settings.epochs), ""
        left = list(jobs.take(wait=True))
        while left:
            slots = min(max(len(left), jobs.width), self._most)
            engine: Engine | None = None
            try:
                engine = Engine(self._prepared(slots), self._settings, track)
                for results, progress in engine.run(left, jobs):
                    yield results
                    observe(replace(progress, note=note))
                    note = ""
                left = list(jobs.take(wait=True))
                continue
            except (MemoryError, RuntimeError, ValueError, OSError) as error:
                if not is_shortage(error):
                    raise
            left = engine.unfinished if engine else left
            engine = None  # it holds the simulations, too
            self._discard()
            if slots == 1:
                yield [
                    TrainingResult(
                        left.pop(0).run, RunState.LOST, cause="memory does not suffice to train it even alone"
                    )
                ]
            self._most = max(1, slots // 2)
            note = (
                f"memory is short: going on with {self._most} of {slots} slots; what was in them begins anew"
            )

    def _prepared(self, slots: int) -> Lanes:
        """Empty lanes.

        Simulations are used again: building thousands of worlds for every batch fragments memory.
        """
        from rewardsmith.training.population.lane import Lane, Lanes

        side_by_side = (
            self._settings.overlap and self._settings.device == "cpu" and min(self._cores, slots) > 1
        )
        if side_by_side:
            self._thread = self._thread or started_thread()  # before simulations take the memory
        wanted = 2 if side_by_side and self._thread else 1
        sizes = [slots // wanted + (number < slots % wanted) for number in range(wanted)]
        if len(self._lanes) != wanted or any(
            lane.slots < size for lane, size in zip(self._lanes, sizes, strict=True)
        ):
            self._discard()
            room = shares(self._task).rungs
            most = None if room is None else max(1, room // wanted)
            for size in sizes:
                self._lanes.append(Lane(self._task, self._settings, self._cores, size, most))
        for lane in self._lanes:
            lane.population.exchange(list(lane.population.slots), ())
        return Lanes(list(self._lanes), self._thread if wanted > 1 else None)

    def _discard(self) -> None:
        """Give back all simulations."""
        while self._lanes:
            self._lanes.pop().close()


def _most_slots(task: Task, settings: PpoSettings) -> int:
    """Jobs that are trained at a time, at most."""
    able = task.capabilities
    if able.alone and settings.slots > 1:
        raise UsageError(
            f"training.slots is {settings.slots}, but a simulation of {task.name} holds one training only. "
            "Give 1, or leave it out."
        )
    if able.alone:
        return 1
    if settings.slots:
        return settings.slots
    if able.repeats == "run":
        return 1  # what a seed gives would hang on who is trained beside it
    return max(1, (shares(task).training or _MAX_ENVS[settings.device]) // settings.envs)


def usable_cores() -> int:
    """Cores that this process may run on.

    Fewer than the machine has under ``taskset``, a cluster's scheduler or a container's set.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
