"""A point whose suite has a dense reward of its own, and for which nobody wrote one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest
from torch import Tensor

from rewardsmith.contracts import Capabilities, Device, Preset, Step, VecEnv
from rewardsmith.registry import TASKS
from tests.plugins import install
from tests.point import Point, PointEnv

NEAR = """
def compute_reward(tool_pos, goal_pos):
    near = -torch.norm(tool_pos - goal_pos, dim=-1)
    return near, {"near": near}
"""
"""What the native reward is, as a program."""
WORDS = "minus the distance to the goal; it does not contain success"


class NativeEnv(PointEnv):
    """Gives the distance with every step, and knows how many of its kind are open."""

    open: ClassVar[list[NativeEnv]] = []
    most: ClassVar[int] = 0
    """Environments that were open at a time, at most, since this was set to 0."""

    def __init__(self, task: Point, num_envs: int, threads: int) -> None:
        super().__init__(task, num_envs, threads)
        self.made = num_envs
        NativeEnv.open.append(self)
        NativeEnv.most = max(NativeEnv.most, sum(env.made for env in NativeEnv.open))

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        assert len(seeds) <= self.made
        return super().reset(seeds, stagger=stagger)

    def step(self, actions: Tensor) -> Step:
        step = super().step(actions)
        apart = step.signals["tool_pos"] - step.signals["goal_pos"]
        return replace(step, native=-apart.norm(dim=-1))

    def close(self) -> None:
        NativeEnv.open.remove(self)


class NativePoint(Point):
    """Made on a CPU only."""

    name = "native-point"
    human_reward = ""
    capabilities = Capabilities(devices=("cpu",), native=WORDS)
    env = NativeEnv
    versions: ClassVar[Mapping[str, str]] = {"line": "1.0"}

    def provenance(self) -> Mapping[str, str]:
        return self.versions

    def preset(self, trainer: str, device: Device) -> Preset:
        if trainer != "population":
            return {}
        return {"env_steps": 1600, "envs": 16, "rollout": 10, "hidden": (16,), "minibatches": 2}


class OnGpu(NativePoint):
    """Made on a GPU only."""

    name = "gpu-point"
    capabilities = Capabilities(devices=("cuda",))
    human_reward = NEAR

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
        assert device == "cuda"
        raise RuntimeError("there is no GPU here")


class ByChance(NativePoint):
    """Nothing of it repeats."""

    name = "chance-point"
    capabilities = Capabilities(repeats="run", devices=("cpu",), native=WORDS)


NATIVE_POINT, ON_GPU, BY_CHANCE = NativePoint(), OnGpu(), ByChance()
_OBJECTS = {"native-point": "NATIVE_POINT", "gpu-point": "ON_GPU", "chance-point": "BY_CHANCE"}


def register(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a package with them were installed, here and in child processes."""
    TASKS.names()  # what is installed is looked up once
    points = dict(vars(TASKS)["_points"])
    for name, thing in _OBJECTS.items():
        value = f"tests.native_point:{thing}"
        install(folder / name, monkeypatch, name, tasks=value)
        points[name] = EntryPoint(name, value, "rewardsmith.tasks")
    monkeypatch.setitem(vars(TASKS), "_points", points)
