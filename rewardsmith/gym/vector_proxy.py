"""A reward program in the place of the reward of somebody's own vector environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from numpy.typing import ArrayLike, NDArray

from rewardsmith.contracts import Signal
from rewardsmith.gym.programs import EpisodeProgram
from rewardsmith.gym.readings import Readings, check_names

VectorReader = Callable[["VectorProxyReward", Any, dict[str, Any]], ArrayLike]
"""Takes the wrapper, the observations and the infos of a step, and gives a signal's values."""


class VectorProxyReward(VectorWrapper):
    """Trains a vector environment on a reward program.

    As :class:`rewardsmith.gym.proxy.ProxyReward`, with a row for each environment everywhere. Where
    an episode ended in a step and the next one began in the same, readers see observation and
    infos of the end; what they read from the environment itself is the new start.
    """

    action: NDArray[np.float32]
    """The actions of this step."""
    previous_action: NDArray[np.float32]
    """The actions one step before; zero at an episode's first step."""

    def __init__(
        self, env: VectorEnv[Any, Any, Any], program: str | Path, signals: Mapping[Signal, VectorReader]
    ) -> None:
        """Wrap a vector environment.

        Args:
            env: Any; its ``autoreset_mode`` is kept.
            program: A file with a reward program, or its text. The guard checks it, and it never
                runs as Python.
            signals: What the program may read, each with its reader. Values have the shape
                ``(num_envs, *shape)``. ``previous_NAME`` and ``initial_NAME`` come by themselves.

        Raises:
            UsageError: There is no such file, the guard refuses it, or two signals have one name.
        """
        super().__init__(env)
        self._program = EpisodeProgram(program, check_names(signals))
        self._readings = Readings(signals, self._program.parameters)
        self._mode = env.metadata.get("autoreset_mode", AutoresetMode.NEXT_STEP)
        self._first = np.ones(self.num_envs, np.bool_)
        self._over = np.zeros(self.num_envs, np.bool_)
        """Which episodes ended and begin anew in the next step."""

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start episodes, as the environment does: all, or those of ``options["reset_mask"]``."""
        # looked at before the environment does, which may take it out
        started = np.array((options or {}).get("reset_mask", True))
        self._first, self._over = self._first | started, self._over & ~started
        return self.env.reset(seed=seed, options=options)

    def step(self, actions: Any) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One step of all, with the program's rewards, ``(num_envs,)`` float32.

        A step that only starts an episode (``AutoresetMode.NEXT_STEP``) earns nothing.

        Raises:
            UsageError: A reader gave something of another shape.
            RewardsmithError: The program failed.
        """
        starting, first = self._over, self._first | self._over
        self._act(np.array(actions, dtype=np.float32), starting, first)
        observations, original, terminated, truncated, infos = self.env.step(actions)
        ended = terminated | truncated
        same_step = self._mode == AutoresetMode.SAME_STEP
        seen, told = (
            _before_the_start(observations, infos, ended)
            if same_step and ended.any()
            else (observations, infos)
        )
        signals = self._readings.read(lambda reader: reader(self, seen, told), (self.num_envs,))
        rewards = self._program.total(signals, torch.from_numpy(first)).numpy()
        rewards[starting] = 0.0
        self._first = ended if same_step else starting
        self._over = ended if self._mode == AutoresetMode.NEXT_STEP else np.zeros_like(ended)
        infos = {
            **infos,
            "original_reward": np.array(original),
            "_original_reward": np.ones(self.num_envs, np.bool_),
        }
        return observations, rewards, terminated, truncated, infos

    def _act(self, actions: NDArray[np.float32], starting: NDArray[Any], first: NDArray[Any]) -> None:
        """Remember what is done; nothing is where an episode only starts."""
        before = np.zeros_like(actions) if first.all() else self.action
        self.previous_action, self.action = _zeroed(before, first), _zeroed(actions, starting)


def _zeroed(actions: NDArray[np.float32], rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The same with zero in some rows."""
    return np.where(rows.reshape(-1, *[1] * (actions.ndim - 1)), np.float32(0.0), actions)


def _before_the_start(
    observations: Any, infos: dict[str, Any], ended: NDArray[np.bool_]
) -> tuple[Any, dict[str, Any]]:
    """Observations and infos of the step itself, where episodes ended and began anew in it."""
    finals = [infos["final_obs"][row] for row in np.flatnonzero(ended)]
    return _with_rows(observations, finals, ended), _with_infos(infos, infos.get("final_info", {}))


def _with_rows(batch: Any, rows: list[Any], ended: NDArray[np.bool_]) -> Any:
    """A batch of observations, arrays or dictionaries of them, with some rows exchanged."""
    if isinstance(batch, dict):
        return {key: _with_rows(value, [row[key] for row in rows], ended) for key, value in batch.items()}
    exchanged = np.array(batch)
    exchanged[ended] = rows
    return exchanged


def _with_infos(infos: dict[str, Any], finals: dict[str, Any]) -> dict[str, Any]:
    """Infos with those of the ended episodes in their rows."""
    merged = dict(infos)
    for name, value in finals.items():
        rows = finals.get(f"_{name}")
        if rows is None:
            continue
        if isinstance(value, dict):
            merged[name] = _with_infos(infos.get(name, {}), value)
        else:
            merged[name] = np.array(infos.get(name, np.zeros_like(value)))
            merged[name][rows] = value[rows]
    return merged
