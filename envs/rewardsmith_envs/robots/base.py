"""What the engine asks of a robot: how actions become controls, and where its joints are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from torch import Tensor

ACTION_SIGNALS = ("actions", "previous_actions")
"""Signals that every robot has: what it was told."""


class Joints(NamedTuple):
    """A group of neighbouring joints."""

    positions: slice
    """Where they are in ``qpos``."""
    velocities: slice
    """Where they are in ``qvel``."""


class Robot(Protocol):
    """One kind of robot in every environment of a simulator."""

    @property
    def action_size(self) -> int:
        """Numbers in one action."""
        ...

    @property
    def joints(self) -> Mapping[str, Joints]:
        """Its groups of joints by the prefix of their signals.

        That is ``""`` for ``joint_pos``, and ``left_`` for ``left_joint_pos``.
        """
        ...

    def act(self, actions: Tensor) -> None:
        """Write ``ctrl`` for the coming control step.

        Actions are in [-1, 1], ``(num_envs, action_size)``.
        """
        ...


def joint_signals(robot: Robot) -> dict[str, tuple[str, slice]]:
    """Signals of a robot's joints: field of the simulator and columns, by name."""
    positions = {f"{prefix}joint_pos": ("qpos", joints.positions) for prefix, joints in robot.joints.items()}
    return positions | {
        f"{prefix}joint_vel": ("qvel", joints.velocities) for prefix, joints in robot.joints.items()
    }
