"""quadcopter: fly to a point and hover there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import SimulatedTask, spread
from rewardsmith_envs.tasks.commands import commands
from rewardsmith_envs.tasks.presets import PAPERS_PPO, ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator

_FAR_M, _LOW_M = 3.0, 0.3
"""Distance from the goal and height beyond which it is lost."""


class Quadcopter(SimulatedTask):
    """The papers' Quadcopter: the metric is minus the distance to (0, 0, 1) m.

    Beyond 3 m or below 0.3 m it is lost.

    Eureka and RF-Agent average the distance over environments; here it is the mean over one
    episode, in which every step after an early end counts 3 m, so that crashing never pays. An
    episode takes 5 s, as there (500 steps of 0.01 s). Actions are the angles of the rotors and
    their thrusts themselves; in Isaac Gym they are the rates at which those change. The human
    reward is Isaac Gym's.
    """

    name = "quadcopter"
    group = "control"
    difficulty = "medium"
    description = (
        "A quadcopter of 0.4 kg is in the air; x points forward, y to the left, z up. Each of its "
        "four rotors tilts up to 30 degrees about two axes and pushes with up to 2 N along its "
        "own axis. Fly to the goal, 1 m above the ground, as fast as possible and hover there. It "
        "starts level, at rest, within 1.5 m of the goal along each axis. The episode ends early "
        "when it is more than 3 m from the goal or lower than 0.3 m, and at the latest after 250 "
        "control steps of 0.02 s."
    )
    success_rule = (
        "metric: minus the distance to (0, 0, 1) m, mean over the 5 s of a whole episode; beyond "
        "3 m or below 0.3 m it ends, and -3 counts for the rest"
    )
    signals = (
        Signal("base_pos", (3,), "m", "world", "centre of the quadcopter", Role.EFFECTOR, -3.5, 4.5),
        Signal(
            "base_quat",
            (4,),
            "quat",
            "world",
            "orientation of the quadcopter, w first; 1 0 0 0: level",
            Role.EFFECTOR,
            -1.0,
            1.0,
        ),
        Signal(
            "base_lin_vel", (3,), "m/s", "world", "velocity of the quadcopter", Role.EFFECTOR, -15.0, 15.0
        ),
        Signal(
            "base_ang_vel",
            (3,),
            "rad/s",
            "world",
            "angular velocity of the quadcopter",
            Role.EFFECTOR,
            -60.0,
            60.0,
        ),
        Signal("goal_pos", (3,), "m", "world", "where to hover: 0 0 1", Role.GOAL, -1.0, 1.5),
        Signal(
            "joint_pos",
            (8,),
            "rad",
            "joint",
            "tilt of the rotors about x and y: front left, back left, back right, front right",
            Role.JOINT,
            -0.8,
            0.8,
        ),
        Signal("joint_vel", (8,), "rad/s", "joint", "velocities of the same joints", Role.JOINT, -60.0, 60.0),
        *commands(
            12,
            "joint",
            "commanded tilts of the same joints, 1 is 30 degrees; then thrusts of the four "
            "rotors, -1 is 0 and 1 is 2 N",
        ),
    )
    own_facts = (
        "Hovering takes 0.98 N from each rotor, an action of -0.02; the rotors are at 0.2 m along x and y "
        "from the middle, and start tilted by up to 0.2 rad.",
        "The air brakes a little, and nothing can be hit.",
        f"An episode ends early when base_pos is more than {_FAR_M:g} m away from goal_pos or lower than "
        f"{_LOW_M:g} m.",
    )
    scene = "quadcopter.xml"
    horizon = 250
    control_dt = 0.02
    worst = -_FAR_M
    contacts = 4
    constraints = 16
    draws = 11
    cpu_preset = ppo(env_steps=1_000_000, discount=0.99, hidden=(128, 64), initial_std=0.3)
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=32_768_000,
        envs=8192,
        rollout=8,
        hidden=(256, 256, 128),
        minibatches=4,
        mini_epochs=8,
        learning_rate=1e-3,
        kl_target=0.016,
    )
    human_reward = """\
def compute_reward(base_pos, base_quat, base_ang_vel, goal_pos):
    distance = torch.norm(goal_pos - base_pos, dim=-1)
    position = 1.0 / (1.0 + distance ** 2)
    tilt = 2.0 * (base_quat[:, 1] ** 2 + base_quat[:, 2] ** 2)
    up = position / (1.0 + tilt ** 2)
    calm = position / (1.0 + base_ang_vel[:, 2] ** 2)
    return position + up + calm, {"position": position, "up": up, "calm": calm}
"""

    def robot(self, sim: Simulator) -> Robot:
        """Eight servos and four rotors; the joints come after the free joint of the base."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(7, 15), slice(6, 14))})

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Around the goal, at most 0.2 m below it, with rotors tilted by up to 0.2 rad."""
        start = spread(draws, (-1.5, -1.5, 0.8, *(-0.2,) * 8), (1.5, 1.5, 2.5, *(0.2,) * 8)).double()
        sim["qpos"][rows, :3] = start[:, :3]
        sim["qpos"][rows, 7:] = start[:, 3:]

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The way to the goal, how it lies and moves, and its rotors."""
        own = ("base_quat", "base_lin_vel", "base_ang_vel", "joint_pos")
        return (signals["goal_pos"] - signals["base_pos"], *(signals[name] for name in own))

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        """Minus the distance of this step [m]."""
        return -(signals["goal_pos"] - signals["base_pos"]).norm(dim=1)

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """It is lost: more than 3 m away, or lower than 0.3 m."""
        return ((signals["goal_pos"] - signals["base_pos"]).norm(dim=1) > _FAR_M) | (
            signals["base_pos"][:, 2] < _LOW_M
        )


TASK = Quadcopter()
