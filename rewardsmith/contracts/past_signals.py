"""What a reward program may read: a task's signals, now and earlier in the episode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rewardsmith.contracts.environment import Role, Signal

PREVIOUS, INITIAL = "previous_", "initial_"
"""Before the name of a signal: its value one control step ago, and at the episode's first step."""
_MOVING = ("m", "rad", "quat", "m/s", "rad/s")
"""Units of positions, angles, attitudes and velocities."""


def has_past(signal: Signal) -> bool:
    """Whether a signal can also be read as it was: where things are and how fast they move."""
    return signal.unit in _MOVING and signal.role != Role.ACTION


def readable(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """A signal table, and behind it all that programs may read of the past.

    A signal of the table keeps its name, whatever that begins with.
    """
    table = tuple(signals)
    taken = {signal.name for signal in table}
    past = (
        replace(signal, name=before + signal.name, meaning=f"{signal.meaning}, {when}")
        for before, when in ((PREVIOUS, "one control step before"), (INITIAL, "at the episode's first step"))
        for signal in table
        if has_past(signal)
    )
    return (*table, *(signal for signal in past if signal.name not in taken))
