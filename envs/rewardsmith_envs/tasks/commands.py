"""The signals of a robot's commands, which every task has."""

from __future__ import annotations

from rewardsmith.contracts import Role, Signal


def commands(count: int, frame: str, meaning: str) -> tuple[Signal, Signal]:
    """``actions`` and ``previous_actions``, each ``(num_envs, count)`` between -1 and 1.

    Args:
        count: Motors, or directions.
        frame: Of the commands.
        meaning: What is commanded, and what 1 is.
    """
    earlier = "the command one control step earlier"
    return (
        Signal("actions", (count,), "1", frame, meaning, Role.ACTION, -1.0, 1.0),
        Signal("previous_actions", (count,), "1", frame, earlier, Role.ACTION, -1.0, 1.0),
    )
