"""What a person would measure of Shadow hands."""

from __future__ import annotations

from rewardsmith_envs.robots.shadow import HAND_ACTIONS, ShadowHand


def shadow_facts(hand: ShadowHand) -> tuple[str, ...]:
    """Sentences about the hands of a scene, which are alike.

    Args:
        hand: The only one, or one of two.
    """
    base = (
        f"Six more before them move its base by up to {hand.reach:g} m along and {hand.turn:g} rad about x, "
        "y and z of the world; 0 is where it starts.",
    )
    return (
        f"{'Each' if hand.prefix else 'The'} hand has {HAND_ACTIONS} actions, the target angles of its "
        "joints: -1 is the lower limit, 1 the upper; the last two joints of a finger share one, except for "
        "the thumb.",
        *(base if hand.reach else ()),
        "Joints that bend fingers are straight at -1 and at a right angle at 1, so actions of 0 half close "
        "the hand.",
        "Fingertips are round, with a radius of 0.008 m (thumb 0.009 m), and fingertip_pos is their very "
        "end; palm_pos is on the skin of the palm.",
        "Fingers and palm touch objects, but not one another.",
    )
