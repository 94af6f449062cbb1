"""What all tasks with the Franka arm share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith_envs.robots.franka_facts import franka_facts
from rewardsmith_envs.tasks.base import SimulatedTask

if TYPE_CHECKING:
    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator


class FrankaTask(SimulatedTask):
    """A task of the arm that moves by Cartesian steps of its tool."""

    group = "manipulation"
    gripper = False
    """Whether a fourth action opens and closes the fingers."""

    def robot(self, sim: Simulator) -> Robot:
        """The arm."""
        from rewardsmith_envs.robots.franka import CartesianFranka

        return CartesianFranka(sim, gripper=self.gripper)

    def robot_facts(self) -> tuple[str, ...]:
        """Of the arm."""
        return franka_facts(self.gripper)
