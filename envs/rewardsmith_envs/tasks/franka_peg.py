"""franka-peg: put the peg in the gripper into a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import any_apart, spread
from rewardsmith_envs.tasks.franka_signals import ACTION_SIGNALS, ARM_SIGNALS
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaPeg(FrankaTask):
    """A square peg of 3 cm in a square hole of 3.6 cm: 3 mm of play on each side.

    Insertion of 0.015 m counts in ManiSkill's PegInsertionSide; here 0.04 m does. Only friction
    holds the peg, elsewhere in the grip in every episode, so that what must be moved to the hole is
    its tip, not the tool.
    """

    name = "franka-peg"
    difficulty = "hard"
    description = (
        "A seven-joint Franka arm stands at the origin of a table; x points forward, y to the "
        "left, z up. Its gripper points down and stays closed around the upper half of a square "
        "peg, 0.03 m wide and 0.12 m long, which hangs below it and slips when it is pushed "
        "against something. A block 0.06 m high with a vertical square hole, 0.036 m wide, is "
        "fixed to the table, elsewhere in every episode; where the fingers hold the peg differs, "
        "too. Put the peg into the hole, most of the way down, and leave it there until the "
        "episode ends; an episode lasts 75 control steps of 0.04 s."
    )
    success_rule = (
        "lower end of the peg at least 0.04 m inside the hole and within 0.01 m of its axis at "
        "the episode's last step"
    )
    signals = (
        *ARM_SIGNALS,
        Signal("peg_pos", (3,), "m", "world", "centre of the peg", Role.OBJECT, -0.5, 0.9),
        Signal(
            "peg_quat",
            (4,),
            "quat",
            "world",
            "orientation of the peg, w first; 1 0 0 0 is upright",
            Role.OBJECT,
            -1.0,
            1.0,
        ),
        Signal("peg_lin_vel", (3,), "m/s", "world", "velocity of the peg's centre", Role.OBJECT, -3.0, 3.0),
        Signal(
            "peg_tip_pos", (3,), "m", "world", "middle of the lower end of the peg", Role.OBJECT, -0.5, 0.9
        ),
        Signal(
            "hole_pos",
            (3,),
            "m",
            "world",
            "middle of the upper opening of the hole, 0.06 above the table",
            Role.GOAL,
            -0.5,
            0.9,
        ),
        *ACTION_SIGNALS,
    )
    own_facts = (
        "The peg weighs 0.1 kg; friction is high, with a coefficient of 1.0 at the block and 1.5 at the "
        "fingertips.",
        "The block is 0.1 m wide along x and y.",
    )
    scene = "franka_peg.xml"
    horizon = 75
    decimation = 8
    draws = 2 + 12 * 2
    cpu_preset = ppo(env_steps=700_000)
    contacts = 48
    constraints = 256
    human_reward = """\
def compute_reward(peg_tip_pos, hole_pos):
    offset = peg_tip_pos - hole_pos
    side = torch.norm(offset[:, :2], dim=-1)
    approach = 1.0 - torch.tanh(5.0 * side)
    over = torch.exp(-((side / 0.01) ** 2))
    clear = 0.5 * (1.0 - over) * torch.clamp(offset[:, 2] / 0.02, -1.0, 1.0)
    centred = torch.exp(-((side / 0.004) ** 2))
    descend = over * (1.0 - torch.clamp(offset[:, 2] / 0.1, 0.0, 1.0))
    insert = (over + 4.0 * centred) * torch.clamp(-offset[:, 2] / 0.05, 0.0, 1.0)
    total = approach + clear + centred + descend + insert
    return total, {"approach": approach, "clear": clear, "centred": centred, "descend": descend,
                   "insert": insert}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The peg a little higher or lower and aside in the grip.

        The block at least 0.08 m to the side of the peg.
        """
        peg = sim["qpos"][rows, 9:12]
        sim["qpos"][rows, 9:12:2] = (
            peg[:, ::2] + spread(draws[:, :2], (-0.005, -0.01), (0.005, 0.01)).double()
        )
        options = spread(draws[:, 2:].view(-1, 12, 2), (0.42, -0.16), (0.58, 0.16))
        sim["mocap_pos"][rows, 0, :2] = any_apart(options, peg[:, :2].float(), 0.08).double()

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, peg in the grip, and the way from its tip to the hole."""
        tcp, tip = signals["tcp_pos"], signals["peg_tip_pos"]
        return (
            signals["joint_pos"],
            signals["joint_vel"],
            tcp,
            tip - tcp,
            signals["hole_pos"] - tip,
            signals["peg_quat"],
            signals["peg_lin_vel"],
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """0.04 m deep in the hole."""
        inside = signals["hole_pos"] - signals["peg_tip_pos"]
        return (inside[:, 2] > 0.04) & (inside[:, :2].norm(dim=1) < 0.01)


TASK = FrankaPeg()
