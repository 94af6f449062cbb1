"""Files with programs that a user named: read as text, never run."""

from __future__ import annotations

from pathlib import Path

from rewardsmith.errors import UsageError
from rewardsmith.files import read_named
from rewardsmith.reward.extract import MAX_REPLY, extract, from_file

_MOST_BYTES = 4 * MAX_REPLY
"""A character takes four bytes at most."""


def read_program(path: Path) -> str:
    """The program in a file that a user named: a Python file as it is, else a model's reply.

    Lines of a Python file keep their numbers.

    Raises:
        UsageError: See :func:`read_text`.
    """
    text = read_text(path)
    return from_file(text) if path.suffix == ".py" else extract(text).source


def read_text(path: Path) -> str:
    """Read a file that a user named, or a pipe.

    Of something endless, no more than a reply may have.

    Raises:
        UsageError: It cannot be read as text, or is too long.
    """
    advice = "Give a text file with a reward program."
    try:
        return read_named(path, _MOST_BYTES).decode()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}. {advice}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"cannot read {path}: it is not UTF-8 text ({error.reason} at byte {error.start}). {advice}"
        ) from None
