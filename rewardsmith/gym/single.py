"""One environment of a task. Training wants many: see :mod:`rewardsmith.gym.vector`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
from numpy.typing import NDArray

from rewardsmith.contracts import Device, Task
from rewardsmith.gym.batch import (
    RENDER_MODES,
    Look,
    RewardedBatch,
    check_render_mode,
    drawn_streams,
    seeded_streams,
)


class TaskEnv(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """A task as a Gymnasium environment.

    The infos of ``step`` hold ``success`` (bool), ``true_score`` (float, the episode's so far) and,
    on request, ``signals`` by name.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 25}  # noqa: RUF012  (Gymnasium wants a plain one)

    def __init__(
        self,
        task: str | Task,
        reward: str | Path = "sparse",
        *,
        signals: bool = False,
        render_mode: str | None = None,
        device: Device = "cpu",
        width: int = 640,
        height: int = 480,
        camera: str = "",
    ) -> None:
        """Make it.

        Args:
            task: A registered task's name, or a task.
            reward: ``sparse``, ``human``, ``native``, a file with a reward program, or its text.
            signals: Whether infos hold the task's signals.
            render_mode: ``rgb_array``, or nothing is drawn.
            device: Where it is simulated, ``cpu`` or ``cuda``.
            width: Pixels of a picture.
            height: Pixels of a picture.
            camera: A camera of the scene; without a name one that shows the task well.

        Raises:
            UsageError: There is no such task, reward or render mode, the guard refuses the
                program, or this machine lacks the device.
        """
        self.render_mode = check_render_mode(render_mode)
        self._batch = RewardedBatch(task, reward, 1, 1, device)
        self._signals, self._look = signals, Look(width, height, camera)
        inputs, outputs = self._batch.sizes
        self.observation_space = Box(-np.inf, np.inf, (inputs,), np.float32)
        self.action_space = Box(-1.0, 1.0, (outputs,), np.float32)
        self.metadata = {**self.metadata, "render_fps": round(1.0 / self._batch.task.control_dt)}
        self._running = False
        self._picture: NDArray[np.uint8] | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start an episode.

        Args:
            seed: The same seed gives the same start, and the same starts after it. Without one the
                next of them.
            options: There are none; what is in it is not looked at.

        Returns:
            The first observation, ``(observation_size,)``, and no infos.
        """
        super().reset(seed=seed)
        streams = drawn_streams(self.np_random, 1) if seed is None else seeded_streams([seed])
        self._running, self._picture = True, None
        return self._batch.reset(streams)[0], {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """One control step.

        Where the episode ends, the observation is its last; the next one begins with ``reset``.

        Args:
            action: ``(action_size,)``, in [-1, 1].

        Raises:
            ResetNeeded: The episode is over.
            UsageError: The action has another shape.
            RewardsmithError: The reward failed.
        """
        if not self._running:
            raise ResetNeeded("no episode is running: the last one ended. Call reset(), then step().")
        moment = self._batch.step(np.asarray(action)[None], self._signals)
        info: dict[str, Any] = {
            "success": bool(moment.success[0]),
            "true_score": float(moment.true_score[0]),
        }
        if self._signals:
            info["signals"] = {name: value[0] for name, value in moment.signals.items()}
        terminated, truncated = bool(moment.terminated[0]), bool(moment.truncated[0])
        self._running = not (terminated or truncated)
        return moment.final[0], float(moment.reward[0]), terminated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Draw the present state, ``(height, width, 3)``; nothing without a render mode.

        After an episode's end it is the picture that was drawn last: the simulation stands at
        another start by then.

        Raises:
            RewardsmithError: It cannot be drawn, or this machine cannot draw.
        """
        if self.render_mode is None:
            return None
        if self._running or self._picture is None:
            self._picture = self._batch.picture(0, self._look)
        return self._picture.copy()

    def close(self) -> None:
        """Give back what the simulation holds."""
        self._batch.close()
