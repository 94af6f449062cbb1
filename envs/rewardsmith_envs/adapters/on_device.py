"""Environments in servers for a trainer on a GPU; tensors cross the host once per step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from rewardsmith.contracts import Device, Step, VecEnv


class OnDevice:
    """Gives and takes tensors on a device (see :class:`rewardsmith.contracts.VecEnv`)."""

    def __init__(self, env: VecEnv, device: Device) -> None:
        """Put environments there.

        Args:
            env: Takes and gives tensors on the CPU.
            device: Where a trainer wants them.
        """
        self._env, self._device = env, device
        self.observation_size, self.action_size = env.observation_size, env.action_size

    @property
    def num_envs(self) -> int:
        """Environments that are simulated."""
        return self._env.num_envs

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment afresh."""
        return self._env.reset(seeds.cpu(), stagger=stagger).to(self._device)

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Go on with some environments, and start others behind them."""
        return self._env.exchange(kept.cpu(), seeds.cpu(), stagger=stagger).to(self._device)

    def step(self, actions: Tensor) -> Step:
        """Advance one control step."""
        step = self._env.step(actions.detach().cpu())
        moved = {
            name: value.to(self._device) for name, value in vars(step).items() if isinstance(value, Tensor)
        }
        signals = {name: value.to(self._device) for name, value in step.signals.items()}
        return replace(step, signals=signals, **moved)

    def advance(self) -> None:
        """Not by itself."""
        self._env.advance()

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        """The environment's own picture."""
        draw = self._env.camera(width, height, name)
        return lambda row: draw(row).to(self._device)

    def close(self) -> None:
        """Close the environments."""
        self._env.close()
