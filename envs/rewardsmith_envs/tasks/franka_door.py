"""franka-door: press the lever down, then push the door open."""

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


class FrankaDoor(FrankaTask):
    """A latched door.

    The threshold, a hinge angle above 0.3 rad, is that of the Door task of robosuite.
    """

    name = "franka-door"
    difficulty = "hard"
    description = (
        "A seven-joint Franka arm with a closed gripper stands at the origin; x points forward, y "
        "to the left, z up. The gripper points down. Ahead of it is a closed door in the y-z "
        "plane, elsewhere by a few centimetres in every episode. Its hinge is on the left and it "
        "opens away from the robot (along +x). A latch holds it until its lever is pressed down: "
        "the lever is a horizontal bar before the door, 0.16 m long, that points from its pivot "
        "to the left, and springs back. Press the end of the lever down, push the door open while "
        "the latch is free, and leave it open; an episode lasts 100 control steps of 0.04 s."
    )
    success_rule = "hinge of the door beyond 0.3 rad at the episode's last step"
    signals = (
        *ARM_SIGNALS,
        Signal(
            "handle_pos",
            (3,),
            "m",
            "world",
            "point of the lever near its free end, to press on",
            Role.OBJECT,
            -0.5,
            0.9,
        ),
        Signal(
            "handle_angle",
            (),
            "rad",
            "handle",
            "how far the lever is pressed down, 0 to 0.8",
            Role.OBJECT,
            -0.1,
            0.9,
        ),
        Signal(
            "door_angle",
            (),
            "rad",
            "door",
            "how far the door is open, 0 (closed) to 1.4",
            Role.OBJECT,
            -0.1,
            1.5,
        ),
        Signal(
            "door_vel",
            (),
            "rad/s",
            "door",
            "speed of the door, positive when opening",
            Role.OBJECT,
            -20.0,
            20.0,
        ),
        *ACTION_SIGNALS,
    )
    own_facts = (
        "The latch comes free when the lever is 0.66 rad down; its spring then presses back with 36 N at "
        "handle_pos.",
        "The bar of the lever is 0.018 m thick; fingertips touch it with a friction coefficient of 1.5.",
        "The door weighs 3.2 kg and turns against 1 Nm of friction and 4 Nm per rad/s.",
    )
    scene = "franka_door.xml"
    horizon = 100
    decimation = 8
    contacts = 24
    constraints = 128
    draws = 7 + 3
    cpu_preset = ppo(env_steps=800_000)
    human_reward = """\
def compute_reward(tcp_pos, handle_pos, handle_angle, door_angle):
    top = handle_pos + torch.tensor([0.0, 0.0, 0.018], device=handle_pos.device)
    ajar = torch.clamp(door_angle / 0.05, 0.0, 1.0)
    approach = torch.max(1.0 - torch.tanh(5.0 * torch.norm(top - tcp_pos, dim=-1)), ajar)
    press = torch.max(1.5 * torch.clamp(handle_angle / 0.75, 0.0, 1.0), 1.5 * ajar)
    opening = 4.0 * torch.clamp(door_angle / 0.4, 0.0, 1.0)
    return approach + press + opening, {"approach": approach, "press": press, "opening": opening}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Joints within 0.1 rad of home.

        The door up to 0.02 m nearer or farther, 0.08 m aside and 0.05 m higher or lower.
        """
        sim["qpos"][rows, :7] += spread(draws[:, :7], (-0.1,) * 7, (0.1,) * 7)
        sim["mocap_pos"][rows, 0] += spread(draws[:, 7:], (-0.02, -0.08, -0.05), (0.02, 0.08, 0.05))

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Joint state, tool, lever, the way to it, and both angles."""
        tcp, handle = signals["tcp_pos"], signals["handle_pos"]
        angles = tuple(signals[name][:, None] for name in ("handle_angle", "door_angle", "door_vel"))
        return (signals["joint_pos"], signals["joint_vel"], tcp, handle, handle - tcp, *angles)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Open by more than 0.3 rad."""
        return signals["door_angle"] > 0.3


TASK = FrankaDoor()
