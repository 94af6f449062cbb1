"""franka-pick-place: carry a cube to a point in the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith_envs.tasks.base import any_apart, scatter_body, spread
from rewardsmith_envs.tasks.franka_signals import (
    ARM_SIGNALS,
    CUBE_FACTS,
    CUBE_SIGNALS,
    GOAL_SIGNAL,
    GRASP_ACTION_SIGNALS,
    GRIPPER_SIGNAL,
)
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaPickPlace(FrankaTask):
    """A cube on the table and a goal above it.

    The threshold, 0.025 m, is that of ManiSkill's PickCube.
    """

    name = "franka-pick-place"
    difficulty = "hard"
    description = (
        "A seven-joint Franka arm with a two-finger gripper stands at the origin of a table; x "
        "points forward, y to the left, z up. The gripper points down and its fingers open along "
        "y. A cube of side 0.05 m lies on the table, and a goal point floats above the table; "
        "both are elsewhere in every episode. Grasp the cube, carry it to the goal so that its "
        "centre is there, and hold it there until the episode ends; an episode lasts 75 control "
        "steps of 0.04 s."
    )
    success_rule = "centre of the cube within 0.025 m of the goal at the episode's last step"
    signals = (*ARM_SIGNALS, GRIPPER_SIGNAL, *CUBE_SIGNALS, GOAL_SIGNAL, *GRASP_ACTION_SIGNALS)
    own_facts = CUBE_FACTS
    scene = "franka_pick_place.xml"
    gripper = True
    horizon = 75
    decimation = 8
    contacts = 40
    constraints = 224
    draws = 3 + 8 * 3
    cpu_preset = ppo(env_steps=1_500_000)
    human_reward = """\
def compute_reward(tcp_pos, cube_pos, goal_pos, finger_opening):
    distance = torch.norm(cube_pos - tcp_pos, dim=-1)
    approach = 1.0 - torch.tanh(8.0 * distance)
    near = torch.exp(-((distance / 0.03) ** 2))
    grasp = 0.5 * near * torch.clamp((0.04 - finger_opening) / 0.015, 0.0, 1.0)
    lifted = near * torch.clamp((cube_pos[:, 2] - 0.025) / 0.05, 0.0, 1.0)
    way = torch.norm(goal_pos - cube_pos, dim=-1)
    carry = 4.0 * lifted * (1.0 - torch.tanh(5.0 * way))
    arrive = 2.0 * lifted * torch.exp(-((way / 0.03) ** 2))
    total = approach + grasp + lifted + carry + arrive
    return total, {"approach": approach, "grasp": grasp, "lifted": lifted, "carry": carry, "arrive": arrive}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The cube ahead of the tool, turned by up to 22 degrees.

        The goal above the table, at least 0.12 m from the cube.
        """
        cube = spread(draws[:, :2], (0.44, -0.12), (0.56, 0.12))
        scatter_body(sim, rows, 9, cube, (draws[:, 2] - 0.5) * (3.14159265 / 4))
        options = spread(draws[:, 3:].view(-1, 8, 3), (0.42, -0.15, 0.1), (0.58, 0.15, 0.28))
        start = sim["qpos"][rows, 9:12].float()
        sim["mocap_pos"][rows, 0] = any_apart(options, start, 0.12).double()

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, opening, cube, and the ways from tool to cube and cube to goal."""
        tcp, cube, goal = signals["tcp_pos"], signals["cube_pos"], signals["goal_pos"]
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            signals["finger_opening"][:, None],
            tcp,
            cube,
            cube - tcp,
            goal - cube,
            signals["cube_quat"],
            signals["cube_lin_vel"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Within 0.025 m of the goal."""
        return (signals["goal_pos"] - signals["cube_pos"]).norm(dim=1) < 0.025


TASK = FrankaPickPlace()
