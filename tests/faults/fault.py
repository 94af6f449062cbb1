"""What a fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.servers import Reaction


@dataclass(frozen=True)
class Fault:
    """One way to go wrong."""

    react: Callable[[str], Reaction]
    """From the text of a reply, which may be in the answer or not."""
    kept: bool = False
    """Whether the text arrives, so that it must be recorded."""
    ends: bool = False
    """Whether the search ends, to be resumed."""
    slow: bool = False
    """Whether it takes seconds."""
