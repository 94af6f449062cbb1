"""Other numbers for a program of a search: what was tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from rewardsmith.records.limits import MANY, Count, Number

_LONGEST = 200
"""Letters of a name."""


@dataclass(frozen=True)
class TunedNumber:
    """One number of a program."""

    name: Annotated[str, Field(max_length=_LONGEST)]
    written: Number
    """As its writer wrote it."""
    best: Number
    """In the setting with the highest score."""
    importance: Number | None = None
    """Its share in what good settings have in common; ``None``: too few were trained to say."""


@dataclass(frozen=True)
class TunedNumbers:
    """How an optimiser changed the numbers of a candidate's program."""

    source: str
    """The program as its writer wrote it."""
    settings: Count
    """Other settings that were tried."""
    numbers: Annotated[tuple[TunedNumber, ...], Field(min_length=1, max_length=MANY)]
    """Those that may change, the most important first."""
    kept: bool
    """Whether the written numbers stay: no setting was better, or not on a fresh seed."""
