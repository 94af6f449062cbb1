"""A task's environments with a reward, arrays in and arrays out: what both kinds stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from rewardsmith.contracts import Device, Task
from rewardsmith.errors import UsageError
from rewardsmith.gym.task_reward import TaskReward
from rewardsmith.registry import TASKS
from rewardsmith.training.streams import environment_seeds

RENDER_MODES = ["rgb_array"]


@dataclass(frozen=True)
class Look:
    """How pictures of an environment are drawn."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    camera: str
    """A camera of the scene; empty: one that shows the task well."""


@dataclass(frozen=True)
class Moment:
    """What one control step of ``n`` environments gave, before and after any new start."""

    observation: NDArray[np.float32]
    """After any new start, ``(n, observation_size)``."""
    final: NDArray[np.float32]
    """Before it."""
    reward: NDArray[np.float32]
    """``(n,)``"""
    terminated: NDArray[np.bool_]
    """``(n,)``"""
    truncated: NDArray[np.bool_]
    """``(n,)``"""
    success: NDArray[np.bool_]
    """``(n,)``"""
    true_score: NDArray[np.float32]
    """``(n,)``"""
    signals: dict[str, NDArray[np.float32]]
    """``(n, *shape)`` by name, before any new start; empty where nobody asked for them."""


class RewardedBatch:
    """Environments of one task that are stepped together, and what their steps earn."""

    def __init__(
        self, task: str | Task, reward: str | Path, num_envs: int, threads: int, device: Device
    ) -> None:
        """Make them.

        Args:
            task: A registered task's name, a task file, or a task.
            reward: As :class:`rewardsmith.gym.task_reward.TaskReward` takes it.
            num_envs: How many, from 1.
            threads: Physics threads on the CPU.
            device: Where they are simulated.

        Raises:
            UsageError: There is no such task, reward or number, or this machine lacks the device.
        """
        if num_envs < 1:
            raise UsageError(f"num_envs is {num_envs}; give at least 1.")
        self.task: Task = TASKS.load(TASKS.named(task)) if isinstance(task, str) else task
        self._reward = TaskReward(reward, self.task)
        self.task.check_device(device)
        self._env = self.task.make(num_envs, threads, device)
        self._device, self._first = device, torch.ones(num_envs, dtype=torch.bool, device=device)
        self._draw: Callable[[int], Tensor] | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of an observation and of an action."""
        return self._env.observation_size, self._env.action_size

    def reset(self, streams: NDArray[np.int64]) -> NDArray[np.float32]:
        """Start every environment on a random stream of its own, ``(num_envs,)``.

        Returns:
            The first observation, ``(num_envs, observation_size)``.
        """
        self._first.fill_(True)
        return _array(self._env.reset(torch.from_numpy(streams).to(self._device)))

    def step(self, actions: ArrayLike, signals: bool) -> Moment:
        """One control step; environments whose episode ended start a new one.

        Args:
            actions: ``(num_envs, action_size)``, in [-1, 1].
            signals: Whether to give the task's signals, too.

        Raises:
            UsageError: The actions have another shape.
            RewardsmithError: The reward failed.
        """
        wanted = (len(self._first), self._env.action_size)
        given = np.array(actions, dtype=np.float32)
        if given.shape != wanted:
            raise UsageError(f"actions have the shape {given.shape}; give {wanted}.")
        step = self._env.step(torch.from_numpy(given).to(self._device))
        reward = self._reward.of(step, self._first)
        self._first = step.terminated | step.truncated
        return Moment(
            _array(step.observation),
            _array(step.final_observation),
            _array(reward),
            step.terminated.numpy(force=True).copy(),
            step.truncated.numpy(force=True).copy(),
            step.success.numpy(force=True).copy(),
            _array(step.true_score),
            {name: _array(value) for name, value in step.signals.items()} if signals else {},
        )

    def picture(self, index: int, look: Look) -> NDArray[np.uint8]:
        """Draw an environment as it is now, ``(height, width, 3)``.

        Raises:
            RewardsmithError: It cannot be drawn, or this machine cannot draw.
        """
        if self._draw is None:
            self._draw = self._env.camera(look.width, look.height, look.camera)
        return self._draw(index).numpy(force=True).copy()

    def close(self) -> None:
        """Give back what the environments hold."""
        self._env.close()


def seeded_streams(seeds: Sequence[int]) -> NDArray[np.int64]:
    """Random streams for seeds that a user gave, ``(len(seeds),)``; no training uses them."""
    return environment_seeds("gymnasium", seeds, 1).numpy()


def drawn_streams(generator: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Random streams where no seed was given, ``(count,)``."""
    return generator.integers(np.iinfo(np.int64).max, size=count)


def check_render_mode(mode: str | None) -> str | None:
    """Return the render mode if there is such a one.

    Raises:
        UsageError: There is not.
    """
    if mode not in (None, *RENDER_MODES):
        raise UsageError(f"render_mode is {mode!r}; give None or 'rgb_array'.")
    return mode


def _array(value: Tensor) -> NDArray[np.float32]:
    """A copy as float32: users keep what they are given."""
    return value.to(torch.float32).numpy(force=True).copy()
