"""What the screening process and its parent say to each other, one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from rewardsmith.records import Screening


@dataclass(frozen=True)
class Earlier:
    """A candidate that came before: its program, and what its policy did."""

    candidate: str
    program: str
    """A program that the guard accepted and re-printed; nothing: only the episodes are of use."""
    episodes: str
    """File of its stored episodes, an absolute path; nothing: there
    are none, only the program is of use."""


@dataclass(frozen=True)
class Fresh:
    """A program that is to be screened."""

    candidate: str
    program: str
    """A program that the guard accepted and re-printed."""


@dataclass(frozen=True)
class ScreenOrder:
    """The only line that a screening process is sent."""

    earlier: tuple[Earlier, ...]
    fresh: tuple[Fresh, ...]

    @property
    def programs(self) -> tuple[Earlier | Fresh, ...]:
        """All that have a program, in the order in which these are run."""
        return tuple(entry for entry in (*self.earlier, *self.fresh) if entry.program)


@dataclass(frozen=True)
class Loaded:
    """The first answer: the process is ready for programs."""

    episodes: int
    """Episodes that it found; with none of them it ends here."""


@dataclass(frozen=True)
class ScreenReport:
    """One answer for each of :attr:`ScreenOrder.programs`.

    Earlier programs have theirs too, so that the first program without an answer is always the one
    that broke the process.
    """

    candidate: str
    screening: Screening | None = None
    """``None`` for earlier programs, and for those that failed."""


ORDER = TypeAdapter(ScreenOrder)
LOADED = TypeAdapter(Loaded)
REPORT = TypeAdapter(ScreenReport)
