"""SQLite in WAL mode: one transaction per transition, so a kill loses at most the work in flight."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, FinalRun
from rewardsmith.store.version import FORMAT, VERSION_KEY, format_in_header, other_format, recorded_version, this_version, unreadable

T = TypeVar("T")
_CANDIDATE = TypeAdapter(Candidate)
_CALL = TypeAdapter(Call)
_FINAL = TypeAdapter(FinalRun)


class Store:
    """Candidates, language-model calls and final runs of one study. Safe to use from several threads."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the database of a study.

        Args:
            path: The file.
            create: Make it; it must not exist.

        Raises:
            StoreError: The file cannot be opened, is no study or is of another format. It is left as it was.
        """
        self._path = path
        self._lock = threading.Lock()
        if not create and (found := format_in_header(path)) not in (0, FORMAT):
            raise StoreError(other_format(path, found, recorded_version(path)))
        with self._explained():
            mode = "rwc" if create else "rw" if self._writable() else "ro&immutable=1"
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, check_same_thread=False, isolation_level=None)
            if create:
                self._make_tables()
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found != FORMAT:
            self._db.close()
            raise StoreError(other_format(path, found, None))
        if "immutable" in mode:
            return
        with self._explained():
            self._db.execute("PRAGMA journal_mode = WAL")  # last: from then on, what is new may be in the log only

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in."""
        self._db.close()

    def put_value(self, key: str, value: str) -> None:
        """Remember one text about the study."""
        self._write("INSERT OR REPLACE INTO study VALUES (?, ?)", (key, value))

    def value(self, key: str) -> str | None:
        """A text kept by :meth:`put_value`."""
        rows = self._read("SELECT value FROM study WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def put_candidate(self, candidate: Candidate) -> None:
        """Insert or update one candidate."""
        score = candidate.score.mean if candidate.score else None
        self._write(
            "INSERT INTO candidates VALUES (?, (SELECT COALESCE(MAX(position), -1) + 1 FROM candidates), ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET state = excluded.state, score = excluded.score, record = excluded.record",
            (candidate.id, candidate.state, score, _CANDIDATE.dump_json(candidate).decode()),
        )

    def candidate(self, identity: str) -> Candidate | None:
        """One candidate, or ``None``."""
        rows = self._read("SELECT record FROM candidates WHERE id = ?", (identity,))
        return self._parsed(_CANDIDATE, rows[0][0]) if rows else None

    def candidates(self) -> list[Candidate]:
        """All candidates in the order they were proposed."""
        return [self._parsed(_CANDIDATE, record) for (record,) in self._read("SELECT record FROM candidates ORDER BY position")]

    def add_call(self, call: Call) -> None:
        """Record one language-model call."""
        self._write("INSERT INTO calls (candidate, record) VALUES (?, ?)", (call.candidate, _CALL.dump_json(call).decode()))

    def answer(self, request: str) -> Call | None:
        """The call that answered a request, by the request's key, or ``None``."""
        rows = self._read("SELECT record FROM calls WHERE json_extract(record, '$.request') = ? ORDER BY number DESC", (request,))
        return next((call for (record,) in rows if (call := self._parsed(_CALL, record)).answered), None)

    def calls(self) -> list[Call]:
        """All calls in the order they were answered."""
        return [self._parsed(_CALL, record) for (record,) in self._read("SELECT record FROM calls ORDER BY number")]

    def put_final(self, run: FinalRun) -> None:
        """Keep one run of the closing comparison."""
        self._write("INSERT OR REPLACE INTO finals VALUES (?, ?)", (run.id, _FINAL.dump_json(run).decode()))

    def finals(self) -> list[FinalRun]:
        """The runs of the closing comparison, by id."""
        return [self._parsed(_FINAL, record) for (record,) in self._read("SELECT record FROM finals ORDER BY id")]

    def _writable(self) -> bool:
        """Whether the folder can be written; where not, as in an archive, a study that was closed can still be read.

        Raises:
            StoreError: The last changes are in a log that only a writer can fold in.
        """
        if os.access(self._path.parent, os.W_OK):
            return True
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise StoreError(f"{self._path.parent} is read-only and was not closed. Copy it to where you can write, and open the copy.")
        return False

    def _make_tables(self) -> None:
        schema = Path(__file__).with_name("schema.sql").read_text()
        self._db.executescript(f"BEGIN;{schema}")
        self._db.execute("INSERT INTO study VALUES (?, ?)", (VERSION_KEY, this_version()))
        self._db.execute("COMMIT")

    def _parsed(self, adapter: TypeAdapter[T], record: str) -> T:
        """A record; fields that it lacks, because they are newer than the study, have their defaults."""
        try:
            return adapter.validate_json(record)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            fault = f"{error.title}.{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise StoreError(unreadable(self._path.parent, fault, self.value(VERSION_KEY))) from error

    def _write(self, statement: str, values: tuple[str | float | None, ...]) -> None:
        with self._lock, self._explained():
            self._db.execute(statement, values)  # autocommit: each statement is a transaction

    def _read(self, statement: str, values: tuple[str, ...] = ()) -> list[tuple[str]]:
        with self._lock, self._explained():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"the study database {self._path} failed: {error}. "
                "Check that it is a study, that the folder is writable and the disk is not full."
            ) from error
