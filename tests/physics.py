"""What the physics of a task does in a rollout: contacts, speeds, energy and depth of objects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rewardsmith.registry import TASKS
from rewardsmith_envs import ASSETS
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import SimulatedTask
from tests.physics_objects import Array, Objects, floor
from tests.physics_pairs import Pairs, mj

GAIN_LIMIT_J_KG = 50.0
"""Energy over mass that an object may gain in one control step: what takes it from rest to 10 m/s.
The fastest things that strike objects are fingertips, at up to 8 m/s (80 rad/s at 0.1 m)."""
DEPTH_LIMIT_M = 0.1
"""How far below the floor an object may reach for a moment: at 10 m/s it moves 0.1 m in a time
step, before its contact is noticed."""
_RENEWAL = 0.1
"""Share of the environments whose action is replaced in a step: an action lasts
for ten steps on average, so that bodies go places."""


def simulated_tasks() -> dict[str, SimulatedTask]:
    """The registered tasks that have a scene, by name."""
    tasks = {name: TASKS.load(name) for name in TASKS.names()}
    return {name: task for name, task in tasks.items() if isinstance(task, SimulatedTask)}


def scene_of(task: SimulatedTask) -> Path | str:
    """What the simulators load."""
    return task.scene if "<" in task.scene else ASSETS / task.scene


def held_actions(envs: int, size: int, seed: int) -> Iterator[Tensor]:
    """Endless random actions, half of them at the ends of their range, ``(envs, size)``."""
    generator = torch.Generator().manual_seed(seed)
    actions = torch.zeros(envs, size)
    first = True
    while True:
        fresh = 2.0 * torch.rand(envs, size, generator=generator) - 1.0
        extreme, renewed = torch.rand(2, envs, 1, generator=generator)
        fresh = torch.where(extreme < 0.5, fresh.sign(), fresh)
        actions = fresh if first else torch.where(renewed < _RENEWAL, fresh, actions)
        first = False
        yield actions


@dataclass
class Peaks:
    """The greatest values of any world at any step, and how often there was what may not be."""

    contacts: int = 0
    """Contacts of one world, or pairs of geoms near each other on average
    over all worlds, for which the buffer is one."""
    rows: int = 0
    """Constraint rows of one world."""
    speed: float = 0.0
    """Of any joint [m/s, rad/s]."""
    object_speed: float = 0.0
    """Root of twice the kinetic energy over mass of an object [m/s]."""
    gain: float = 0.0
    """Mechanical energy over mass that an object gained in one control step [J/kg]."""
    depth: float = 0.0
    """How far an object was below the floor [m]."""
    swallowed: int = 0
    """Objects whose centre was inside something that does not move."""
    not_finite: int = 0
    """States with a number that is not finite."""


class Watched(CpuSimulator):
    """A CPU simulator that looks at every physics step; what it computes is the same."""

    def __init__(self, scene: Path | str, num_envs: int, decimation: int, threads: int) -> None:
        """Load a scene (see :class:`rewardsmith_envs.simulators.cpu.CpuSimulator`)."""
        super().__init__(scene, num_envs, decimation, threads)
        self.peaks = Peaks()
        self.objects = Objects(self)
        self._pairs = Pairs(self)
        self._floor = floor(self.model)
        self._contacts, self._rows = self._batch.bind("ncon"), self._batch.bind("nefc")

    def step(self) -> None:
        """Advance, and keep the peaks."""
        before = self.objects.energy() if len(self.objects) else None
        for _ in range(self.decimation):
            self._batch.step(nstep=1, stage=mj.mjtStage.mjSTAGE_VEL)
            self.peaks.contacts = max(self.peaks.contacts, int(self._contacts.max()))
            self.peaks.rows = max(self.peaks.rows, int(self._rows.max()))
        sound = (self["qpos"].isfinite().all(dim=1) & self["qvel"].isfinite().all(dim=1)).numpy()
        self.peaks.not_finite += int((~sound).sum())
        if sound.any():
            self._keep(before, sound)

    def _keep(self, before: Array | None, sound: NDArray[np.bool_]) -> None:
        peaks, objects = self.peaks, self.objects
        peaks.contacts = max(peaks.contacts, math.ceil(self._pairs.near()[sound].mean()))
        peaks.speed = max(peaks.speed, float(np.abs(self["qvel"].numpy()[sound]).max()))
        if before is not None:
            peaks.gain = max(peaks.gain, float((objects.energy() - before)[sound].max()))
            peaks.object_speed = max(peaks.object_speed, float(np.sqrt(2.0 * objects.kinetic()[sound].max())))
            peaks.swallowed += int(objects.swallowed()[sound].sum())
            peaks.depth = max(peaks.depth, float((self._floor - objects.lowest())[sound].max()))


def watched(task: SimulatedTask, envs: int, threads: int = 1) -> tuple[SimulatedEnv, Watched]:
    """Environments of a task on a simulator that is watched, started
    at different times of their episodes."""
    sim = Watched(scene_of(task), envs, task.decimation, threads)
    env = SimulatedEnv(task, sim)
    env.reset(torch.arange(envs), stagger=True)
    return env, sim


def random_rollout(task: SimulatedTask, envs: int, steps: int, seed: int = 0) -> Peaks:
    """Peaks of a rollout with held random actions."""
    env, sim = watched(task, envs)
    for _, actions in zip(range(steps), held_actions(envs, env.action_size, seed), strict=False):
        env.step(actions)
    return sim.peaks
