"""A reward program in the place of the reward of somebody's own environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from rewardsmith.contracts import Signal
from rewardsmith.gym.programs import EpisodeProgram
from rewardsmith.gym.readings import Readings, check_names

Reader = Callable[["ProxyReward", Any, dict[str, Any]], ArrayLike]
"""Takes the wrapper, the observation and the infos of a step, and gives a signal's value."""


class ProxyReward(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Trains an environment on a reward program.

    The environment's own reward is kept as ``original_reward`` in the infos. Readers get the
    wrapper itself: ``env.unwrapped`` is the environment, ``env.action`` what was done in this step.
    """

    action: NDArray[np.float32]
    """The action of this step."""
    previous_action: NDArray[np.float32]
    """The action one step before; zero at an episode's first step."""

    def __init__(
        self, env: gymnasium.Env[Any, Any], program: str | Path, signals: Mapping[Signal, Reader]
    ) -> None:
        """Wrap an environment.

        Args:
            env: Any that ends its episodes with ``terminated`` or ``truncated``.
            program: A file with a reward program, or its text. The guard checks it, and it never
                runs as Python.
            signals: What the program may read, each with its reader. Values have the signal's
                shape. ``previous_NAME`` and ``initial_NAME`` come by themselves.

        Raises:
            UsageError: There is no such file, the guard refuses it, or two signals have one name.
        """
        super().__init__(env)
        self._program = EpisodeProgram(program, check_names(signals))
        self._readings = Readings(signals, self._program.parameters)
        self._first = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode, as the environment does."""
        self._first = True
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step, with the program's reward.

        Raises:
            UsageError: A reader gave something of another shape.
            RewardsmithError: The program failed.
        """
        done = np.array(action, dtype=np.float32)
        self.previous_action = np.zeros_like(done) if self._first else self.action
        self.action = done
        observation, original, terminated, truncated, info = self.env.step(action)
        signals = self._readings.read(lambda reader: reader(self, observation, info), ())
        total = self._program.total(signals, torch.tensor([self._first]))
        self._first = False
        return observation, float(total[0]), terminated, truncated, {**info, "original_reward": original}
