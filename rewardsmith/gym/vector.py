"""Many environments of a task in one simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rewardsmith.contracts import Device, Task
from rewardsmith.errors import UsageError
from rewardsmith.gym.batch import (
    RENDER_MODES,
    Look,
    RewardedBatch,
    check_render_mode,
    drawn_streams,
    seeded_streams,
)
from rewardsmith.seeds import derive
from rewardsmith.training.population.trainer import usable_cores

Infos = dict[str, Any]
"""By name, with the rows that have it under ``_NAME``, as Gymnasium says infos of many."""


class TaskVectorEnv(VectorEnv[NDArray[np.float32], NDArray[np.float32], NDArray[Any]]):
    """A task as a Gymnasium vector environment.

    Episodes that end start anew in the same step (``AutoresetMode.SAME_STEP``): the observation is
    the new start, and ``final_obs`` and ``final_info`` of the infos are what ended. The infos hold
    ``success`` (bool), ``true_score`` (float32, the episode's so far) and, on request, ``signals``
    by name. All of them are of the step that was taken, also where an episode ended with it.
    """

    def __init__(
        self,
        task: str | Task,
        reward: str | Path = "sparse",
        num_envs: int = 1,
        *,
        signals: bool = False,
        render_mode: str | None = None,
        device: Device = "cpu",
        threads: int | None = None,
        width: int = 640,
        height: int = 480,
        camera: str = "",
    ) -> None:
        """Make them.

        Args:
            task: A registered task's name, or a task.
            reward: ``sparse``, ``human``, ``native``, a file with a reward program, or its text.
            num_envs: How many, from 1.
            signals: Whether infos hold the task's signals.
            render_mode: ``rgb_array``, or nothing is drawn.
            device: Where they are simulated, ``cpu`` or ``cuda``.
            threads: Physics threads on the CPU; left out: one for each core.
            width: Pixels of a picture.
            height: Pixels of a picture.
            camera: A camera of the scene; without a name one that shows the task well.

        Raises:
            UsageError: There is no such task, reward or render mode, the guard refuses the
                program, or this machine lacks the device.
        """
        self.render_mode = check_render_mode(render_mode)
        self._batch = RewardedBatch(task, reward, num_envs, threads or usable_cores(), device)
        self._signals, self._look = signals, Look(width, height, camera)
        inputs, outputs = self._batch.sizes
        self.num_envs = num_envs
        self.single_observation_space = Box(-np.inf, np.inf, (inputs,), np.float32)
        self.single_action_space = Box(-1.0, 1.0, (outputs,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {
            "autoreset_mode": AutoresetMode.SAME_STEP,
            "render_modes": RENDER_MODES,
            "render_fps": round(1.0 / self._batch.task.control_dt),
        }

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], Infos]:
        """Start all episodes anew.

        Args:
            seed: One number for each environment, or the first of consecutive ones. The same seeds
                give the same starts, and the same starts after them. Without any, the next ones.
            options: There are none. A ``reset_mask`` is refused; all else is not looked at.

        Returns:
            The first observations, ``(num_envs, observation_size)``, and no infos.

        Raises:
            UsageError: There are more or fewer seeds than environments, or a ``reset_mask``.
        """
        if options and "reset_mask" in options:
            raise UsageError(
                "options has a reset_mask, but some environments cannot be reset alone: those whose episode "
                "ends start anew by themselves, in the same step. Leave it out to reset all."
            )
        if seed is None:
            return self._batch.reset(drawn_streams(self.np_random, self.num_envs)), {}
        is_one = isinstance(seed, int | np.integer)
        seeds = list(range(int(seed), int(seed) + self.num_envs)) if is_one else list(map(int, seed))
        if len(seeds) != self.num_envs:
            raise UsageError(
                f"there are {len(seeds)} seeds for {self.num_envs} environments. Give one for each, or one "
                "number for all."
            )
        super().reset(seed=seeds[0] if is_one else derive("gymnasium", *seeds))
        return self._batch.reset(seeded_streams(seeds)), {}

    def step(
        self, actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[Any], NDArray[Any], Infos]:
        """One control step of all.

        Args:
            actions: ``(num_envs, action_size)``, in [-1, 1].

        Returns:
            Observations, ``(num_envs, observation_size)`` float32; rewards, ``(num_envs,)``
            float32; terminated and truncated, ``(num_envs,)`` bool; infos.

        Raises:
            UsageError: The actions have another shape.
            RewardsmithError: The reward failed.
        """
        moment = self._batch.step(actions, self._signals)
        told: dict[str, Any] = {"success": moment.success, "true_score": moment.true_score}
        if self._signals:
            told["signals"] = moment.signals
        infos = _masked(told, np.ones(self.num_envs, np.bool_))
        ended = moment.terminated | moment.truncated
        if ended.any():
            infos |= {
                "final_obs": _one_by_one(moment.final, ended),
                "_final_obs": ended.copy(),
                "final_info": _masked(told, ended),
                "_final_info": ended.copy(),
            }
        return moment.observation, moment.reward, moment.terminated, moment.truncated, infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Draw every environment, ``(height, width, 3)`` each; nothing without a render mode.

        Raises:
            RewardsmithError: They cannot be drawn, or this machine cannot draw.
        """
        if self.render_mode is None:
            return None
        return tuple(self._batch.picture(index, self._look) for index in range(self.num_envs))

    def close_extras(self, **_: Any) -> None:
        """Give back what the simulation holds."""
        if hasattr(self, "_batch"):  # Gymnasium also closes what could not be made
            self._batch.close()


def _masked(told: Mapping[str, Any], rows: NDArray[np.bool_]) -> Infos:
    """Infos of some rows, copied; zero in all others."""
    infos: Infos = {}
    for name, value in told.items():
        if isinstance(value, Mapping):
            infos[name] = _masked(value, rows)
        else:
            infos[name] = np.where(rows.reshape(-1, *[1] * (value.ndim - 1)), value, value.dtype.type(0))
        infos[f"_{name}"] = rows.copy()
    return infos


def _one_by_one(observations: NDArray[np.float32], rows: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Some rows, each an array of its own, and ``None`` in all others, as Gymnasium has them."""
    found = np.full(len(rows), None, dtype=np.object_)
    for row in np.flatnonzero(rows):
        found[row] = observations[row]
    return found
