"""Lanes, side by side: each has a simulation of slots and one of held-out episodes at rungs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from typing import TypeVar

from rewardsmith.contracts import Task, VecEnv
from rewardsmith.training.heldout import Played, play
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.ppo import PpoSettings

T = TypeVar("T")


class Lane:
    """Simulations are made when they are needed, and made anew only when they must hold more."""

    def __init__(self, task: Task, settings: PpoSettings, threads: int, slots: int) -> None:
        """Make room for some slots.

        Args:
            task: What to simulate.
            settings: PPO settings of every slot.
            threads: Physics threads.
            slots: As many may be trained here at a time.
        """
        self._task, self._settings, self._threads, self.slots = task, settings, threads, slots
        self.population = Population(task.make(slots * settings.envs, threads, settings.device), settings)
        self._arena: VecEnv | None = None
        self._room = 0

    @property
    def free(self) -> int:
        """Slots that are not taken."""
        return self.slots - len(self.population.slots)

    def epoch(self) -> None:
        """Train all slots for one epoch, if there are any."""
        if self.population.slots:
            self.population.epoch()

    def play(self, slots: Sequence[Slot], episodes: int, seed: int) -> list[Played]:
        """Let the policies of some slots play held-out episodes."""
        if not slots:
            return []
        if self._arena is None or self._room < len(slots) * episodes:
            self._room = len(slots) * episodes
            self._arena = None  # the old one goes first: two at a time would take twice the memory
            self._arena = self._task.make(self._room, self._threads, self._settings.device)
        return play(self._arena, self._task, self.population.trained(slots), len(slots), seed, episodes)


class Lanes:
    """One lane, or two of them with a thread for the second."""

    def __init__(self, lanes: Sequence[Lane], thread: Executor | None = None) -> None:
        """Put lanes side by side; without a thread they take turns."""
        self._lanes, self._thread = lanes, thread

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes)

    def side_by_side(self, work: Callable[[Lane], T]) -> list[T]:
        """Do something in every lane, in the first of them in this thread.

        When it is over, it is over in all.
        """
        first, *others = self._lanes
        if self._thread is None:
            return [work(lane) for lane in self._lanes]
        waiting = [self._thread.submit(work, lane) for lane in others]
        try:
            return [work(first), *(future.result() for future in waiting)]
        finally:
            wait(waiting)
