"""What a search decided and what its strategy was told, in order: a resumed one replays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from rewardsmith.records.candidate import CandidateId

MOST_ASKED = 1_000
"""Candidates that a strategy is asked for at a time, at most:
a replay makes names for all of them."""
_MOST, _LONGEST = 1_000_000, 2_000


@dataclass(frozen=True)
class Event:
    """What the next environment steps were to be spent on, or what the strategy was told.

    ``asked``: the strategy gave these candidates. ``tune``: other numbers for the program of this.
    ``confirm``: these on fresh seeds. ``told``: the strategy heard of these.
    """

    kind: Literal["asked", "tune", "confirm", "told"]
    candidates: Annotated[tuple[CandidateId, ...], Field(max_length=_MOST)]
    """In the order of the proposals, or in the order of telling."""
    limit: Annotated[int, Field(ge=0, le=MOST_ASKED)] = 0
    """When it was asked: how many it might propose."""
    reason: Annotated[str, Field(max_length=_LONGEST)] = ""
    """Why, in words for a person."""
