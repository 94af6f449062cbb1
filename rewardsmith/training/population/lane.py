"""A lane: a simulation of slots and one of held-out episodes, driven by a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence

from rewardsmith.contracts import Task, TrainingSettings, VecEnv
from rewardsmith.training.evaluation import Outcome, held_out
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.slot import Slot


class Lane:
    """Simulations are made when they are needed, and made anew only when they must hold more."""

    def __init__(self, task: Task, settings: TrainingSettings, threads: int, slots: int) -> None:
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

    def score(self, slots: Sequence[Slot], episodes: int, seed: int) -> list[Outcome]:
        """Let the policies of some slots play held-out episodes."""
        if not slots:
            return []
        if self._arena is None or self._room < len(slots) * episodes:
            self._room = len(slots) * episodes
            self._arena = None  # the old one goes first: two at a time would take twice the memory
            self._arena = self._task.make(self._room, self._threads, self._settings.device)
        return held_out(self._arena, self._task.horizon, self.population.trained(slots), len(slots), seed, episodes)
