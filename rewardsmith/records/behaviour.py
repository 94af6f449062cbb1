"""What a policy did on held-out episodes, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from rewardsmith.records.limits import Count, Number

_Words = Annotated[str, Field(pattern=r"^[A-Za-z0-9_/ ]{1,160}$")]
"""They go into prompts and onto terminals, and a study may be somebody else's."""
_MOST = 12
"""Readings of a group."""


@dataclass(frozen=True)
class Quartiles:
    """The middle of many episodes and how far they spread: quarter, half and three quarters."""

    low: Number
    median: Number
    high: Number


@dataclass(frozen=True)
class Reading:
    """A quantity in some episodes."""

    name: _Words
    unit: _Words
    end: Quartiles
    """At the last step."""
    least: Quartiles
    """The lowest of each episode."""
    most: Quartiles
    """The highest of each episode."""


@dataclass(frozen=True)
class EpisodeGroup:
    """Episodes that ended alike."""

    label: Literal["successes", "failures", "better half", "worse half"]
    """Halves, by the true score, where that is no success rate."""
    episodes: Count
    steps: Quartiles
    """Their lengths [control steps]."""
    readings: Annotated[tuple[Reading, ...], Field(max_length=_MOST)] = ()


@dataclass(frozen=True)
class Behaviour:
    """What a policy did, in groups of episodes; none of the groups is empty."""

    groups: Annotated[tuple[EpisodeGroup, ...], Field(max_length=2)] = ()
    met: Count = 0
    """Episodes that met the sparse goal at some step; 0 for tasks with a metric."""
    lost: Count = 0
    """Of these, those that did not meet it at their last step."""
    first_met: Quartiles | None = None
    """The step at which they first met it, from 1."""
