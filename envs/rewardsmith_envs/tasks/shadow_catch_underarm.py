"""shadow-catch-underarm: throw an egg between hands that move."""

from __future__ import annotations

from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.hand_scene import RIGHT_ANGLE
from rewardsmith_envs.tasks.shadow_throw import ThrowTask


class ShadowCatchUnderarm(ThrowTask):
    """Bi-DexHands' CatchUnderarm: 0.4 m from start to goal, over at 0.1 m.

    The rule is in the papers (Eureka, appendix; RF-Agent, appendix). Palms start where they do
    there; our forearms are 0.053 m shorter. There the bases are pushed by forces and fly anywhere;
    here they follow commands within 0.15 m, so the right hand cannot carry the egg to its goal.
    """

    name = "shadow-catch-underarm"
    difficulty = "medium"
    description = (
        "Two Shadow hands lie flat with their palms up at 0.5 m above the ground and point at "
        "each other along y: the fingers of the right hand to -y, those of the left to +y, with "
        "about 0.16 m between the tips. Each hand has a base that moves up to 0.15 m along x, y "
        "and z and turns up to 0.6 rad about them, and 20 motors for wrist, fingers and thumb. x "
        "points to the side, z up. An egg (0.06 m wide, 0.08 m long, 75 g) stands on the fingers "
        "of the right hand. Swing the right hand and throw the egg to the left hand, so that its "
        "centre comes to goal_pos, 0.4 m away just above the fingers of the left hand, with the "
        "orientation goal_quat if possible, and catch it there. The episode ends early when the "
        "centre of the egg falls to 0.1 m above the ground, and at the latest after 75 control "
        "steps of 1/60 s."
    )
    right = ShadowHand((0.0, -0.053, 0.5), (0.0, 0.0, -RIGHT_ANGLE), "right_", reach=0.15)
    left = ShadowHand((0.0, -1.097, 0.5), (0.0, 0.0, RIGHT_ANGLE), "left_", left=True, reach=0.15)
    start, goal, floor_m = (0.0, -0.39, 0.552), (0.0, -0.79, 0.54), 0.1
    horizon = 75


TASK = ShadowCatchUnderarm()
