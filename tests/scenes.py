"""Compiled scenes, read as the facts of tasks put them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from rewardsmith.contracts import Task
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator

Model = Any
"""MuJoCo's, which is compiled and without stubs."""


def environment(task: Task, envs: int) -> SimulatedEnv:
    env = task.make(envs, 1)
    assert isinstance(env, SimulatedEnv)
    env.reset(torch.arange(envs))
    return env


def model_of(task: Task) -> Model:
    sim = environment(task, 1)._sim
    assert isinstance(sim, CpuSimulator)
    return sim.model


def kg(model: Model, body: str, digits: int = 2) -> str:
    """What a body and all on it weigh."""
    return f"{round(float(model.body(body).subtreemass[0]), digits):g} kg"


def m(length: float) -> str:
    return f"{round(float(length), 3):g} m"


def geom(model: Model, body: str, number: int = 0) -> Any:
    """A geom of a body, by its place in the body's list."""
    return model.geom(model.body(body).geomadr[0] + number)


def mu(*geoms: Any) -> str:
    """MuJoCo takes the larger friction of two geoms."""
    return f"{max(float(one.friction[0]) for one in geoms):.1f}"


def told(task: Task, phrases: Iterable[str]) -> None:
    """Each phrase is among the facts of a task."""
    text = " ".join(task.facts)
    for phrase in phrases:
        assert phrase in text, f"{task.name} does not say {phrase!r}"
