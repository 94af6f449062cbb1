"""shadow-over: throw an egg from one hand to the other."""

from __future__ import annotations

from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.hand_scene import RIGHT_ANGLE
from rewardsmith_envs.tasks.shadow_throw import ThrowTask


class ShadowOver(ThrowTask):
    """Bi-DexHands' Over: hands on fixed bases, 0.25 m from start to goal, over at 0.2 m.

    The rule is in the papers (Eureka, appendix; RF-Agent, appendix). Palms are where they are
    there; our forearms are 0.053 m shorter.
    """

    name = "shadow-over"
    difficulty = "medium"
    description = (
        "Two Shadow hands lie flat with their palms up at 0.5 m above the ground and point at "
        "each other along y: the fingers of the right hand to -y, those of the left to +y, tip to "
        "tip. Their bases stand still; 20 motors in each move wrist, fingers and thumb. x points "
        "to the side, z up. An egg (0.06 m wide, 0.08 m long, 75 g) stands on the fingers of the "
        "right hand. Throw it over to the left hand, so that its centre comes to goal_pos, 0.25 m "
        "away just above the fingers of the left hand, with the orientation goal_quat if "
        "possible, and catch it there. The episode ends early when the centre of the egg falls to "
        "0.2 m above the ground, and at the latest after 75 control steps of 1/60 s."
    )
    right = ShadowHand((0.0, -0.053, 0.5), (0.0, 0.0, -RIGHT_ANGLE), "right_")
    left = ShadowHand((0.0, -0.947, 0.5), (0.0, 0.0, RIGHT_ANGLE), "left_", left=True)
    start, goal, floor_m = (0.0, -0.39, 0.552), (0.0, -0.64, 0.54), 0.2
    horizon = 75


TASK = ShadowOver()
