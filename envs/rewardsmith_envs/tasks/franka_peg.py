"""franka-peg: put a peg into a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal, TrainingSettings
from rewardsmith_envs.tasks.base import spread
from rewardsmith_envs.tasks.franka_signals import ARM_SIGNALS, GRASP_ACTION_SIGNALS, GRIPPER_SIGNAL
from rewardsmith_envs.tasks.franka_task import FrankaTask

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaPeg(FrankaTask):
    """A square peg of 3 cm in a square hole of 4 cm. Insertion of 0.015 m counts in ManiSkill's PegInsertionSide; here 0.035 m does."""

    name = "franka-peg"
    difficulty = "hard"
    description = (
        "A seven-joint Franka arm with a two-finger gripper stands at the origin of a table; x points forward, y to the left, "
        "z up. The gripper points down and its fingers open along y. A square peg, 0.03 m wide and 0.12 m long, stands upright on the "
        "table, and a block 0.06 m high with a square vertical hole, 0.04 m wide, is fixed to it; both are elsewhere in "
        "every episode. Grasp the peg at its upper part, lift it over the block and lower it into the hole, deep enough to stay there; an "
        "episode lasts 120 control steps of 0.04 s."
    )
    success_rule = "lower end of the peg at least 0.035 m inside the hole and within 0.02 m of its axis at the episode's last step"
    signals = (
        *ARM_SIGNALS,
        GRIPPER_SIGNAL,
        Signal("peg_pos", (3,), "m", "world", "centre of the peg (0.06 high when it stands on the table)", Role.OBJECT, -0.5, 0.9),
        Signal("peg_quat", (4,), "quat", "world", "orientation of the peg, w first; 1 0 0 0 is upright", Role.OBJECT, -1.0, 1.0),
        Signal("peg_lin_vel", (3,), "m/s", "world", "velocity of the peg's centre", Role.OBJECT, -3.0, 3.0),
        Signal("peg_tip_pos", (3,), "m", "world", "lower end of the peg", Role.OBJECT, -0.5, 0.9),
        Signal("hole_pos", (3,), "m", "world", "middle of the upper opening of the hole, 0.06 above the table", Role.GOAL, -0.5, 0.9),
        *GRASP_ACTION_SIGNALS,
    )
    scene = "franka_peg.xml"
    gripper = True
    horizon = 120
    decimation = 8
    draws = 4
    preset = TrainingSettings(env_steps=3_000_000)
    human_reward = """\
def compute_reward(tcp_pos, peg_pos, peg_tip_pos, hole_pos, finger_opening):
    grip = peg_pos + torch.tensor([0.0, 0.0, 0.03], device=peg_pos.device)
    distance = torch.norm(grip - tcp_pos, dim=-1)
    approach = 1.0 - torch.tanh(8.0 * distance)
    near = torch.exp(-((distance / 0.03) ** 2))
    grasp = 0.5 * near * torch.clamp((0.04 - finger_opening) / 0.025, 0.0, 1.0)
    lifted = near * torch.clamp(peg_tip_pos[:, 2] / 0.07, 0.0, 1.0)
    side = torch.norm((peg_tip_pos - hole_pos)[:, :2], dim=-1)
    upright = torch.clamp((peg_pos - peg_tip_pos)[:, 2] / 0.06, 0.0, 1.0)
    over = torch.exp(-((side / 0.01) ** 2))
    depth = torch.clamp((hole_pos - peg_tip_pos)[:, 2] / 0.05, 0.0, 1.0)
    carry = 3.0 * torch.max(lifted, over * depth) * (1.0 - torch.tanh(5.0 * side))
    insert = 8.0 * over * depth * upright
    total = approach + grasp + torch.max(lifted, over * depth) + carry + insert
    return total, {"approach": approach, "grasp": grasp, "carry": carry, "insert": insert}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The peg on the right or in the middle of the workspace, the block on the left."""
        sim["qpos"][rows, 9:11] = spread(draws[:, :2], (0.44, -0.12), (0.56, 0.0)).double()
        sim["mocap_pos"][rows, 0, :2] = spread(draws[:, 2:], (0.45, 0.13), (0.58, 0.2)).double()

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, opening, peg, and the ways from tool to peg and from peg to hole."""
        tcp, peg, tip = signals["tcp_pos"], signals["peg_pos"], signals["peg_tip_pos"]
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            signals["finger_opening"][:, None],
            tcp,
            peg - tcp,
            peg - tip,
            tip,
            signals["hole_pos"] - tip,
            signals["peg_quat"],
            signals["peg_lin_vel"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """0.035 m deep in the hole."""
        inside = signals["hole_pos"] - signals["peg_tip_pos"]
        return (inside[:, 2] > 0.035) & (inside[:, :2].norm(dim=1) < 0.02)


TASK = FrankaPeg()
