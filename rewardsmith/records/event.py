"""What a strategy was asked and told, in order: a resumed search replays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from rewardsmith.records.candidate import CandidateId
from rewardsmith.records.limits import Count

_MOST = 1_000_000


@dataclass(frozen=True)
class Event:
    """The strategy was asked and gave these candidates, or was told of these."""

    kind: Literal["asked", "told"]
    candidates: Annotated[tuple[CandidateId, ...], Field(max_length=_MOST)]
    """In the order of the proposals, or in the order of telling."""
    limit: Count = 0
    """When it was asked: how many it might propose."""
