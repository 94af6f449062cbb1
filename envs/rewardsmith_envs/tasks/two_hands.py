"""What all tasks with two Shadow hands share.

A task of this kind states a few attributes and three functions::

    class TwoHandsThing(TwoHandTask):
        name, difficulty = "two-hands-thing", "medium"
        description, success_rule = "...", "..."
        right = ShadowHand((0.0, 0.0, 0.5), (0.0, 0.0, -RIGHT_ANGLE), "right_", reach=0.3)
        left = ShadowHand((0.0, -0.8, 0.5), (0.0, 0.0, RIGHT_ANGLE), "left_", left=True, reach=0.3)
        objects = (
            CUBE
            + '<worldbody><body name="goal" mocap="true" .../></worldbody><sensor>...</sensor>'
        )
        object_qpos = (0.0, -0.33, 0.54, 1.0, 0.0, 0.0, 0.0)
        own_signals = OBJECT_SIGNALS + GOAL_SIGNALS
        horizon, draws = 75, 3
        human_reward = "..."

        def scatter(self, sim, rows, draws): ...   # the object begins at self.object_start of qpos
        def success(self, signals): ...
        def failed(self, signals): ...             # such as: the object is dropped

    TASK = TwoHandsThing()

``reach=0`` fixes a base: 20 actions a hand; a moving base adds six before them (see
:class:`ShadowHand`). ``qpos`` and ``qvel`` hold the right hand, the left hand, and then what
``objects`` adds, in its order. Hands start flat, palms up unless their ``euler`` says otherwise.
Classes for geoms in ``objects``: ``world`` stops objects, ``table`` also hands, ``object`` hits all
three, ``marker`` is seen only. A scene whose hands do not face each other adds a ``<camera>`` of
its own in ``objects``. Names in capitals are in ``hand_scene``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Signal
from rewardsmith_envs.robots.shadow import BASE_JOINTS, HAND_ACTIONS, HAND_JOINTS, SHADOW_DEFAULTS, ShadowHand
from rewardsmith_envs.robots.shadow_facts import shadow_facts
from rewardsmith_envs.tasks.base import SimulatedTask
from rewardsmith_envs.tasks.commands import commands
from rewardsmith_envs.tasks.hand_scene import HAND_PHYSICS, hand_signals
from rewardsmith_envs.tasks.presets import PAPERS_PPO, ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator


class TwoHandTask(SimulatedTask):
    """A task of a right and a left hand, moved together by one policy at 60 Hz."""

    group = "bimanual"
    decimation = 2
    control_dt = 1.0 / 60.0
    on_cpu = False
    contacts = 32
    constraints = 192
    cpu_preset = ppo(env_steps=400_000, discount=0.96, hidden=(256, 128), learning_rate=3e-4, kl_target=0.016)
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=49_152_000,
        envs=2048,
        rollout=8,
        hidden=(512, 256, 128),
        minibatches=1,
        mini_epochs=5,
        learning_rate=3e-4,
        kl_target=0.016,
        discount=0.96,
    )
    """The papers' row for Bi-DexHands: 3000 epochs of 2048
    environments and 8 steps while searching."""

    right: ShadowHand
    left: ShadowHand
    objects: str
    """Sections of an MJCF document: the bodies and sensors of everything but the hands."""
    object_qpos: tuple[float, ...]
    """Where the objects are at the start: all of ``qpos`` after the hands."""
    own_signals: tuple[Signal, ...]
    """Signals beyond those of hands and actions."""

    def __init__(self) -> None:
        """Build the scene and the signal table."""
        actions = sum(HAND_ACTIONS + (BASE_JOINTS if hand.reach else 0) for hand in (self.right, self.left))
        self.object_start = self.right.joints + self.left.joints
        """Where the numbers of the objects begin in ``qpos`` and ``qvel``."""
        self.signals = (
            *hand_signals("right_"),
            *hand_signals("left_"),
            *self.own_signals,
            *commands(actions, "joint", "targets within the joints' ranges: right hand, left hand"),
        )
        home = " ".join(f"{number:g}" for number in (*(0.0,) * self.object_start, *self.object_qpos))
        middle = [(a + b) / 2 for a, b in zip(self.right.pos, self.left.pos, strict=True)]
        view = " ".join(
            f"{number + offset:g}" for number, offset in zip(middle, (0.8, -0.35, 0.6), strict=True)
        )
        self.scene = (
            "<mujoco "
            f'model="{self.name}">{HAND_PHYSICS}{SHADOW_DEFAULTS}{self.right.mjcf}{self.left.mjcf}{self.objects}'
            f'<worldbody><camera name="overview" pos="{view}" xyaxes=".401 .916 0 -.518 .227 '
            '.824"/></worldbody>'
            f'<keyframe><key name="home" qpos="{home}"/></keyframe></mujoco>'
        )

    def robot(self, sim: Simulator) -> Robot:
        """Both hands; ``joint_pos`` and ``joint_vel`` of a hand leave its base out."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        ends = {"right_": self.right.joints, "left_": self.object_start}
        return ActuatedRobot(
            sim, {prefix: Joints(*(slice(end - HAND_JOINTS, end),) * 2) for prefix, end in ends.items()}
        )

    def robot_facts(self) -> tuple[str, ...]:
        """Of the hands."""
        return shadow_facts(self.right)

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Every signal but the earlier command, flat."""
        read = (value for name, value in signals.items() if name != "previous_actions")
        return tuple(value.flatten(1) if value.dim() > 1 else value[:, None] for value in read)


def finger_distance(signals: dict[str, Tensor], side: str, point: str) -> Tensor:
    """Sum of the distances from the five fingertips of a hand to a point, ``(num_envs,)`` [m].

    Args:
        signals: All signals.
        side: ``right`` or ``left``.
        point: A signal of shape (3,).
    """
    return (signals[f"{side}_fingertip_pos"] - signals[point][:, None]).norm(dim=2).sum(dim=1)
