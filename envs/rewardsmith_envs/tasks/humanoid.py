"""humanoid: run forward on two legs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.commands import commands
from rewardsmith_envs.tasks.presets import PAPERS_PPO, ppo
from rewardsmith_envs.tasks.run_task import RunTask, torso_signals

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator

_JOINTS = (
    "waist (turn, forward, aside); hip (aside, turn, forward), knee, ankle (toes up, aside) of "
    "the right and of the left leg; shoulder (forward, aside), elbow of the right and of the left "
    "arm"
)

_NOISE = 0.1
"""Of joint angles [rad] and velocities [rad/s] at the start."""


class Humanoid(RunTask):
    """The papers' Humanoid: the metric is forward speed; a torso below 0.8 m means a fall.

    An episode takes 16 s, as there (1000 steps of 1/60 s). The human reward has Isaac Gym's terms
    and weights (Eureka, appendix of human rewards); its energy is of torque times joint speed, here
    scaled as the speeds are there (0.1).
    """

    name = "humanoid"
    difficulty = "hard"
    description = (
        "A robot of human shape, 1.6 m tall and 38 kg, stands on flat ground; x points forward, y "
        "to the left, z up. Waist, hips, knees, ankles, shoulders and elbows have 21 hinges with "
        "a motor each. Run forward, along +x, as fast as possible for the whole episode without "
        "falling: the episode ends early when the centre of the torso, 1.3 m high at the start, "
        "comes lower than 0.8 m, and at the latest after 500 control steps of 0.032 s."
    )
    success_rule = (
        "metric: distance run along x over the 16 s of a whole episode, in m/s; a torso below 0.8 m ends it"
    )
    signals = (
        *torso_signals(100.0),
        Signal("joint_pos", (21,), "rad", "joint", _JOINTS, Role.JOINT, -2.0, 3.6),
        Signal(
            "joint_vel", (21,), "rad/s", "joint", "velocities of the same joints", Role.JOINT, -80.0, 80.0
        ),
        *commands(21, "joint", "commanded torques of the same joints, 1 is 22.5 to 135 Nm"),
    )
    fallen_m = 0.8
    own_facts = (
        f"It starts standing, all joints within {_NOISE:g} rad of 0 but for knees (0.2), hips forward "
        "(0.1), ankles (0.1), shoulders aside (0.2) and elbows (0.4).",
        "Each action is a torque; 1 is 67.5 Nm at waist and shoulders, 45 Nm at hips (forward 135 Nm), 90 Nm "
        "at knees, 22.5 Nm at ankles and 45 Nm at elbows.",
        f"An episode ends early when base_pos is lower than {fallen_m:g} m.",
    )
    scene = "humanoid.xml"
    horizon = 500
    control_dt = 0.032
    on_cpu = False
    contacts = 24
    constraints = 80
    draws = 42
    cpu_preset = ppo(env_steps=2_000_000, discount=0.99, hidden=(128, 64))
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=131_072_000,
        rollout=32,
        hidden=(400, 200, 100),
        minibatches=4,
        mini_epochs=5,
        learning_rate=5e-4,
    )
    human_reward = """\
def compute_reward(base_pos, base_quat, base_lin_vel, joint_pos, joint_vel, actions):
    low = torch.tensor([-0.8, -0.5, -0.6, -0.8, -1.0, -0.6, -0.03, -0.8, -0.5, -0.8, -1.0, -0.6,
                        -0.03, -0.8, -0.5, -1.0, -0.2, 0.0, -1.0, -0.2, 0.0])
    high = torch.tensor([0.8, 1.3, 0.6, 0.3, 0.6, 2.0, 2.5, 0.8, 0.5, 0.3, 0.6, 2.0, 2.5, 0.8, 0.5,
                         2.5, 1.6, 2.2, 2.5, 1.6, 2.2])
    forward = base_lin_vel[:, 0]
    facing = 1.0 - 2.0 * (base_quat[:, 2] ** 2 + base_quat[:, 3] ** 2)
    heading = 0.5 * torch.clamp(facing / 0.8, max=1.0)
    upright = 1.0 - 2.0 * (base_quat[:, 1] ** 2 + base_quat[:, 2] ** 2)
    up = 0.1 * (upright > 0.93).float()
    alive = 2.0 * torch.ones_like(forward)
    effort = -0.01 * torch.sum(actions ** 2, dim=-1)
    energy = -0.005 * torch.sum(torch.abs(actions * joint_vel), dim=-1)
    reach = torch.abs(2.0 * (joint_pos - low) / (high - low) - 1.0)
    limits = -0.25 * torch.sum((reach > 0.98).float(), dim=-1)
    total = forward + heading + up + alive + effort + energy + limits
    total = torch.where(base_pos[:, 2] < 0.8, -torch.ones_like(total), total)
    return total, {"forward": forward, "heading": heading, "up": up, "effort": effort,
                   "energy": energy, "limits": limits}
"""

    def robot(self, sim: Simulator) -> Robot:
        """21 torque motors; the joints come after the free joint of the torso."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(7, 28), slice(6, 27))})

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Joint angles within 0.1 rad and velocities within 0.1 rad/s of the standing pose."""
        noise = 2.0 * _NOISE * draws.double() - _NOISE
        sim["qpos"][rows, 7:] += noise[:, :21]
        sim["qvel"][rows, 6:] = noise[:, 21:]


TASK = Humanoid()
