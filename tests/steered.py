"""A Gymnasium environment of somebody's own, and ones that misbehave: a disk goes to a mark."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box

ROOT = Path(__file__).parent.parent
TASK = """\
format: 1
name: steered-disk
environment: tests.steered:Steered-v0
path: [{root}]
packages: [gymnasium]
description: >
  A disk lies on a table and is steered by the velocity of its centre. Bring it to the mark, which is
  somewhere to the right of it, and keep it there until the episode ends.
success_rule: disk within 0.05 m of the mark at the episode's last step
success: {{info: is_success}}
horizon: 20
control_dt: 0.1
action_size: 2
signals:
  disk_pos: {{slice: [0, 2], unit: m, frame: world, meaning: centre of the disk, role: effector,
             low: -3, high: 3}}
  disk_vel: {{attribute: velocity, shape: [2], unit: m/s, frame: world, meaning: its velocity, role: effector,
             low: -1.5, high: 1.5}}
  disk_quat: {{attribute: quaternion, quat: xyzw, unit: quat, frame: world, meaning: how it lies,
              role: effector, low: -1, high: 1}}
  mark_pos: {{slice: [2, 4], unit: m, frame: world, meaning: the mark, role: goal, low: -3, high: 3}}
native: {{says: minus the distance to the mark; success is not in it}}
human_reward: |
  def compute_reward(disk_pos, mark_pos):
      near = -torch.norm(disk_pos - mark_pos, dim=-1)
      return near, {{"near": near}}
presets:
  population: {{envs: 16, slots: 2, env_steps: 4000}}
"""


Stepped = tuple[np.ndarray, float, bool, bool, dict[str, Any]]


class Steered(gymnasium.Env[np.ndarray, np.ndarray]):
    """Every number of it can be worked out by hand."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012
    observation_space = Box(-np.inf, np.inf, (4,), np.float64)
    action_space = Box(-2.0, 2.0, (2,), np.float64)
    quaternion = (0.0, 0.0, 0.0, 1.0)
    """x first."""

    def __init__(self, ends: str = "never", render_mode: str | None = None) -> None:
        self.ends, self.render_mode = ends, render_mode
        self.pos, self.mark, self.velocity, self.age = np.zeros(2), np.zeros(2), np.zeros(2), 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self.pos = self.np_random.uniform(-0.5, 0.5, 2)
        self.mark = self.np_random.uniform(0.6, 1.2, 2)
        self.velocity, self.age = np.zeros(2), 0
        return self.seen(), {}

    def step(self, action: np.ndarray) -> Stepped:
        assert action.dtype == np.float64
        self.velocity = action / 2.0
        self.pos = self.pos + 0.1 * self.velocity
        self.age += 1
        distance = float(np.linalg.norm(self.pos - self.mark))
        met = distance < 0.05
        over = {"never": False, "success": met, "left": bool(self.pos[0] < -0.6), "late": False}[self.ends]
        return self.seen(), -distance, over, self.ends == "late" and self.age == 10, {"is_success": met}

    def seen(self) -> np.ndarray:
        return np.concatenate((self.pos, self.mark))

    def render(self) -> np.ndarray:
        return np.full((10, 20, 3), self.age, np.uint8)


class Misbehaving(Steered):
    """Does something else at its fifth step."""

    def __init__(self, what: str = "", **others: Any) -> None:
        super().__init__(**others)
        self.what = what

    def step(self, action: np.ndarray) -> Stepped:
        found = super().step(action)
        if self.age == 5:
            if self.what == "raise":
                raise ValueError("the gripper is stuck")
            if self.what == "abort":
                os.abort()
            if self.what == "hang":
                time.sleep(60)
            if self.what == "exit":
                sys.exit(3)
            if self.what == "ask":
                input("download 2 GB? ")
            if self.what == "nan":
                self.pos[:] = np.nan
                return (self.seen(), *found[1:])
        print("a step of an environment that talks")
        return found


gymnasium.register("Steered-v0", "tests.steered:Steered")
gymnasium.register("Misbehaving-v0", "tests.steered:Misbehaving")


def task_file(folder: Path, text: str = TASK, **changed: str) -> Path:
    """Write the task file; ``changed`` replaces whole lines by their first word."""
    lines = text.format(root=ROOT).splitlines()
    for key, line in changed.items():
        place = next((n for n, old in enumerate(lines) if old.startswith(f"{key}:")), len(lines))
        lines[place : place + 1] = [line]
    path = folder / "steered.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
