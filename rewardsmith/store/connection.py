"""Opening a database that may be somebody else's.

Only plain files, only our tables and nothing that runs, in bounded time and memory.

What SQLite itself advises for files of unknown origin: https://sqlite.org/security.html
"""

from __future__ import annotations

import os
import sqlite3
import time
from functools import cache
from pathlib import Path

from rewardsmith.errors import StoreError
from rewardsmith.files import check_file

MOST_BYTES = 16_000_000
"""Of one row."""
_OPENING_S, _QUERY_S = 3.0, 60.0
_OPCODES = 20_000
"""Steps of SQLite's machine between two looks at the clock; about a millisecond."""
_MOST_SQL, _MOST_COLUMNS = 100_000, 100


class Clock:
    """Ends a statement that takes too long, as a forged database could make one without end."""

    def __init__(self) -> None:
        """Start with the time that opening may take."""
        self.start(_OPENING_S)

    def start(self, seconds: float = _QUERY_S) -> None:
        """Begin another statement."""
        self._end = time.monotonic() + seconds

    def late(self) -> bool:
        """Whether the statement has had its time."""
        return time.monotonic() > self._end


def connect(path: Path, mode: str) -> tuple[sqlite3.Connection, Clock]:
    """Open a database whose files were checked.

    Args:
        path: The file.
        mode: As in SQLite's URIs.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    database, clock = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None), Clock()
    database.set_progress_handler(clock.late, _OPCODES)
    for limit, most in (
        (sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MOST_SQL),
        (sqlite3.SQLITE_LIMIT_COLUMN, _MOST_COLUMNS),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    ):
        database.setlimit(limit, most)
    try:
        # Not `trusted_schema`: some builds then refuse the index of our own
        # tables, and check_tables lets nothing else in.
        database.execute("PRAGMA cell_size_check = ON")
    except sqlite3.Error:
        database.close()
        raise
    return database, clock


def check_files(path: Path, *, write: bool) -> None:
    """Refuse a database, or what SQLite would open beside it, that is no plain file.

    Args:
        path: The database.
        write: Whether the database itself is written; its log is in any case.

    Raises:
        StoreError: Naming the file.
    """
    check_file(path, alone=write)
    for kind in ("wal", "shm"):
        check_file(beside(path, kind), alone=True)
    # may name any other file, which SQLite would then delete
    if os.path.lexists(journal := beside(path, "journal")):
        raise StoreError(
            f"{journal} is no part of a study; a study's database has no journal. Remove it, or restore "
            "the study."
        )


def read_mode(path: Path, *, write: bool) -> str:
    """How to open it: as it lies there if nobody has it open and it is only read, or in an archive.

    Raises:
        StoreError: The last changes are in a log that only a writer can fold in.
    """
    log = beside(path, "wal")
    if os.access(path.parent, os.W_OK):
        return "rw" if write else "ro" if log.exists() else "ro&immutable=1"
    if log.exists() and log.stat().st_size:
        raise StoreError(
            f"{path.parent} is read-only and was not closed. Copy it to where you can write, and open the "
            "copy."
        )
    return "ro&immutable=1"


def beside(path: Path, kind: str) -> Path:
    """A file that SQLite keeps beside a database: its ``wal``, ``shm`` or ``journal``."""
    return path.with_name(f"{path.name}-{kind}")


def check_tables(database: sqlite3.Connection, path: Path, schema: str) -> None:
    """Refuse a database with more than our tables: a view, trigger, virtual table, other column.

    Args:
        database: Just opened.
        path: Its file.
        schema: What it was made with.

    Raises:
        StoreError: Naming the first thing that is not as it should be.
        sqlite3.Error: The database is damaged.
    """
    found, expected = _tables(database), _expected(schema)
    odd = next(
        (f"{kind} {name[:60]!r} is unknown" for kind, name in found if (kind, name) not in expected), ""
    )
    odd = odd or next(
        (
            f"{kind} {name!r} is not as it was made"
            for kind, name in found
            if found[kind, name] != expected[kind, name]
        ),
        "",
    )
    # An index may be missing: a study from before there was one opens.
    odd = odd or next(
        (f"table {name!r} is missing" for kind, name in expected.keys() - found.keys() if kind == "table"), ""
    )
    if odd:
        raise StoreError(
            f"{path} is no study: its {odd}, and a study's database holds what rewardsmith makes and "
            "nothing else. "
            "Restore the study from a copy, or start a new one."
        )


def read_schema(name: str) -> str:
    """What a database is made with."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _tables(database: sqlite3.Connection) -> dict[tuple[str, str], tuple[str, str]]:
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT 100")
    return {
        (str(kind)[:20], str(name)): (str(table), " ".join(str(sql).split()))
        for kind, name, table, sql in rows
    }


@cache
def _expected(schema: str) -> dict[tuple[str, str], tuple[str, str]]:
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(schema)
        return _tables(database)
    finally:
        database.close()
