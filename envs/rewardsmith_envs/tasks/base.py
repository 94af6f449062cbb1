"""What every simulated task states; :mod:`rewardsmith_envs.engine` does the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from rewardsmith.contracts import Signal, TrainingSettings, VecEnv

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

ASSETS = Path(__file__).parent.parent / "assets"


class SimulatedTask(ABC):
    """A task on a MuJoCo scene.

    A signal is read from the scene's sensor of the same name, or from the robot
    (see :mod:`rewardsmith_envs.engine`).
    """

    name: str
    description: str
    success_rule: str
    signals: tuple[Signal, ...]
    scene: str
    """File name of the MJCF scene under ``assets/``."""
    horizon: int
    decimation: int = 4
    control_dt: float = 0.04
    human_reward: str
    preset: TrainingSettings = TrainingSettings()
    draws: int
    """Random numbers that one reset takes."""

    @abstractmethod
    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Write the start states of ``rows``, which are at the home keyframe.

        Args:
            sim: The simulator.
            rows: Indices of the environments, ``(n,)``.
            draws: Uniform numbers in [0, 1), ``(n, self.draws)``.
        """

    @abstractmethod
    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The parts of the policy's input, each ``(num_envs, k)``; the trainer normalises them."""

    @abstractmethod
    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Whether the sparse goal is met now, ``(num_envs,)`` bool."""

    def make(self, num_envs: int, threads: int) -> VecEnv:
        """Build ``num_envs`` environments on the CPU simulator."""
        from rewardsmith_envs.engine import SimulatedEnv
        from rewardsmith_envs.simulators.cpu import CpuSimulator

        return SimulatedEnv(self, CpuSimulator(ASSETS / self.scene, num_envs, self.decimation, threads))


def spread(draws: Tensor, low: tuple[float, ...], high: tuple[float, ...]) -> Tensor:
    """Map uniform numbers ``(..., k)`` to the box from ``low`` to ``high``."""
    lower = draws.new_tensor(low)
    return lower + (draws.new_tensor(high) - lower) * draws


def any_apart(options: Tensor, origin: Tensor, distance_m: float) -> Tensor:
    """One of several points that is far enough from an origin.

    Args:
        options: Points to choose from, ``(n, k, d)`` [m].
        origin: ``(n, d)`` [m].
        distance_m: The least distance.

    Returns:
        ``(n, d)``; the farthest option where none is far enough.
    """
    choice = (options - origin[:, None]).norm(dim=2).clamp(max=distance_m).argmax(dim=1)
    return options.take_along_dim(choice[:, None, None], dim=1)[:, 0]
