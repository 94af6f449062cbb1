"""ant: run forward on four legs."""

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

_NOISE_RAD = 0.2
"""Of joint angles at the start."""


class Ant(RunTask):
    """The papers' Ant: the metric is forward speed; a torso below 0.31 m means a fall.

    An episode takes 16 s, as there (1000 steps of 1/60 s).
    """

    name = "ant"
    difficulty = "medium"
    description = (
        "A robot with a round torso and four legs stands on flat ground; x points forward, y to "
        "the left, z up. Every leg has a hip that swings it sideways and an ankle that raises and "
        "lowers its foot; eight motors turn them. Run forward, along +x, as fast as possible for "
        "the whole episode without falling: the episode ends early when the centre of the torso "
        "comes lower than 0.31 m, and at the latest after 400 control steps of 0.04 s."
    )
    success_rule = (
        "metric: distance run along x over the 16 s of a whole episode, in m/s; a torso below 0.31 m ends it"
    )
    signals = (
        *torso_signals(80.0),
        Signal(
            "joint_pos",
            (8,),
            "rad",
            "joint",
            "hip and ankle: front left, front right, back left, back right",
            Role.JOINT,
            -1.2,
            2.2,
        ),
        Signal("joint_vel", (8,), "rad/s", "joint", "velocities of the same joints", Role.JOINT, -60.0, 60.0),
        *commands(8, "joint", "commanded torques of the same joints (1 is 15 Nm)"),
    )
    fallen_m = 0.31
    own_facts = (
        "The robot weighs 4.6 kg; its torso is a ball of radius 0.25 m, its legs have a radius of 0.08 m.",
        "It starts standing: hips at 0 rad, of -0.7 to 0.7, and ankles at 1 rad, of 0.52 (straightest) to "
        f"1.75, all but for {_NOISE_RAD:g} rad.",
        "Each action is a torque: 1 is 15 Nm.",
        f"An episode ends early when base_pos is lower than {fallen_m:g} m.",
    )
    scene = "ant.xml"
    horizon = 400
    contacts = 12
    constraints = 56
    draws = 16
    cpu_preset = ppo(env_steps=2_000_000, discount=0.99, hidden=(128, 64))
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=32_768_000,
        rollout=16,
        hidden=(256, 128, 64),
        minibatches=2,
        mini_epochs=4,
        learning_rate=3e-4,
    )
    human_reward = """\
def compute_reward(base_lin_vel, base_quat, joint_vel, actions):
    forward = base_lin_vel[:, 0]
    alive = 0.5 * torch.ones_like(forward)
    up = 0.1 * (1.0 - 2.0 * (base_quat[:, 1] ** 2 + base_quat[:, 2] ** 2))
    effort = -0.005 * torch.sum(actions ** 2, dim=-1)
    energy = -0.002 * torch.sum(torch.abs(actions * joint_vel), dim=-1)
    total = forward + alive + up + effort + energy
    return total, {"forward": forward, "alive": alive, "up": up, "effort": effort, "energy": energy}
"""

    def robot(self, sim: Simulator) -> Robot:
        """Eight torque motors; the joints come after the free joint of the torso."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(7, 15), slice(6, 14))})

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Joint angles within 0.2 rad and velocities within 0.1 rad/s of the standing pose."""
        noise = 2.0 * draws.double() - 1.0
        sim["qpos"][rows, 7:] += _NOISE_RAD * noise[:, :8]
        sim["qvel"][rows, 6:] = 0.1 * noise[:, 8:]


TASK = Ant()
