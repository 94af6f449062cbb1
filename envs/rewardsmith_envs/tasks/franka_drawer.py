"""franka-drawer: pull a drawer open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import spread
from rewardsmith_envs.tasks.franka_signals import ACTION_SIGNALS, ARM_SIGNALS
from rewardsmith_envs.tasks.franka_task import FrankaTask
from rewardsmith_envs.tasks.presets import ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator


class FrankaDrawer(FrankaTask):
    """The papers' FrankaCabinet with our own cabinet: success is a drawer joint above 0.39 m.

    The rule is theirs (Eureka, appendix; RF-Agent, appendix). There success also ends the episode;
    here the drawer must be open when the episode ends, which asks for the same motion.
    """

    name = "franka-drawer"
    difficulty = "hard"
    description = (
        "A seven-joint Franka arm with a closed gripper stands at the origin of a table; x points "
        "forward, y to the left, z up. The gripper points down. Ahead of it stands a cabinet with "
        "one drawer, a bit to the left or right in every episode. The handle of the drawer is a "
        "horizontal bar along y, 0.1 m before the front of the drawer, with room behind it for "
        "the fingers. Hook the fingers behind the bar, pull the drawer open towards the robot "
        "(along -x) as far as it goes, and leave it open; an episode lasts 100 control steps of "
        "0.04 s."
    )
    success_rule = "drawer open by more than 0.39 m at the episode's last step"
    signals = (
        *ARM_SIGNALS,
        Signal("handle_pos", (3,), "m", "world", "middle of the bar of the handle", Role.OBJECT, -0.5, 0.9),
        Signal(
            "drawer_opening",
            (),
            "m",
            "drawer",
            "how far the drawer is open, 0 (closed) to 0.42",
            Role.OBJECT,
            -0.02,
            0.45,
        ),
        Signal(
            "drawer_vel",
            (),
            "m/s",
            "drawer",
            "speed of the drawer, positive when opening",
            Role.OBJECT,
            -3.0,
            3.0,
        ),
        *ACTION_SIGNALS,
    )
    own_facts = (
        "The bar is 0.018 m thick and 0.14 m long, with 0.083 m of room between it and the front.",
        "The drawer weighs 1.4 kg and runs easily, against 0.5 N of friction and 3 N per m/s.",
        "Fingertips grip with a friction coefficient of 1.5.",
    )
    scene = "franka_drawer.xml"
    horizon = 100
    contacts = 32
    constraints = 176
    draws = 7 + 2
    cpu_preset = ppo(env_steps=900_000)
    human_reward = """\
def compute_reward(tcp_pos, handle_pos, drawer_opening):
    behind = handle_pos + torch.tensor([0.025, 0.0, -0.02], device=handle_pos.device)
    distance = torch.norm(behind - tcp_pos, dim=-1)
    over = torch.norm((behind - tcp_pos)[:, :2], dim=-1)
    approach = 1.0 - torch.tanh(4.0 * distance)
    hooked = torch.exp(-((distance / 0.05) ** 2))
    align = 0.5 * (1.0 - torch.tanh(10.0 * over))
    opening = 20.0 * torch.clamp(drawer_opening, 0.0, 0.42)
    total = approach + align + 0.5 * hooked + opening
    return total, {"approach": approach, "align": align, "hooked": hooked, "opening": opening}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Joints within 0.1 rad of home.

        The cabinet up to 0.1 m aside and 0.01 m nearer or farther.
        """
        sim["qpos"][rows, :7] += spread(draws[:, :7], (-0.1,) * 7, (0.1,) * 7)
        sim["mocap_pos"][rows, 0, :2] += spread(draws[:, 7:], (-0.01, -0.1), (0.01, 0.1))

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, handle, the way to it, and the drawer."""
        tcp, handle = signals["tcp_pos"], signals["handle_pos"]
        drawer = (signals["drawer_opening"][:, None], signals["drawer_vel"][:, None])
        return (signals["joint_pos"], signals["joint_vel"], tcp, handle, handle - tcp, *drawer)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Open by more than 0.39 m."""
        return signals["drawer_opening"] > 0.39


TASK = FrankaDrawer()
