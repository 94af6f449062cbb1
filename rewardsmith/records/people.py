"""What people add to a search: wishes, and programs of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

NOTE_CHARACTERS, GIVEN_CHARACTERS = 2_000, 100_000
"""Of one note, and of one program; the guard allows less."""
_MaybeCandidate = Annotated[str, Field(pattern=r"^(c([0-9]{3}|[1-9][0-9]{3,8}))?$")]


@dataclass(frozen=True)
class Note:
    """A wish, or a remark on one candidate: in every later prompt until it is withdrawn."""

    text: Annotated[str, Field(min_length=1, max_length=NOTE_CHARACTERS)]
    candidate: _MaybeCandidate = ""
    """Whom it is about; empty: every program of the search."""
    withdrawn: bool = False


@dataclass(frozen=True)
class Given:
    """A person's program: the next candidate that is to be written gets it as its draft."""

    source: Annotated[str, Field(min_length=1, max_length=GIVEN_CHARACTERS)]
    name: Annotated[str, Field(max_length=200)]
    """Where it came from, for people: a file's name, ``human``, a candidate of a study."""
    candidate: _MaybeCandidate = ""
    """Whose draft it became; empty: nobody's yet."""
