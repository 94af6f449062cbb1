"""Small Gymnasium environments, each with one fault; imported by the servers that tests start."""

# pyright: reportIncompatibleMethodOverride=false, reportArgumentType=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import os
import signal
import time
from typing import Any, ClassVar

import gymnasium
import numpy as np


class Walk(gymnasium.Env):
    """A point that is pushed about in the plane towards a goal; no fault."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 20}

    def __init__(self, render_mode: str | None = None):
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (4,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.place = np.zeros(2)
        self.goal = self.np_random.uniform(0.5, 1.0, 2)
        return self.seen(), {}

    def step(self, action):
        self.steps += 1
        self.place = self.place + 0.05 * np.asarray(action, np.float64)
        distance = float(np.linalg.norm(self.place - self.goal))
        return self.seen(), -distance, False, False, {"is_success": distance < 0.1}

    def seen(self):
        return np.concatenate((self.place, self.goal)).astype(np.float32)

    def render(self):
        return np.full((32, 32, 3), 90, np.uint8)


class Chatty(Walk):
    def step(self, action):
        print("stepping", flush=True)
        os.write(1, b"\x00\x01 and past every buffer\n")
        return super().step(action)


class Asking(Walk):
    def __init__(self, render_mode=None):
        super().__init__(render_mode)
        input("Do you accept the licence? ")


class Hanging(Walk):
    def step(self, action):
        time.sleep(3600)


class Aborting(Walk):
    def step(self, action):
        os.abort()


class Killed(Walk):
    def step(self, action):
        os.kill(os.getpid(), signal.SIGKILL)


class NotANumber(Walk):
    def seen(self):
        return super().seen() * (np.nan if self.steps > 7 else 1.0)


class Growing(Walk):
    def seen(self):
        return np.resize(super().seen(), 4 + self.steps // 5)


class Careless(Walk):
    """It draws from a generator that nobody seeds."""

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.goal = np.random.uniform(0.5, 1.0, 2)
        return self.seen(), {}


class Worn(Walk):
    """What was done to it before changes how it moves, though not where it starts."""

    wear = 1.0

    def step(self, action):
        self.wear *= 0.99
        return super().step(self.wear * np.asarray(action))


class Impatient(Walk):
    """It has a limit of its own."""

    def step(self, action):
        obs, reward, terminated, _, info = super().step(action)
        return obs, reward, terminated, self.steps >= 15, info


class Wordless(Walk):
    """It says nothing of success, and few things of itself."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def step(self, action):
        obs, _, terminated, truncated, _ = super().step(action)
        return obs, 0.0, terminated, truncated, {"distance": float(np.linalg.norm(self.place))}

    def render(self):
        return None


class Failing(Walk):
    def step(self, action):
        raise RuntimeError("the second motor is missing")


for _kind in (Walk, *Walk.__subclasses__()):
    gymnasium.register(
        id=f"{_kind.__name__}-v0",
        entry_point=_kind,
        max_episode_steps=None if _kind in (Impatient, Wordless) else 30,
    )
