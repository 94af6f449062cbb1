"""Collecting experience: actions in, states out; rewards are computed afterwards on the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rewardsmith.contracts import VecEnv
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy


@dataclass(frozen=True)
class Experience:
    """One rollout of all slots. ``T`` control steps, ``K`` slots, ``N`` environments per slot."""

    observation: Tensor
    """Normalised policy input, ``(T, K, N, inputs)``."""
    raw_observation: Tensor
    """The same before normalisation."""
    action: Tensor
    """Sampled action before clipping, ``(T, K, N, actions)``."""
    mean: Tensor
    """The actor's mean that it was sampled around."""
    signals: dict[str, Tensor]
    """Every signal after the step, ``(T, K, N, *shape)``."""
    success: Tensor
    """``(T, K, N)`` float, 1 where the goal was met."""
    true_score: Tensor
    """``(T, K, N)``."""
    sparse: Tensor
    """The sparse reward, ``(T, K, N)``."""
    truncated: Tensor
    """``(T, K, N)`` float, 1 where the horizon ended the episode."""
    done: Tensor
    """``(T, K, N)`` float, 1 where the episode ended in whatever way."""
    age: Tensor
    """``(T, K, N)``, control steps since the episode began, or since the collector did."""
    last_observation: Tensor
    """Normalised input after the last step, ``(K, N, inputs)``."""


class Collector:
    """Runs the policies of all slots side by side in one vectorised environment."""

    def __init__(self, env: VecEnv, policy: StackedPolicy, normaliser: RunningNormaliser, seeds: Sequence[int], first: Tensor) -> None:
        """Start after ``env.reset`` gave the ``first`` observation.

        Args:
            env: ``K * N`` environments; slot ``k`` owns rows ``k * N`` to ``(k + 1) * N``.
            policy: The networks.
            normaliser: Observation statistics, read but not changed here.
            seeds: One seed per slot for the exploration noise.
            first: ``(K * N, inputs)``; everything happens on its device.
        """
        self._env = env
        self._policy = policy
        self._normaliser = normaliser
        self._noise = [torch.Generator(first.device).manual_seed(seed) for seed in seeds]
        self._slots = len(seeds)
        self._envs = env.num_envs // self._slots
        self._observation = self._by_slot(first)
        self._age = torch.zeros(env.num_envs, device=first.device)

    @torch.no_grad()
    def collect(self, steps: int) -> Experience:
        """Take ``steps`` control steps with exploration noise."""
        noise = self._draw_noise(steps) * self._policy.log_std().exp()
        rows: dict[str, list[Tensor]] = {name: [] for name in _STACKED}
        signals: dict[str, list[Tensor]] = {}
        for t in range(steps):
            observation = self._normaliser.normalise(self._observation)
            mean = self._policy.mean(observation)
            action = mean + noise[t]
            step = self._env.step(action.flatten(0, 1))
            done = (step.terminated | step.truncated).float()
            age = self._age + 1.0
            self._age = age * (1.0 - done)
            truncated = step.truncated.float()
            values = (
                observation,
                self._observation,
                action,
                mean,
                step.success.float(),
                step.true_score,
                step.sparse,
                truncated,
                done,
                age,
            )
            for name, value in zip(_STACKED, values, strict=True):
                rows[name].append(value)
            for name, value in step.signals.items():
                signals.setdefault(name, []).append(value)
            self._observation = self._by_slot(step.observation)
        stacked = {name: torch.stack(values).view(steps, self._slots, self._envs, *_tail(name, values)) for name, values in rows.items()}
        return Experience(
            **stacked,
            signals={name: self._stack_signal(values) for name, values in signals.items()},
            last_observation=self._normaliser.normalise(self._observation),
        )

    def _draw_noise(self, steps: int) -> Tensor:
        """Standard normal numbers, each slot from its own generator, ``(T, K, N, actions)``."""
        shape = (steps, self._envs, self._env.action_size)
        return torch.stack([torch.randn(shape, generator=g, device=self._age.device) for g in self._noise], dim=1)

    def _by_slot(self, rows: Tensor) -> Tensor:
        return rows.view(self._slots, self._envs, -1)

    def _stack_signal(self, values: list[Tensor]) -> Tensor:
        return torch.stack(values).view(len(values), self._slots, self._envs, *values[0].shape[1:])


_PER_SLOT = ("observation", "raw_observation", "action", "mean")
_STACKED = (*_PER_SLOT, "success", "true_score", "sparse", "truncated", "done", "age")


def _tail(name: str, values: list[Tensor]) -> tuple[int, ...]:
    return values[0].shape[2:] if name in _PER_SLOT else ()
