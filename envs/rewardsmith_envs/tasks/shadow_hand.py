"""shadow-hand: turn a block in a hand with five fingers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import HAND_ACTIONS, HAND_JOINTS, SHADOW_DEFAULTS, ShadowHand
from rewardsmith_envs.robots.shadow_facts import shadow_facts
from rewardsmith_envs.tasks.hand_scene import hand_signals
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

_HAND = ShadowHand((-0.307, 0.0, 0.489))
_HALF_M = 0.025
"""Half an edge of the block."""
_HOME = "0 " * HAND_JOINTS


class ShadowHandTask(InHandTask):
    """The papers' ShadowHand: the block has edges of 5 cm."""

    name = "shadow-hand"
    description = (
        "A robot hand with five fingers and 24 joints lies palm up, its fingers along +x; z "
        "points up. A block lies in the hand. Turn it with fingers and wrist into the wanted "
        "orientation without dropping it. As soon as it is there, another orientation is wanted: "
        "reach as many as possible, one after another. An episode lasts 600 control steps of 1/60 "
        "s, and ends early when the block leaves the hand."
    )
    success_rule = (
        "metric: orientations reached in an episode, each within 0.1 rad; a block 0.24 m or "
        "more from its place ends it"
    )
    signals = (
        *hand_signals(""),
        Signal(
            "fingertip_force",
            (5,),
            "N",
            "fingertip",
            "what presses on the last link of each finger",
            Role.EFFECTOR,
            -0.1,
            200.0,
        ),
        *BLOCK_SIGNALS,
        *action_signals(HAND_ACTIONS),
    )
    scene = in_hand_scene(SHADOW_DEFAULTS + _HAND.mjcf, f'qpos="{_HOME}', (0.01, 0.0, 0.525), _HALF_M)
    own_facts = block_facts(_HALF_M)
    joints = HAND_JOINTS
    draws = START_DRAWS + HAND_JOINTS
    contacts, constraints = 44, 272
    gpu_preset = hand_training((512, 512, 256, 128), 393_216_000)

    def robot(self, sim: Simulator) -> Robot:
        """One target per joint, one for the last two joints of each finger but the thumb."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(0, HAND_JOINTS), slice(0, HAND_JOINTS))})

    def robot_facts(self) -> tuple[str, ...]:
        """Of the hand."""
        return shadow_facts(_HAND)


TASK = ShadowHandTask()
