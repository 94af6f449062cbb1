"""franka-lift: pick a cube up and hold it in the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith_envs.tasks.base import scatter_body, spread
from rewardsmith_envs.tasks.franka_signals import (
    ARM_SIGNALS,
    CUBE_FACTS,
    CUBE_SIGNALS,
    GRASP_ACTION_SIGNALS,
    GRIPPER_SIGNAL,
)
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaLift(FrankaTask):
    """A cube somewhere on the table, to be held 10 cm above it.

    The rule is that of the Lift task of robosuite (cube above the table by a margin, 0.04 m there),
    with more height and with a grip asked for, so that a cube that was flung up does not count.
    """

    name = "franka-lift"
    difficulty = "medium"
    description = (
        "A seven-joint Franka arm with a two-finger gripper stands at the origin of a table; x "
        "points forward, y to the left, z up. The gripper points down and its fingers open along "
        "y. A cube of side 0.05 m lies on the table, elsewhere in every episode. Grasp the cube, "
        "lift it well off the table and hold it there until the episode ends; an episode lasts 75 "
        "control steps of 0.04 s."
    )
    success_rule = (
        "centre of the cube 0.1 m above its place on the table and within 0.04 m of the tool, "
        "at the episode's last step"
    )
    signals = (*ARM_SIGNALS, GRIPPER_SIGNAL, *CUBE_SIGNALS, *GRASP_ACTION_SIGNALS)
    own_facts = CUBE_FACTS
    scene = "franka_lift.xml"
    gripper = True
    horizon = 75
    decimation = 8
    contacts = 40
    constraints = 224
    draws = 3
    cpu_preset = ppo(env_steps=800_000)
    human_reward = """\
def compute_reward(tcp_pos, cube_pos, finger_opening):
    distance = torch.norm(cube_pos - tcp_pos, dim=-1)
    approach = 1.0 - torch.tanh(8.0 * distance)
    near = torch.exp(-((distance / 0.03) ** 2))
    grasp = 0.5 * near * torch.clamp((0.04 - finger_opening) / 0.015, 0.0, 1.0)
    height = torch.clamp(cube_pos[:, 2] - 0.025, 0.0, 0.15)
    lift = 25.0 * height * near
    total = approach + grasp + lift
    return total, {"approach": approach, "grasp": grasp, "lift": lift}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The cube ahead of the tool, turned by up to 22 degrees."""
        scatter_body(
            sim,
            rows,
            9,
            spread(draws[:, :2], (0.44, -0.12), (0.56, 0.12)),
            (draws[:, 2] - 0.5) * (3.14159265 / 4),
        )

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, opening, cube and the way to it."""
        tcp, cube = signals["tcp_pos"], signals["cube_pos"]
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            signals["finger_opening"][:, None],
            tcp,
            cube,
            cube - tcp,
            signals["cube_quat"],
            signals["cube_lin_vel"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """0.1 m up, between the fingers."""
        cube = signals["cube_pos"]
        return (cube[:, 2] > 0.125) & ((cube - signals["tcp_pos"]).norm(dim=1) < 0.04)


TASK = FrankaLift()
