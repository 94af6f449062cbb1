"""Lanes, side by side: each has a simulation of slots and one of held-out episodes at rungs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from typing import TypeVar

from rewardsmith.contracts import Task, VecEnv
from rewardsmith.training.heldout import Played, play, policies_at_once
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.ppo import PpoSettings

T = TypeVar("T")


class Lane:
    """Simulations are made when they are needed, and made anew only when they must hold more."""

    def __init__(
        self, task: Task, settings: PpoSettings, threads: int, slots: int, most: int | None = None
    ) -> None:
        """Make room for some slots.

        Args:
            task: What to simulate.
            settings: PPO settings of every slot.
            threads: Physics threads.
            slots: As many may be trained here at a time.
            most: Environments that play held-out episodes here at a time, at most; left out: as
                many as they are.
        """
        self._task, self._settings, self._threads, self.slots = task, settings, threads, slots
        self._most = most
        self._env = task.make(slots * settings.envs, threads, settings.device)
        self.population = Population(self._env, settings)
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
        at_once, played = policies_at_once(self._task, episodes, self._most), list[Played]()
        for first in range(0, len(slots), at_once):
            some = slots[first : first + at_once]
            arena = self._prepared(len(some) * episodes)
            trained = self.population.trained(some)
            played += play(arena, self._task, trained, len(some), seed, episodes, room=self._room)
        return played

    def close(self) -> None:
        """Give back both simulations; nothing is trained here afterwards."""
        self._env.close()
        self._close_arena()

    def _prepared(self, environments: int) -> VecEnv:
        """The simulation of held-out episodes, for so many or as many as may be."""
        room = environments if self._most is None else min(environments, self._most)
        if self._arena is None or self._room < room:
            self._close_arena()  # first: two at a time would take twice the memory
            self._arena, self._room = self._task.make(room, self._threads, self._settings.device), room
        return self._arena

    def _close_arena(self) -> None:
        if self._arena is not None:
            self._arena.close()
            self._arena = None


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
