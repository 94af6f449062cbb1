"""franka-reach: bring the fingertips to a point in space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith_envs.tasks.base import any_apart, constant, spread
from rewardsmith_envs.tasks.franka_signals import ACTION_SIGNALS, ARM_SIGNALS, GOAL_SIGNAL
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaReach(FrankaTask):
    """A random goal in front of the arm, to be held within 2 cm."""

    name = "franka-reach"
    difficulty = "easy"
    description = (
        "A seven-joint Franka arm stands at the origin of a table; x points forward, y to the "
        "left, z up. Bring its tool centre point to a goal point in the air in front of the arm "
        "and keep it there. The goal changes with every episode; an episode lasts 50 control "
        "steps of 0.04 s."
    )
    success_rule = "tool centre point within 0.02 m of the goal at the episode's last step"
    signals = (*ARM_SIGNALS, GOAL_SIGNAL, *ACTION_SIGNALS)
    scene = "franka_reach.xml"
    horizon = 50
    contacts = 16
    constraints = 88
    draws = 7 + 8 * 3
    cpu_preset = ppo(env_steps=300_000)
    human_reward = """\
def compute_reward(tcp_pos, goal_pos, actions):
    distance = torch.norm(goal_pos - tcp_pos, dim=-1)
    approach = 1.0 - torch.tanh(5.0 * distance)
    precision = torch.exp(-((distance / 0.02) ** 2))
    effort = -0.01 * torch.sum(actions ** 2, dim=-1)
    return approach + precision + effort, {"approach": approach, "precision": precision, "effort": effort}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Joints within 0.1 rad of home.

        The goal in a box, at least 0.1 m from the home tool position.
        """
        sim["qpos"][rows, :7] += spread(draws[:, :7], (-0.1,) * 7, (0.1,) * 7)
        options = spread(draws[:, 7:].view(-1, 8, 3), (0.35, -0.3, 0.1), (0.65, 0.3, 0.5))
        home = constant((0.45, 0.0, 0.3), draws.device).expand(len(rows), 3)
        sim["mocap_pos"][rows, 0] = any_apart(options, home, 0.12).double()

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool position and the way to the goal."""
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            signals["tcp_pos"],
            signals["goal_pos"] - signals["tcp_pos"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Within 0.02 m of the goal."""
        return (signals["goal_pos"] - signals["tcp_pos"]).norm(dim=1) < 0.02


TASK = FrankaReach()
