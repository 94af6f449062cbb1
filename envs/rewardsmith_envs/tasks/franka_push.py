"""franka-push: push a cube across the table to a goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith_envs.tasks.base import any_apart, scatter_body, spread
from rewardsmith_envs.tasks.franka_signals import (
    ACTION_SIGNALS,
    ARM_SIGNALS,
    CUBE_FACTS,
    CUBE_SIGNALS,
    GOAL_SIGNAL,
)
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaPush(FrankaTask):
    """A cube and a goal at random places of the table, at least 10 cm apart."""

    name = "franka-push"
    difficulty = "medium"
    description = (
        "A seven-joint Franka arm with a closed gripper stands at the origin of a table; x points "
        "forward, y to the left, z up. A cube of side 0.05 m lies on the table. Push the cube "
        "with the fingertips until its centre is at the goal point on the table, and leave it "
        "there. Cube and goal are elsewhere in every episode, so the arm may have to move around "
        "the cube first; an episode lasts 75 control steps of 0.04 s."
    )
    success_rule = (
        "centre of the cube within 0.04 m of the goal, in the plane of the table, at the episode's last step"
    )
    signals = (*ARM_SIGNALS, *CUBE_SIGNALS, GOAL_SIGNAL, *ACTION_SIGNALS)
    own_facts = CUBE_FACTS
    scene = "franka_push.xml"
    horizon = 75
    contacts = 40
    constraints = 240
    draws = 2 + 1 + 24 * 2
    cpu_preset = ppo(env_steps=800_000)
    human_reward = """\
def compute_reward(tcp_pos, cube_pos, goal_pos):
    to_goal = goal_pos[:, :2] - cube_pos[:, :2]
    distance = torch.norm(to_goal, dim=-1)
    direction = to_goal / (distance.unsqueeze(-1) + 1e-6)
    behind = cube_pos[:, :2] - 0.045 * direction
    gap = torch.norm(tcp_pos[:, :2] - behind, dim=-1)
    approach = 0.5 * (1.0 - torch.tanh(5.0 * gap))
    low = 0.3 * torch.exp(-torch.abs(tcp_pos[:, 2] - 0.03) / 0.02)
    push = 2.0 * (1.0 - torch.tanh(5.0 * distance))
    arrive = torch.exp(-((distance / 0.04) ** 2))
    total = approach + low + push + arrive
    return total, {"approach": approach, "low": low, "push": push, "arrive": arrive}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The cube ahead of the tool, turned at random; the goal at least 0.1 m from the cube."""
        cube = spread(draws[:, :2], (0.46, -0.12), (0.58, 0.12))
        scatter_body(sim, rows, 9, cube, (draws[:, 2] - 0.5) * (3.14159265 / 4) * 2.0)
        options = spread(draws[:, 3:].view(-1, 24, 2), (0.46, -0.2), (0.68, 0.2))
        sim["mocap_pos"][rows, 0, :2] = any_apart(options, cube, 0.1).double()

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool and cube, and the ways from tool to cube and from cube to goal."""
        tcp, cube, goal = signals["tcp_pos"], signals["cube_pos"], signals["goal_pos"]
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            tcp,
            cube - tcp,
            (goal - cube)[:, :2],
            signals["cube_lin_vel"],
            signals["cube_quat"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Within 0.04 m of the goal in the plane of the table."""
        return (signals["goal_pos"] - signals["cube_pos"])[:, :2].norm(dim=1) < 0.04


TASK = FrankaPush()
