"""Errors that say what was given, what is allowed and what to do next.

Each class carries the exit code that the command line ends with.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST, _MOST_NAMES = 200, 100
"""Letters of a wrong name, and right names, that a message repeats at most."""


class RewardsmithError(Exception):
    """The program could not do what was asked (exit 1)."""

    exit_code = 1


class UsageError(RewardsmithError):
    """The request itself is wrong: an unknown name, key or value (exit 2)."""

    exit_code = 2


class WriterError(RewardsmithError):
    """No draft can be had at all: no key, no server, no such model (exit 1)."""


class StoreError(RewardsmithError):
    """The study folder cannot be read or written (exit 1)."""


class ExecutionError(RewardsmithError):
    """The machine fails again and again: no disk, no memory, no driver (exit 1)."""


class NothingTrainedError(RewardsmithError):
    """The budget was spent before any candidate was trained (exit 3)."""

    exit_code = 3


def unknown_name(kind: str, given: str, allowed: Iterable[str]) -> UsageError:
    """Build the error for a name that is not in a list of allowed ones.

    Args:
        kind: What the name stands for, such as ``task``.
        given: The name as the user wrote it.
        allowed: Every name that would have been accepted.
    """
    names, given = sorted(allowed), given[:_LONGEST]
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return UsageError(
        f"unknown {kind} {given!r}.{hint} Allowed: {', '.join(names[:_MOST_NAMES]) or 'none'}{more}."
    )
