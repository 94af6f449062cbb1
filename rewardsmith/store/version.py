"""Which rewardsmith wrote a study, and which one opens it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from rewardsmith.store.connection import connect

FORMAT = 2
"""The database's ``user_version``, as ``schema.sql`` sets it."""
VERSION_KEY = "version"
"""Under it, a study keeps the version of rewardsmith that created it."""
_MAGIC, _FORMAT_AT = b"SQLite format 3\0", slice(60, 64)  # https://sqlite.org/fileformat.html, section 1.3
# goes into a command to copy, so nothing that a shell would run
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!]{0,60}")


def this_version() -> str:
    """The version of the program that runs."""
    return version("rewardsmith")


def format_in_header(path: Path) -> int:
    """A database's format, without opening it: SQLite would make a log beside it, or fold one in.

    0 says nothing: the file cannot be read, is no database, or the format is still in the log
    (before studies kept their version, they were made that way).
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return 0  # SQLite will say why
    return int.from_bytes(header[_FORMAT_AT], "big", signed=True) if header.startswith(_MAGIC) else 0


def recorded_version(path: Path) -> str | None:
    """The version that a database of any format names, if it tells without being touched."""
    try:
        database, _ = connect(path, "ro&immutable=1")
        with closing(database):
            row = database.execute("SELECT value FROM study WHERE key = ?", (VERSION_KEY,)).fetchone()
    except sqlite3.Error:  # another format need not have this table
        return None
    return str(row[0]) if row else None


def other_format(path: Path, found: int, writer: str | None) -> str:
    """Say that a study has a format that this program does not read, and what does."""
    if not found:
        return f"{path} is no study: it has no format. Give the --out of a search."
    newer = found > FORMAT
    other = "--upgrade rewardsmith" if newer else f"'rewardsmith<{this_version()}'"
    return (
        f"{path} has format {found}, of {'a newer' if newer else 'an older'} rewardsmith; this program "
        f"reads {FORMAT}. "
        f"{_written_by(writer)} To open it: `pip install {_pinned(writer) or other}`."
    )


def older_for_writing(path: Path, writer: str | None) -> str:
    """Say that a study can be read and not continued, and what continues it."""
    way = _pinned(writer) or "'rewardsmith<0.2'"
    return (
        f"{path} has an older format, which this rewardsmith reads and does not write: inspect, "
        f"compare, export, render and replay open it. {_written_by(writer)} To resume it: `pip "
        f"install {way}`."
    )


def unreadable(study: Path, fault: str, writer: str | None) -> str:
    """Say that a record does not fit this program, and what to do."""
    pinned = _pinned(writer)
    same = writer == this_version()
    way = (
        f"To open it: `pip install {pinned}`."
        if pinned and not same
        else "Restore the study from a copy, or start a new one."
    )
    return f"a record of the study {study} cannot be read: {fault}. {_written_by(writer)} {way}"


def _written_by(writer: str | None) -> str:
    name = f"rewardsmith {writer}" if _pinned(writer) else "a rewardsmith that left no version"
    return f"It was made by {name}; this is {this_version()}."


def _pinned(writer: str | None) -> str:
    return f"rewardsmith=={writer}" if writer and _VERSION.fullmatch(writer) else ""
