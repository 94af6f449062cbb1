"""anymal: walk at a commanded velocity on four legs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import SimulatedTask, constant
from rewardsmith_envs.tasks.commands import commands
from rewardsmith_envs.tasks.presets import PAPERS_PPO, ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator

_FASTEST = (2.0, 1.0, 1.0)
"""Bounds of the commands, forward, to the left [m/s] and about
z [rad/s], as in Isaac Gym's Anymal."""
_NOISE_RAD = 0.2
"""Of joint angles at the start."""
_PRESSING_N = 1.0
"""Force of the ground on base or knee that is a fall."""


class Anymal(SimulatedTask):
    """The papers' Anymal: the metric is minus the squared error of planar velocity and yaw rate.

    Both are as the base sees them. Eureka and RF-Agent average the metric over environments; here
    it is the mean over one episode, in which every step after a fall counts as standing still under
    the fastest command, which is the least that a step can count: an early end never pays. It ends
    when base or knees press on the ground with more than 1 N, as there. An episode takes 8 s
    instead of 50; its command stays the same throughout. Weights of the human reward are Isaac
    Gym's (1, 0.5, -2.5e-5), and so are standing pose, gains and scale of the servos.
    """

    name = "anymal"
    group = "locomotion"
    difficulty = "medium"
    description = (
        "A robot with a box-shaped base and four legs of three hinges each, 0.6 m high and 32 kg, "
        "stands on flat ground. Walk at the commanded velocity, forward and sideways, while "
        "turning at the commanded rate; velocities are meant in the robot's own frame: x forward, "
        "y to the left, z up. The command is drawn anew for every episode, up to 2 m/s forward or "
        "backward, 1 m/s sideways and 1 rad/s, and stays the same throughout. The episode ends "
        "early when the base or a knee presses on the ground, and at the latest after 400 control "
        "steps of 0.02 s."
    )
    success_rule = (
        "metric: minus the squared error of planar velocity (m/s) and yaw rate (rad/s), mean over "
        "the 8 s of a whole episode, -6 at the least; base or knee on the ground with more than 1 "
        "N ends it, and -6 counts for the rest"
    )
    signals = (
        Signal(
            "base_pos",
            (3,),
            "m",
            "world",
            "centre of the base; x and y are 0 at the start",
            Role.EFFECTOR,
            -30.0,
            30.0,
        ),
        Signal(
            "base_quat",
            (4,),
            "quat",
            "world",
            "orientation of the base, w first; 1 0 0 0: level, facing x",
            Role.EFFECTOR,
            -1.0,
            1.0,
        ),
        Signal("base_lin_vel", (3,), "m/s", "world", "velocity of the base", Role.EFFECTOR, -6.0, 6.0),
        Signal(
            "base_ang_vel", (3,), "rad/s", "world", "angular velocity of the base", Role.EFFECTOR, -15.0, 15.0
        ),
        Signal(
            "body_lin_vel",
            (3,),
            "m/s",
            "base",
            "velocity of the base in its own frame",
            Role.EFFECTOR,
            -6.0,
            6.0,
        ),
        Signal(
            "body_ang_vel",
            (3,),
            "rad/s",
            "base",
            "angular velocity of the base in its own frame",
            Role.EFFECTOR,
            -15.0,
            15.0,
        ),
        Signal(
            "goal_lin_vel",
            (3,),
            "m/s",
            "base",
            "the commanded velocity; z is 0 and does not count",
            Role.GOAL,
            -2.0,
            2.0,
        ),
        Signal(
            "goal_ang_vel", (3,), "rad/s", "base", "0, 0 and the commanded yaw rate", Role.GOAL, -1.0, 1.0
        ),
        Signal(
            "joint_pos",
            (12,),
            "rad",
            "joint",
            "hip, thigh and shank: left front, left hind, right front, right hind",
            Role.JOINT,
            -2.4,
            2.4,
        ),
        Signal(
            "joint_vel", (12,), "rad/s", "joint", "velocities of the same joints", Role.JOINT, -40.0, 40.0
        ),
        Signal("joint_torque", (12,), "Nm", "joint", "torques of the same joints", Role.JOINT, -80.0, 80.0),
        Signal(
            "base_contact", (), "N", "base", "force of the ground on the base", Role.EFFECTOR, 0.0, 10_000.0
        ),
        Signal(
            "knee_contact",
            (4,),
            "N",
            "knee",
            "force of the ground on each knee, in the order of the legs",
            Role.EFFECTOR,
            0.0,
            5_000.0,
        ),
        *commands(12, "joint", "commanded angles of the joints, 1 is 0.5 rad off the standing pose"),
    )
    own_facts = (
        "The base is a box of 0.58 x 0.24 x 0.18 m; thighs are 0.29 m long, shanks 0.33 m, and feet are "
        "balls of radius 0.03 m.",
        "Each action is a joint's target angle, 0 the standing pose and 1 an angle of 0.5 rad more; with all "
        "at 0 it stands with base_pos 0.585 m high.",
        f"Joints start within {_NOISE_RAD:g} rad of the standing pose.",
        "Friction with the ground is high: its coefficient is 1.0.",
        f"An episode ends early when base_contact or one of knee_contact is above {_PRESSING_N:g} N.",
    )
    scene = "anymal.xml"
    horizon = 400
    control_dt = 0.02
    worst = -sum(speed**2 for speed in _FASTEST)
    contacts = 12
    constraints = 64
    draws = 27
    cpu_preset = ppo(env_steps=2_500_000, discount=0.99, hidden=(128, 64))
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=98_304_000,
        rollout=24,
        hidden=(256, 128, 64),
        minibatches=3,
        mini_epochs=5,
        learning_rate=3e-4,
    )
    human_reward = """\
def compute_reward(body_lin_vel, body_ang_vel, goal_lin_vel, goal_ang_vel, joint_torque):
    planar_error = torch.sum((goal_lin_vel - body_lin_vel)[:, :2] ** 2, dim=-1)
    yaw_error = (goal_ang_vel - body_ang_vel)[:, 2] ** 2
    walk = torch.exp(-planar_error / 0.25)
    turn = 0.5 * torch.exp(-yaw_error / 0.25)
    torque = -2.5e-5 * torch.sum(joint_torque ** 2, dim=-1)
    return walk + turn + torque, {"walk": walk, "turn": turn, "torque": torque}
"""

    def robot(self, sim: Simulator) -> Robot:
        """Twelve servos; the joints come after the free joint of the base."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(7, 19), slice(6, 18))})

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """A command.

        Joint angles within 0.2 rad and joint velocities within 0.1 rad/s of the standing pose.
        """
        noise = 2.0 * draws.double() - 1.0
        command = noise[:, :3] * constant(_FASTEST, noise.device)
        sim["mocap_pos"][rows, 0, :2] = command[:, :2]
        sim["mocap_pos"][rows, 1, 2] = command[:, 2]
        sim["qpos"][rows, 7:] += _NOISE_RAD * noise[:, 3:15]
        sim["qvel"][rows, 6:] = 0.1 * noise[:, 15:]

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """What the robot feels, its command and its last action.

        Not where it is and where it faces.
        """
        w, x, y, z = signals["base_quat"].unbind(dim=1)
        up = (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y))
        own = ("body_lin_vel", "body_ang_vel", "joint_pos", "joint_vel", "actions")
        command = (signals["goal_lin_vel"][:, :2], signals["goal_ang_vel"][:, 2:])
        return (*(part[:, None] for part in up), *command, *(signals[name] for name in own))

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        """Minus the squared errors of this step [m^2/s^2 and rad^2/s^2, added up]."""
        planar = (signals["body_lin_vel"] - signals["goal_lin_vel"])[:, :2]
        yaw = (signals["body_ang_vel"] - signals["goal_ang_vel"])[:, 2]
        return -planar.square().sum(dim=1) - yaw.square()

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The base or a knee presses on the ground with more than 1 N."""
        return (signals["base_contact"] > _PRESSING_N) | (signals["knee_contact"] > _PRESSING_N).any(dim=1)


TASK = Anymal()
