"""Our environments as rl-games sees them, and what it is stopped by."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import torch
from rl_games.common.algo_observer import AlgoObserver
from rl_games.common.ivecenv import IVecEnv
from torch import Tensor

from rewardsmith.contracts import VecEnv
from rewardsmith.records import Fault
from rewardsmith.reward.past import Past
from rewardsmith.training.curves import TrainingCurves
from rewardsmith.training.proxy import ProxyReward


class TrainingOverError(Exception):
    """Ends rl-games' loop from within: the reward or the policy failed, and the proxy knows why."""


class RewardedEnv(IVecEnv):
    """Tensors in, tensors out: the task's environments with one proxy reward."""

    def __init__(self, env: VecEnv, first: Tensor, proxy: ProxyReward, curves: TrainingCurves) -> None:
        """Wrap environments that were just reset.

        Args:
            env: The environments.
            first: Their first observation, ``(n, inputs)``.
            proxy: The reward.
            curves: Where to note what happens.
        """
        self._env, self._first, self._proxy, self._curves = env, first, proxy, curves
        self._age = torch.zeros(env.num_envs, device=first.device)
        self._past = Past()
        self._rows: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        self._components: list[dict[str, Tensor]] = []

    def reset(self) -> Tensor:
        """Called once, before the first step."""
        return self._first

    def step(self, actions: Tensor) -> tuple[Tensor, Tensor, Tensor, dict[str, Tensor]]:
        """One control step.

        Raises:
            TrainingOverError: The reward failed.
        """
        step = self._env.step(actions)
        signals = self._past.read(self._proxy.parameters, step.signals, self._age == 0.0)
        terms = self._proxy.terms(signals, step.sparse, step.native, self._curves.epochs)
        if terms is None:
            raise TrainingOverError
        total, components = terms
        done = step.terminated | step.truncated
        self._age += 1.0
        self._rows.append((done.float(), step.true_score, self._age.clone(), total))
        self._components.append(components)
        self._age[done] = 0.0
        if self._proxy.failure:
            self.close_epoch()
            raise TrainingOverError
        return (
            step.observation,
            self._proxy.with_bonus(total, step.success),
            done,
            {"time_outs": step.truncated},
        )

    def close_epoch(self, noise: float | None = None) -> None:
        """Note the steps since the last time as one epoch.

        Args:
            noise: Mean standard deviation of the actions, where the policy is at hand.
        """
        done, score, age, total = map(torch.stack, zip(*self._rows, strict=True))
        self._curves.add_episodes(done, score, age)
        self._curves.add_terms(
            total, {name: torch.stack([c[name] for c in self._components]) for name in self._components[0]}
        )
        self._curves.add_noise(math.nan if noise is None else noise)
        self._rows, self._components = [], []

    def get_env_info(self) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  (the base says None)
        """Sizes, as gymnasium says them."""
        return {
            "observation_space": gymnasium.spaces.Box(
                -np.inf, np.inf, (self._env.observation_size,), np.float32
            ),
            "action_space": gymnasium.spaces.Box(-1.0, 1.0, (self._env.action_size,), np.float32),
        }


class EpochObserver(AlgoObserver):
    """Closes epochs, tells about progress, and ends a training whose weights became non-finite."""

    def __init__(self, env: RewardedEnv, proxy: ProxyReward, tell: Callable[[int], None]) -> None:
        """Call ``tell(epoch)`` after every epoch."""
        super().__init__()
        self._env, self._proxy, self._tell = env, proxy, tell

    def after_init(self, algo: Any) -> None:
        """Remember the algorithm."""
        self._algo = algo

    def after_clear_stats(self) -> None:
        """Asked for by rl-games, though its base class lacks it."""

    def after_print_stats(self, frame: int, epoch_num: int, total_time: float) -> None:
        """The end of an epoch.

        Raises:
            TrainingOverError: The policy is lost.
        """
        self._env.close_epoch(float(self._algo.model.a2c_network.sigma.detach().exp().mean()))
        self._tell(epoch_num)
        if not all(bool(p.isfinite().all()) for p in self._algo.model.parameters()):
            self._proxy.fail(
                Fault.DIVERGED, "the policy's weights became non-finite; the reward's scale changes too much"
            )
            raise TrainingOverError
