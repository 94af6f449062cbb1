"""What a strategy was asked and told, in order: a resumed search replays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from rewardsmith.records.candidate import CandidateId

MOST_ASKED = 1_000
"""Candidates that a strategy is asked for at a time, at most:
a replay makes names for all of them."""
_MOST = 1_000_000


@dataclass(frozen=True)
class Event:
    """The strategy was asked and gave these candidates, or was told of these."""

    kind: Literal["asked", "told"]
    candidates: Annotated[tuple[CandidateId, ...], Field(max_length=_MOST)]
    """In the order of the proposals, or in the order of telling."""
    limit: Annotated[int, Field(ge=0, le=MOST_ASKED)] = 0
    """When it was asked: how many it might propose."""
