"""Writing to standard streams: text is cleaned, and a failing stream ends nothing in a traceback.

A stream that is closed from the start counts as /dev/null. Output that is lost later, to a full
disk or to a reader that left, ends the command: a listing quietly, work with what it kept
(see :func:`resumable`).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from rewardsmith.errors import RewardsmithError, WriterError
from rewardsmith.shown import clean, command, one_line


class OutputError(RewardsmithError):
    """What a command had to say could not be written (exit 1)."""


def prepare() -> None:
    """Make the standard streams take any text.

    What their encoding lacks is shown as a question mark.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, so that no file of a study gets it
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str = "", *, flush: bool = False) -> None:
    """Print what a command was asked for."""
    print(clean(text), flush=flush)


def warn(text: str, *, end: str = "\n") -> None:
    """Print to standard error. If that fails, nothing is lost."""
    with contextlib.suppress(OSError):
        print(clean(text), end=end, file=sys.stderr, flush=True)


def tell_progress(text: str) -> None:
    """Show how far a command is, on one line that what comes next is written over.

    Nothing where nobody watches.
    """
    if sys.stderr.isatty():
        warn(one_line(text).ljust(60), end="\r")


def finish() -> None:
    """Flush what is left.

    What cannot be written is given up, lest the interpreter try again at its end.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The traceback of a fault in this program, cleaned, because its message may quote anything."""
    warn("".join(traceback.format_exception(kind, error, trace)), end="")


@contextlib.contextmanager
def resumable(folder: Path, name: str) -> Iterator[None]:
    """Say how to go on when work is stopped.

    Args:
        folder: Holds what is finished.
        name: What it is: ``study`` or ``comparison``.

    Raises:
        OutputError: The reader left, or the disk that takes the output is full.
        WriterError: As it was raised, with the way to go on.
    """
    way = command("resume", folder)
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            say(f"\nstopped; everything finished is kept. Go on with: {way}", flush=True)
        raise
    except WriterError as error:
        kept = f"The {name} is kept: go on with `{way}`, and other flags where needed, such as --llm.model."
        raise WriterError(f"{error} {kept}") from error
    except OSError as error:
        raise lost(error, f"Everything finished is kept. Go on with: {way}") from error


def lost(error: OSError, kept: str) -> OutputError:
    """The error for output that could not be written.

    Args:
        error: As the system has it.
        kept: What is not lost, and what to do next.
    """
    where = f" {error.filename}" if error.filename else ""
    return OutputError(f"cannot write the output{where}: {error.strerror or error}. {kept}")
