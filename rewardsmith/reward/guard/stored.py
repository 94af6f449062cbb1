"""Programs that come back from a store: they are looked at as if nobody had ever seen them."""

from __future__ import annotations

from rewardsmith.contracts import Signal
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.rewrite import Printed
from rewardsmith.reward.guard.static import check_source

_OTHER = "the stored program is not what the guard prints of its source"
_FORGED = "Somebody changed it; train the source anew, or start a new search."


def check_stored(source: str, program: str, signals: tuple[Signal, ...] | None = None) -> str:
    """The text of :func:`print_stored`."""
    return print_stored(source, program, signals).program


def print_stored(source: str, program: str, signals: tuple[Signal, ...] | None) -> Printed:
    """Layers 1 to 3 on a source, and their print compared with the program that was kept beside it.

    A program that an earlier version printed otherwise is compared by what is printed of it today.

    Args:
        source: As the writer gave it.
        program: What the store says that the guard once printed of it.
        signals: The task's signal table; ``None``: any names may be read, for who runs nothing.

    Returns:
        The print that was made now. Whoever runs something runs this, never the stored text.

    Raises:
        RefusedError: The source is not acceptable, or the program is another one.
    """
    printed = check_source(source, signals)
    if program != printed.program and _reprinted(program, signals) != printed.program:
        raise RefusedError("stored", _OTHER + ".", _FORGED)
    return printed


def _reprinted(program: str, signals: tuple[Signal, ...] | None) -> str | None:
    try:
        return check_source(program, signals).program
    except RefusedError:
        return None
