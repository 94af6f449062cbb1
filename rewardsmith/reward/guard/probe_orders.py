"""What the guard and its child process say to each other, one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from rewardsmith.contracts import Signal
from rewardsmith.records import Verdict


@dataclass(frozen=True)
class Start:
    """The first line: which task the child is for."""

    signals: tuple[Signal, ...]
    rows: int
    """States that one rollout of one slot has."""
    envs: int
    """States that one step of one slot has."""
    cache: str
    """File of the task's recorded states."""
    task: str
    """The task itself, for the recorder (see :mod:`rewardsmith.reward.guard.recording`)."""


@dataclass(frozen=True)
class Ready:
    """The child's first answer."""

    limits: list[str]
    """What confines it."""
    notice: str
    """Why there are no recorded states; empty where there are."""


START = TypeAdapter(Start)
READY = TypeAdapter(Ready)
PROGRAM = TypeAdapter(str)
VERDICT = TypeAdapter(Verdict)
