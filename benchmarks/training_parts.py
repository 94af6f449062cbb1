"""Where a training's time goes: its physics alone on the same states, and processor time by part.

For ``benchmarks/training_engine.py``; nothing to run by itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import torch
from mujoco.batch import Batch

from benchmarks.physics_speed import Bare, Deed, Leader, repeat
from rewardsmith.contracts import TrainingJob
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.ppo import PpoSettings
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.base import STATE
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import SimulatedTask
from tests.physics import scene_of

PARTS = ("physics", "task code", "policy", "reward", "learner", "rest")
"""Task code: all of an environment's step but the physics. Policy: the actor while
it acts. Rest: noise, normalisers, curves, copies."""


class Recorder(Leader):
    """A simulator that notes what is done to it."""

    def __init__(self, task: SimulatedTask, envs: int) -> None:
        CpuSimulator.__init__(self, scene_of(task), envs, task.decimation, usable_cores())
        self.deeds: list[Deed] = []
        self.seconds = 0.0
        self._everyone = torch.ones(envs, dtype=torch.bool)


class Engine(Bare):
    """mujoco.batch and nothing around it, with all cores in one simulation."""

    def __init__(self, model: Any, decimation: int, envs: int) -> None:
        self._batch = Batch(model, envs, usable_cores(), persistent=True)
        self._fields = {name: torch.from_numpy(self._batch.bind(name)) for name in STATE}
        self._home, self._decimation = model.key("home").id, decimation
        self._batch.reset(keyframe=self._home)


class Film:
    """What was done to a simulation, to be repeated by the bare engine.

    The states are the same to the last bit, which is checked.
    """

    def __init__(self, sim: Recorder, first: int) -> None:
        """Cut it.

        Args:
            sim: What was recorded.
            first: Number of the deed that measuring begins with; those before lead there.
        """
        self._lead, self._deeds = sim.deeds[:first], sim.deeds[first:]
        self._end = sim["qpos"].clone()
        self._steps = sim.num_envs * sum(deed.kind == "step" for deed in self._deeds)
        self._engine = Engine(sim.model, sim.decimation, sim.num_envs)

    def steps_per_second(self) -> float:
        """Environment steps per second of the steps alone; what resets take is not counted."""
        repeat(self._engine, self._lead)
        seconds = repeat(self._engine, self._deeds)
        if not torch.equal(self._engine["qpos"], self._end):
            sys.exit("mujoco.batch went another way than what it repeats, so their times cannot be compared.")
        return self._steps / seconds


def population(
    task: SimulatedTask, sim: CpuSimulator, settings: PpoSettings, jobs: Sequence[TrainingJob]
) -> Population:
    """All jobs in one simulation, before their first update."""
    made = Population(SimulatedEnv(task, sim), settings)
    made.exchange((), [Slot(job, settings) for job in jobs])
    return made


def film_of_training(
    task: SimulatedTask, settings: PpoSettings, jobs: Sequence[TrainingJob], epochs: int
) -> Film:
    """The physics of a training of all jobs, from the second of its updates on.

    A slot computes the same in whatever lane it is.
    """
    sim = Recorder(task, len(jobs) * settings.envs)
    trained = population(task, sim, settings, jobs)
    trained.epoch()
    first = len(sim.deeds)
    for _ in range(epochs):
        trained.epoch()
    return Film(sim, first)


def film_of_chance(task: SimulatedTask, envs: int) -> Film:
    """The physics of one episode under random actions, all of whose environments begin together."""
    sim = Recorder(task, envs)
    env = SimulatedEnv(task, sim)
    env.reset(torch.arange(envs))
    first, generator = len(sim.deeds), torch.Generator().manual_seed(0)
    for _ in range(task.horizon):
        env.step(torch.randn(envs, env.action_size, generator=generator))
    return Film(sim, first)


class Clock:
    """Processor time of this process with all threads, put down to the innermost part at work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys((*PARTS, "outside"), 0.0)
        self._stack, self._last = ["outside"], time.process_time()

    def watch(self, owner: object, method: str, part: str) -> None:
        """Measure one method of one object; all that the learner calls counts as the learner's."""
        function = getattr(owner, method)

        def timed(*args: Any, **options: Any) -> Any:
            if self._stack[-1] == "learner":
                return function(*args, **options)
            self._note()
            self._stack.append(part)
            try:
                return function(*args, **options)
            finally:
                self._note()
                self._stack.pop()

        setattr(owner, method, timed)

    def _note(self) -> None:
        now = time.process_time()
        self.seconds[self._stack[-1]] += now - self._last
        self._last = now


class Breakdown:
    """Training in a single lane whose parts are timed."""

    def __init__(self, task: SimulatedTask, settings: PpoSettings, jobs: Sequence[TrainingJob]) -> None:
        """Train until the first update, which is not counted."""
        sim = CpuSimulator(scene_of(task), len(jobs) * settings.envs, task.decimation, usable_cores())
        self._population = population(task, sim, settings, jobs)
        self._population.epoch()
        self._epoch_steps, self._clock = len(jobs) * settings.epoch_steps, Clock()
        watch = self._clock.watch
        watch(sim, "step", "physics")
        watch(self._population._env, "step", "task code")
        watch(self._population._policy, "mean", "policy")
        for slot in self._population.slots:
            watch(slot, "rewards", "reward")
        watch(self._population._learner, "update", "learner")
        watch(self._population, "epoch", "rest")

    def measure(self, epochs: int) -> dict[str, float]:
        """Go on training; microseconds of processor time per environment step, by part."""
        before = dict(self._clock.seconds)
        for _ in range(epochs):
            self._population.epoch()
        return {
            part: 1e6 * (self._clock.seconds[part] - before[part]) / (epochs * self._epoch_steps)
            for part in PARTS
        }
