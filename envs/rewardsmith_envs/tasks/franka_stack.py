"""franka-stack: put one cube on another and let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import any_apart, scatter_body, spread
from rewardsmith_envs.tasks.franka_signals import (
    ARM_SIGNALS,
    CUBE_SIGNALS,
    GRASP_ACTION_SIGNALS,
    GRIPPER_SIGNAL,
)
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaStack(FrankaTask):
    """Two cubes.

    The rule is ManiSkill's StackCube's: on top (offsets below 0.04 and 0.005 m), at rest, released.
    """

    name = "franka-stack"
    difficulty = "hard"
    description = (
        "A seven-joint Franka arm with a two-finger gripper stands at the origin of a table; x "
        "points forward, y to the left, z up. The gripper points down and its fingers open along "
        "y. Two cubes of side 0.05 m lie apart on the table, elsewhere in every episode. Grasp "
        "the first, put it on top of the lower cube, open the gripper and leave it there at rest; "
        "an episode lasts 120 control steps of 0.04 s."
    )
    success_rule = (
        "cube within 0.04 m sideways and 0.005 m in height of its place on the lower cube, slower "
        "than 0.02 m/s, and fingers open by more than 0.03 m each, at the episode's last step"
    )
    signals = (
        *ARM_SIGNALS,
        GRIPPER_SIGNAL,
        *CUBE_SIGNALS,
        Signal(
            "lower_cube_pos",
            (3,),
            "m",
            "world",
            "centre of the cube to stack on (side 0.05 m)",
            Role.GOAL,
            -0.5,
            0.9,
        ),
        Signal("lower_cube_quat", (4,), "quat", "world", "its orientation, w first", Role.GOAL, -1.0, 1.0),
        Signal("lower_cube_lin_vel", (3,), "m/s", "world", "its velocity", Role.GOAL, -3.0, 3.0),
        *GRASP_ACTION_SIGNALS,
    )
    own_facts = (
        "Each cube weighs 0.1 kg; friction is high, with a coefficient of 1.0 between cubes and on the "
        "table and 1.5 at the fingertips.",
    )
    scene = "franka_stack.xml"
    gripper = True
    horizon = 120
    decimation = 8
    draws = 2 + 2 + 24 * 2
    cpu_preset = ppo(env_steps=2_500_000)
    contacts = 44
    constraints = 256
    human_reward = """\
def compute_reward(tcp_pos, cube_pos, lower_cube_pos, finger_opening, actions):
    distance = torch.norm(cube_pos - tcp_pos, dim=-1)
    approach = 1.0 - torch.tanh(8.0 * distance)
    near = torch.exp(-((distance / 0.03) ** 2))
    grasp = 0.5 * near * torch.clamp((0.04 - finger_opening) / 0.015, 0.0, 1.0)
    lifted = near * torch.clamp((cube_pos[:, 2] - 0.025) / 0.06, 0.0, 1.0)
    way = cube_pos - lower_cube_pos
    side = torch.norm(way[:, :2], dim=-1)
    carry = 3.0 * lifted * (1.0 - torch.tanh(5.0 * side))
    placed = torch.exp(-((side / 0.03) ** 2) - ((way[:, 2] - 0.05) / 0.015) ** 2)
    opened = torch.clamp((finger_opening - 0.025) / 0.015, 0.0, 1.0)
    asked = 2.0 * (1.0 + torch.clamp(actions[:, 3], -1.0, 1.0))
    rise = torch.clamp((tcp_pos[:, 2] - cube_pos[:, 2] + 0.02) / 0.12, 0.0, 1.0)
    release = placed * (8.0 + asked + 2.0 * opened + 6.0 * opened * rise)
    hold = (1.0 - placed) * (approach + grasp + lifted + carry)
    return hold + release, {"hold": hold, "placed": placed, "release": release}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Both cubes ahead of the tool, at least 0.1 m apart, turned by up to 22 degrees."""
        cube = spread(draws[:, :2], (0.44, -0.12), (0.56, 0.12))
        options = spread(draws[:, 4:].view(-1, 24, 2), (0.44, -0.14), (0.56, 0.14))
        yaw = (draws[:, 2:4] - 0.5) * (3.14159265 / 4)
        scatter_body(sim, rows, 9, cube, yaw[:, 0])
        scatter_body(sim, rows, 16, any_apart(options, cube, 0.1), yaw[:, 1])

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, opening, both cubes and the ways between."""
        tcp, cube, lower = signals["tcp_pos"], signals["cube_pos"], signals["lower_cube_pos"]
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            signals["finger_opening"][:, None],
            tcp,
            cube,
            cube - tcp,
            lower - cube,
            signals["cube_quat"],
            signals["lower_cube_quat"],
            signals["cube_lin_vel"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """On top of the other cube, at rest and released."""
        offset = signals["cube_pos"] - signals["lower_cube_pos"]
        on_top = (offset[:, :2].norm(dim=1) < 0.04) & ((offset[:, 2] - 0.05).abs() < 0.005)
        at_rest = signals["cube_lin_vel"].norm(dim=1) < 0.02
        return on_top & at_rest & (signals["finger_opening"] > 0.03)


TASK = FrankaStack()
