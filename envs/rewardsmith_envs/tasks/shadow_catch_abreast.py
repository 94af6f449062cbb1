"""shadow-catch-abreast: throw an egg sideways between hands that lie side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import constant
from rewardsmith_envs.tasks.hand_scene import GOAL_SIGNALS, OBJECT_SIGNALS, base_signal
from rewardsmith_envs.tasks.shadow_throw import ThrowTask

if TYPE_CHECKING:
    from torch import Tensor

_LEAN = 0.3925
"""How far both palms lean towards each other [rad]."""
_STRAY_M = 0.1
"""How far a base may go before the episode ends."""


class ShadowCatchAbreast(ThrowTask):
    """Bi-DexHands' CatchAbreast: 0.58 m from start to goal, over at 0.2 m or with a base 0.1 m off.

    The papers (Eureka, appendix; RF-Agent, appendix) measure the base at the root of the palm,
    which starts where it does there; here it is the end of the forearm, whose turns are free.
    Success, poses and thresholds are theirs.
    """

    name = "shadow-catch-abreast"
    difficulty = "hard"
    description = (
        "Two Shadow hands lie side by side at 0.5 m above the ground, 0.6 m apart along y: the "
        "right hand at y = -0.55, the left at y = -1.15. The fingers of both point to -x; the "
        "palms look up and lean by 0.39 rad towards each other. Each hand has a base that moves "
        "along x, y and z and turns up to 0.6 rad about them, and 20 motors for wrist, fingers "
        "and thumb. An egg (0.06 m wide, 0.08 m long, 75 g) stands on the fingers of the right "
        "hand. Swing the right hand and throw the egg sideways (to -y) to the left hand, so that "
        "its centre comes to goal_pos, 0.58 m away just above the fingers of the left hand, with "
        "the orientation goal_quat if possible, and catch it there. The episode ends early when "
        "the centre of the egg falls to 0.2 m above the ground or the base of a hand is 0.1 m "
        "away from where it began, and at the latest after 150 control steps of 1/60 s."
    )
    right = ShadowHand((-0.053, -0.55, 0.5), (_LEAN, 0.0, math.pi), "right_", reach=0.2)
    left = ShadowHand((-0.053, -1.15, 0.5), (-_LEAN, 0.0, math.pi), "left_", left=True, reach=0.2)
    start, goal, floor_m = (-0.39, -0.57, 0.55), (-0.39, -1.15, 0.54), 0.2
    own_signals = (*OBJECT_SIGNALS, *GOAL_SIGNALS, base_signal("right_"), base_signal("left_"))
    own_facts = (f"It also ends when a base is {_STRAY_M:g} m or more away from where it began.",)
    horizon = 150

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The egg is dropped, or a base has strayed."""
        over = super().failed(signals)
        for prefix, hand in (("right_", self.right), ("left_", self.left)):
            base = signals[f"{prefix}base_pos"]
            over = over | ((base - constant(hand.pos, base.device)).norm(dim=1) >= _STRAY_M)
        return over


TASK = ShadowCatchAbreast()
