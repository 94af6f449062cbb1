"""ball-balance: keep a ball on a plate with three legs."""

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

_DOWN_M = 0.15
"""Height of the ball that is down: 1.5 times its radius."""


class BallBalance(SimulatedTask):
    """Eureka's BallBalance: the metric is how many of 500 steps the ball stays up.

    It is down below 1.5 times its radius.

    As in Isaac Gym, each of the three legs has two hinges of which the lower one is driven, and its
    foot is pinned to the ground. Lengths and the way the ball comes are ours, and actions are the
    angles of the knees instead of their rates. The human reward is Isaac Gym's, nearness of the
    ball times its calm, with the plate in place of a fixed point.
    """

    name = "ball-balance"
    group = "control"
    difficulty = "easy"
    description = (
        "A round plate of radius 0.5 m stands on three legs, 0.6 m above the ground; motors in "
        "their knees raise, lower and tilt it. A ball of radius 0.1 m falls onto the plate with "
        "some sideways speed and rolls. x and y span the ground, with the plate above its origin, "
        "and z points up. Keep the ball on the plate for as long as possible. The episode ends "
        "when the ball has fallen to the ground, and at the latest after 500 control steps of "
        "0.01 s."
    )
    success_rule = "metric: control steps until the centre of the ball is below 0.15 m, 500 at most"
    signals = (
        Signal("plate_pos", (3,), "m", "world", "middle of the plate's upper side", Role.EFFECTOR, -0.5, 1.2),
        Signal(
            "plate_quat",
            (4,),
            "quat",
            "world",
            "orientation of the plate, w first; 1 0 0 0: level",
            Role.EFFECTOR,
            -1.0,
            1.0,
        ),
        Signal("plate_lin_vel", (3,), "m/s", "world", "velocity of the plate", Role.EFFECTOR, -10.0, 10.0),
        Signal(
            "plate_ang_vel",
            (3,),
            "rad/s",
            "world",
            "angular velocity of the plate",
            Role.EFFECTOR,
            -15.0,
            15.0,
        ),
        Signal("ball_pos", (3,), "m", "world", "centre of the ball", Role.OBJECT, -3.0, 3.0),
        Signal("ball_lin_vel", (3,), "m/s", "world", "velocity of the ball", Role.OBJECT, -8.0, 8.0),
        Signal(
            "ball_ang_vel", (3,), "rad/s", "world", "angular velocity of the ball", Role.OBJECT, -60.0, 60.0
        ),
        Signal(
            "joint_pos",
            (6,),
            "rad",
            "joint",
            "hip and knee of the leg along +x, then of those 120 and 240 degrees on; 0 is the start pose",
            Role.JOINT,
            -1.0,
            1.0,
        ),
        Signal("joint_vel", (6,), "rad/s", "joint", "velocities of the same joints", Role.JOINT, -30.0, 30.0),
        *commands(3, "joint", "commanded angles of the knees (1 is 0.4 rad)"),
    )
    own_facts = (
        "The ball weighs 0.8 kg and rolls with a friction coefficient of 1.0; plate and legs weigh 4.3 kg.",
        "Each action is a knee's target angle, 1 is 0.4 rad; knees at 0 hold the plate level, and the feet "
        "are pinned to the ground.",
        f"An episode ends early when ball_pos is lower than {_DOWN_M:g} m.",
    )
    scene = "ball_balance.xml"
    horizon = 500
    decimation = 2
    control_dt = 0.01
    contacts = 4
    constraints = 32
    draws = 5
    cpu_preset = ppo(env_steps=800_000, rollout=48, discount=0.99, hidden=(64, 64))
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=16_384_000,
        rollout=16,
        hidden=(128, 64, 32),
        minibatches=8,
        mini_epochs=8,
        learning_rate=3e-4,
    )
    human_reward = """\
def compute_reward(ball_pos, ball_lin_vel, plate_pos):
    offset = ball_pos - plate_pos
    away = torch.norm(offset[:, :2], dim=-1)
    speed = torch.norm(ball_lin_vel, dim=-1)
    on_top = (offset[:, 2] > 0.0).float()
    near = on_top / (1.0 + away)
    return near / (1.0 + speed), {"near": near, "speed": speed}
"""

    def robot(self, sim: Simulator) -> Robot:
        """Three knees; the joints come after the free joint of the plate."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(7, 13), slice(6, 12))})

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Let the ball begin anywhere above the middle of the plate, and move sideways.

        It is up to 0.2 m off the middle in x and y, 0.06 to 0.36 m above the plate, and has up to
        0.5 m/s each way.
        """
        ball = spread(draws, (-0.2, -0.2, 0.8, -0.5, -0.5), (0.2, 0.2, 1.1, 0.5, 0.5)).double()
        sim["qpos"][rows, 13:16] = ball[:, :3]
        sim["qvel"][rows, 12:14] = ball[:, 3:]

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Ball, plate and knees."""
        own = ("ball_pos", "ball_lin_vel", "plate_quat", "plate_ang_vel")
        return (
            *(signals[name] for name in own),
            signals["joint_pos"][:, 1::2],
            signals["joint_vel"][:, 1::2],
        )

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        """How long the episode has lasted [control steps]."""
        return elapsed.float()

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The ball is down: below 1.5 times its radius."""
        return signals["ball_pos"][:, 2] < _DOWN_M


TASK = BallBalance()
