"""What a person would measure of the Franka arm, and the two numbers of it that code needs."""

from __future__ import annotations

MAX_STEP_M = 0.06
"""Commanded displacement of the tool at action 1."""
MAX_OPENING_M = 0.04
"""Of each finger, from the middle."""


def franka_facts(gripper: bool) -> tuple[str, ...]:
    """Sentences about the arm and its gripper.

    Args:
        gripper: Whether actions move the fingers.
    """
    fingers = (
        f"The last action sets the opening: at 1 each fingertip is {MAX_OPENING_M:g} m from the middle, at "
        "-1 they close."
        if gripper
        else "The fingers are always commanded to close."
    )
    return (
        f"An action of 1 asks for a step of {MAX_STEP_M:g} m, but the arm lags behind: at full command the "
        "tool moves by about 0.02 m per control step.",
        "The controller turns the gripper to point straight down and keeps it so; no action turns it.",
        fingers,
        "Each fingertip is a pad 0.021 m wide along x and 0.012 m thick along y; it ends 0.009 m below the "
        "tool centre point, and the hand begins 0.037 m above it, 0.06 m wide along x and 0.2 m along y.",
        "Only hand and fingers touch things, not the links of the arm.",
    )
