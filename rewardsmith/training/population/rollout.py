"""Collecting experience: actions in, states out.

Rewards are computed afterwards on the whole batch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rewardsmith.contracts import VecEnv
from rewardsmith.reward.past import Past
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
    """The signals that were asked for, after the step, ``(T, K, N, *shape)``."""
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
    """``(T, K, N)``, control steps since the episode began, or since its slot did."""
    last_observation: Tensor
    """Normalised input after the last step, ``(K, N, inputs)``."""
    noise: Tensor
    """Mean over the actions of the standard deviation that they were sampled with, ``(K,)``."""
    native: Tensor | None = None
    """The suite's own reward, ``(T, K, N)``, where it has one."""


class Collector:
    """Runs the policies of all slots side by side in one vectorised environment.

    Slot ``k`` owns environments ``k * N`` to ``(k + 1) * N``.
    """

    def __init__(self, env: VecEnv, policy: StackedPolicy, normaliser: RunningNormaliser, envs: int) -> None:
        """Start without slots.

        Args:
            env: The environments; everything happens on the policy's device.
            policy: The networks.
            normaliser: Observation statistics, read but not changed here.
            envs: Environments per slot, ``N``.
        """
        self._env, self._policy, self._normaliser, self._envs = env, policy, normaliser, envs
        self._noise: list[torch.Generator] = []
        device = policy.parameters.device
        self._observation = torch.zeros(0, envs, env.observation_size, device=device)
        self._age = torch.zeros(0, device=device)
        self._past = Past()

    def exchange(self, kept: Sequence[int], seeds: Sequence[int], first: Tensor) -> None:
        """Go on with the slots ``kept``, and begin new ones behind them, as the environments did.

        Args:
            kept: Numbers of slots, in their new order.
            seeds: For the exploration noise, one per new slot.
            first: Their first observation, ``(new * N, inputs)``.
        """
        slots = torch.tensor(kept, dtype=torch.int64, device=first.device)
        self._noise = [self._noise[slot] for slot in kept] + [
            torch.Generator(first.device).manual_seed(seed) for seed in seeds
        ]
        self._observation = torch.cat(
            (self._observation[slots], first.view(len(seeds), self._envs, self._env.observation_size))
        )
        rows = rows_of(slots, self._envs)
        self._age = torch.cat((self._age[rows], torch.zeros(len(first), device=first.device)))
        self._past.exchange(rows, len(first))

    @torch.no_grad()
    def collect(self, steps: int, signals: Collection[str]) -> Experience:
        """Take ``steps`` control steps with exploration noise, and keep the named signals.

        They may be of the past (see :class:`rewardsmith.reward.past.Past`).
        """
        std = self._policy.log_std().exp()
        noise = self._draw_noise(steps) * std
        rows: dict[str, list[Tensor]] = {name: [] for name in _STACKED}
        seen: dict[str, list[Tensor]] = {}
        native: list[Tensor] = []
        for t in range(steps):
            observation = self._normaliser.normalise(self._observation)
            mean = self._policy.mean(observation)
            action = mean + noise[t]
            step = self._env.step(action.flatten(0, 1))
            done = (step.terminated | step.truncated).float()
            age = self._age + 1.0
            self._age = age * (1.0 - done)
            truncated = step.truncated.float()
            own = (observation, self._observation, action, mean)
            values = (*own, step.success.float(), step.true_score, step.sparse, truncated, done, age)
            for name, value in zip(_STACKED, values, strict=True):
                rows[name].append(value)
            if step.native is not None:
                native.append(step.native)
            # a program may ask for what is not there; that is its failure
            for name, value in self._past.read(signals, step.signals, age == 1.0).items():
                seen.setdefault(name, []).append(value)
            self._observation = step.observation.view(len(self._noise), self._envs, -1)
        return Experience(
            **{name: self._stack(values, name in _PER_SLOT) for name, values in rows.items()},
            signals={name: self._stack(values) for name, values in seen.items()},
            noise=std.mean(dim=(1, 2)),
            native=self._stack(native) if native else None,
            last_observation=self._normaliser.normalise(self._observation),
        )

    @torch.no_grad()
    def see_again(self, experience: Experience, slots: Sequence[int]) -> None:
        """Normalise anew what some slots saw in the latest rollout.

        Their actors' means of it are computed anew, too. For the first rollout of a slot, of which
        the normaliser knew nothing before. Its actions stay as they are: a new actor's means are
        near zero for any input, so they hardly depend on its normalisation.

        Args:
            experience: What :meth:`collect` gave last; it is changed.
            slots: Their numbers.
        """
        rows = torch.tensor(slots, device=self._age.device)
        for t, raw in enumerate(experience.raw_observation):
            observation = self._normaliser.normalise(raw)
            experience.observation[t, rows] = observation[rows]
            experience.mean[t, rows] = self._policy.mean(observation)[rows]
        experience.last_observation[rows] = self._normaliser.normalise(self._observation)[rows]

    def _draw_noise(self, steps: int) -> Tensor:
        """Standard normal numbers, each slot from its own generator, ``(T, K, N, actions)``."""
        shape = (steps, self._envs, self._env.action_size)
        return torch.stack(
            [torch.randn(shape, generator=g, device=self._age.device) for g in self._noise], dim=1
        )

    def _stack(self, values: list[Tensor], per_slot: bool = False) -> Tensor:
        """Steps together, ``(T, K, N, ...)``."""
        return torch.stack(values).view(
            len(values), len(self._noise), self._envs, *values[0].shape[2 if per_slot else 1 :]
        )


_PER_SLOT = ("observation", "raw_observation", "action", "mean")
_STACKED = (*_PER_SLOT, "success", "true_score", "sparse", "truncated", "done", "age")


def rows_of(slots: Tensor, envs: int) -> Tensor:
    """Numbers of the environments of slots, ``(slots * envs,)``."""
    return (slots[:, None] * envs + torch.arange(envs, device=slots.device)).flatten()
