"""Robots whose actions go straight to their actuators."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from rewardsmith_envs.robots.base import Joints
from rewardsmith_envs.simulators.base import Simulator


class ActuatedRobot:
    """One action per actuator, over its ``ctrlrange``: -1 is the lower end, 1 the upper.

    The scene decides what that means: torque for ``<motor>``, a joint angle for ``<position>``.
    """

    def __init__(self, sim: Simulator, joints: Mapping[str, Joints]) -> None:
        """Take all actuators of ``sim``.

        Args:
            sim: The simulator.
            joints: The robot's groups of joints (see :class:`rewardsmith_envs.robots.base.Robot`).
        """
        self._sim = sim
        self._low, self._high = sim.control_range
        self.joints = joints
        self.action_size = len(self._low)

    def act(self, actions: Tensor) -> None:
        """Set every control."""
        self._sim["ctrl"][:] = self._low + (self._high - self._low) * (0.5 * (actions + 1.0))
