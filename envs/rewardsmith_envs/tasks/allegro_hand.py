"""allegro-hand: turn a block in a hand with four fingers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.in_hand import (
    BLOCK_SIGNALS,
    START_DRAWS,
    InHandTask,
    action_signals,
    block_facts,
    hand_training,
    in_hand_scene,
)

if TYPE_CHECKING:
    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator

_HALF_M = 0.0325
"""Half an edge of the block."""
_FINGERS = "index, middle, ring finger, thumb"
_HOME = "0 .6 .6 .6  0 .6 .6 .6  0 .6 .6 .6  .8 .3 .3 .6"


class AllegroHand(InHandTask):
    """The papers' AllegroHand: the block has edges of 6.5 cm."""

    name = "allegro-hand"
    description = (
        "A robot hand with four fingers of four joints each lies palm up, its fingers along +x "
        "and a little lowered; z points up. A block lies in the hand. Turn it with the fingers "
        "into the wanted orientation without dropping it. As soon as it is there, another "
        "orientation is wanted: reach as many as possible, one after another. An episode lasts "
        "600 control steps of 1/60 s, and ends early when the block leaves the hand."
    )
    success_rule = (
        "metric: orientations reached in an episode, each within 0.1 rad; a block 0.24 m or "
        "more from its place ends it"
    )
    signals = (
        Signal(
            "joint_pos", (16,), "rad", "joint", f"joints from base to tip: {_FINGERS}", Role.JOINT, -0.8, 2.1
        ),
        Signal(
            "joint_vel", (16,), "rad/s", "joint", "velocities of the same joints", Role.JOINT, -60.0, 60.0
        ),
        Signal("palm_pos", (3,), "m", "world", "middle of the palm", Role.EFFECTOR, -1.0, 1.0),
        Signal("fingertip_pos", (4, 3), "m", "world", f"fingertips: {_FINGERS}", Role.EFFECTOR, -1.0, 1.0),
        Signal(
            "fingertip_lin_vel",
            (4, 3),
            "m/s",
            "world",
            f"velocities of the fingertips: {_FINGERS}",
            Role.EFFECTOR,
            -10.0,
            10.0,
        ),
        *BLOCK_SIGNALS,
        *action_signals(16),
    )
    scene = in_hand_scene(
        '<include file="allegro.xml"/>', f'ctrl="{_HOME}" qpos="{_HOME}', (0.01, 0.0, 0.55), _HALF_M
    )
    own_facts = (
        "Each action is the target angle of a joint: -1 is its lower limit, 1 its upper; motors turn with "
        "0.7 Nm at most.",
        "Fingertips are round, with a radius of 0.012 m; fingertip_pos is the middle of the ball at their "
        "end, and palm_pos is on the skin of the palm.",
        "Fingers and palm touch the block, but not one another.",
        *block_facts(_HALF_M),
    )
    joints = 16
    draws = START_DRAWS + 16
    gpu_preset = hand_training((512, 256, 128), 327_680_000)

    def robot(self, sim: Simulator) -> Robot:
        """One target angle per joint."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(0, 16), slice(0, 16))})


TASK = AllegroHand()
