"""SQLite in WAL mode: one transaction per transition; a kill loses at most the work in flight."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import PydanticSerializationError

from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, Event, Run, Score
from rewardsmith.store.connection import check_files, check_tables, connect, read_mode, read_schema
from rewardsmith.store.record_checks import Column, score_key
from rewardsmith.store.table import CALLS, CANDIDATES, EVENTS, RUNS, SCORES, Table
from rewardsmith.store.version import (
    FORMAT,
    VERSION_KEY,
    format_in_header,
    other_format,
    recorded_version,
    this_version,
    unreadable,
)

T = TypeVar("T")
_SCHEMA = "schema.sql"
_MOST_ROWS, _MOST_BYTES, _MOST_VALUES = 20_000, 256_000_000, 8_000_000
"""Of one answer: more is no study, and would fill the memory. A value of
a curve takes several times its text there."""
_REMEMBERED: tuple[Table[Any], ...] = (CANDIDATES, RUNS, SCORES, EVENTS)
"""Kinds of records that are read once; calls are large and seldom looked at."""


class Store:
    """Candidates, runs, scores, events and language-model calls of one study.

    Safe to use from several threads.

    Each write has a number, its revision, so that a reader asks for what is new only.
    """

    def __init__(
        self, path: Path, *, create: bool = False, write: bool = True, shown: Path | None = None
    ) -> None:
        """Open the database of a study.

        Args:
            path: The file.
            create: Make it; it must not exist.
            write: Whether anything is put into it; if not, it is left as it is.
            shown: Its name in messages, where that is another one.

        Raises:
            StoreError: The file cannot be opened, is no study or is of another format. It is left
                as it was.
        """
        self._path = shown or path
        """For messages."""
        self._lock = threading.RLock()
        self._open = False
        """Whether a transaction is."""
        self._forget()
        check_files(path, write=write)
        if not create and (found := format_in_header(path)) not in (0, FORMAT):
            raise StoreError(other_format(self._path, found, recorded_version(path)))
        with self._explained():
            mode = "rwc" if create else read_mode(path, write=write)
            self._db, self._clock = connect(path, mode)
        try:
            self._prepare(create=create)
            if "ro" not in mode:
                with self._explained():
                    # last: from then on, what is new may be in the log only
                    self._db.execute("PRAGMA journal_mode = WAL")
            self._revision = self._last_revision()
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; the write-ahead log of one that was written is folded in."""
        self._db.close()

    def put_value(self, key: str, value: str) -> None:
        """Remember one text about the study."""
        self._write("INSERT OR REPLACE INTO study VALUES (?, ?)", (key, value))

    def value(self, key: str) -> str | None:
        """A text kept by :meth:`put_value`."""
        rows = self._read("SELECT value FROM study WHERE key = ?", (key,))
        if rows and not isinstance(rows[0][0], str):
            raise StoreError(
                f"{self._path} holds no text for {key!r}. Restore the study from a copy, or start a new one."
            )
        return str(rows[0][0]) if rows else None

    def values_from(self, beginning: str) -> dict[str, str]:
        """All texts kept by :meth:`put_value` whose key begins so, by key."""
        query = "SELECT key, value FROM study WHERE substr(key, 1, ?) = ?"
        rows = self._read(query, (len(beginning), beginning))
        if odd := next((key for key, value in rows if not isinstance(value, str)), ""):
            raise self.damaged(f"{str(odd)[:40]}: it is no text")
        return {str(key): str(value) for key, value in rows}

    def damaged(self, fault: str) -> StoreError:
        """The error for a record that is not as it was written."""
        return self._unreadable(fault, "")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is put inside is there at once, or, after a kill or an error, not at all."""
        with self._lock:
            if self._open:
                yield
                return
            self._execute("BEGIN IMMEDIATE")
            self._open = True
            try:
                yield
                self._execute("COMMIT")
            except BaseException:
                with suppress(StoreError):
                    self._execute("ROLLBACK")
                self._forget()
                raise
            finally:
                self._open = False

    def _forget(self) -> None:
        """Read everything anew at the next look."""
        self._known: dict[str, dict[str, Any]] = {table.name: {} for table in _REMEMBERED}
        self._seen = dict.fromkeys(self._known, 0)
        """The last revision that was read of each."""
        self._related = 0
        """Candidates whose parents were found."""

    def place_scores(self, evaluation_seed: Callable[[Run], int]) -> None:
        """Hear which episodes scores are of; this format says so itself."""

    def put_candidate(self, candidate: Candidate) -> None:
        """Insert or update one candidate."""
        self._put(CANDIDATES, candidate.id, candidate)

    def candidates(self) -> dict[str, Candidate]:
        """All candidates by id, in the order they were proposed."""
        found = self._all(CANDIDATES)
        for candidate in list(found.values())[self._related :]:
            if unknown := next((parent for parent in candidate.parents if parent not in found), ""):
                raise self._unreadable(f"Candidate.parents: there is no {unknown}", candidate.id)
        self._related = len(found)
        return found

    def put_run(self, run: Run) -> None:
        """Insert or update one run."""
        self._put(RUNS, run.id, run)

    def runs(self) -> dict[str, Run]:
        """All runs by id, in the order they were queued."""
        return self._all(RUNS)

    def put_score(self, run: str, score: Score) -> None:
        """Keep one score of a run."""
        self._put(SCORES, score_key(run, score.scorer, score.seed), score)

    def scores(self) -> dict[str, Score]:
        """All scores by :func:`rewardsmith.store.record_checks.score_key`."""
        return self._all(SCORES)

    def add_event(self, event: Event) -> None:
        """Keep what the strategy was asked or told."""
        with self.transaction():
            ((number,),) = self._read("SELECT COUNT(*) FROM events")
            self._put(EVENTS, f"{number}", event)

    def events(self) -> list[Event]:
        """All events in order."""
        return list(self._all(EVENTS).values())

    def add_call(self, call: Call) -> None:
        """Record one language-model call."""
        with self.transaction():
            ((number,),) = self._read("SELECT COUNT(*) FROM calls")
            self._put(CALLS, f"{call.candidate}/{number}", call)

    def answer(self, request: str) -> Call | None:
        """The call that answered a request, by the request's key, or ``None``."""
        query = (
            "SELECT id, record FROM calls WHERE json_extract(record, '$.request') = ? ORDER BY position DESC"
        )
        return next(
            (call for row in self._read(query, (request,)) if (call := self._parsed(CALLS, *row)).answered),
            None,
        )

    def calls(self) -> list[Call]:
        """All calls in the order they were answered."""
        return [
            self._parsed(CALLS, *row) for row in self._read("SELECT id, record FROM calls ORDER BY position")
        ]

    @property
    def revision(self) -> int:
        """The number of the last write, of this process or another one."""
        return self._last_revision()

    def _put(self, table: Table[T], row: str, record: T) -> None:
        try:
            text = table.write(record, row)
        except (PydanticSerializationError, ValueError) as error:
            raise StoreError(f"a record cannot be kept in {self._path}: {error}.") from error
        with self._lock:
            self._revision += 1
            self._write(
                f"INSERT INTO {table.name} (id, revision, record) VALUES (?, ?, ?) ON CONFLICT "
                "(id) DO UPDATE SET revision = excluded.revision, record = excluded.record",
                (row, self._revision, text),
            )

    def _all(self, table: Table[T]) -> dict[str, T]:
        """All records of a kind. Only those are read that are new since the last look."""
        with self._lock:
            known = self._known[table.name]
            query = f"SELECT revision, id, record FROM {table.name} WHERE revision > ? ORDER BY position"
            for revision, row, text in self._read(query, (self._seen[table.name],)):
                if not isinstance(revision, int):
                    raise self._unreadable(f"{table.title}: its revision is no number", row)
                known[str(row)] = self._parsed(table, row, text)
                self._seen[table.name] = max(self._seen[table.name], revision)
            return dict(known)

    def _last_revision(self) -> int:
        union = " UNION ALL ".join(
            f"SELECT MAX(revision) AS last FROM {table.name}" for table in (*_REMEMBERED, CALLS)
        )
        ((last,),) = self._read(f"SELECT MAX(last) FROM ({union})")
        return last if isinstance(last, int) else 0

    def _prepare(self, *, create: bool) -> None:
        with self._explained():
            if create:
                self._db.executescript(f"BEGIN;{read_schema(_SCHEMA)}")
                self._db.execute("INSERT INTO study VALUES (?, ?)", (VERSION_KEY, this_version()))
                self._db.execute("COMMIT")
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
            if found != FORMAT:
                raise StoreError(other_format(self._path, found, None))
            check_tables(self._db, self._path, read_schema(_SCHEMA))

    def _parsed(self, table: Table[T], row: Column, text: Column) -> T:
        try:
            return table.read(text, row)
        except ValueError as error:
            raise self._unreadable(str(error), row) from error

    def _unreadable(self, fault: str, row: Column) -> StoreError:
        where = f" (the one of {str(row)[:40]!r})" if row else ""
        return StoreError(unreadable(self._path.parent, fault + where, self.value(VERSION_KEY)))

    def _write(self, statement: str, values: tuple[str | int | None, ...]) -> None:
        """One statement; outside of :meth:`transaction` it is one by itself."""
        self._execute(statement, values)

    def _execute(self, statement: str, values: tuple[str | int | None, ...] = ()) -> None:
        with self._lock, self._explained():
            self._clock.start()
            self._db.execute(statement, values)

    def _read(self, statement: str, values: tuple[str | int, ...] = ()) -> list[tuple[Column, ...]]:
        rows: list[tuple[Column, ...]] = []
        size = values_held = 0
        with self._lock, self._explained():
            self._clock.start()
            for row in self._db.execute(statement, values):
                rows.append(row)
                for value in row:
                    if isinstance(value, str):
                        size += len(value)
                        values_held += value.count(",")
                if len(rows) > _MOST_ROWS or size > _MOST_BYTES or values_held > _MOST_VALUES:
                    raise StoreError(
                        f"{self._path} holds more than a study can. Restore it from a copy, or start a new "
                        "one."
                    )
        return rows

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
            raise StoreError(
                f"the study database {self._path} failed: {error}. "
                "Check that it is a study, that the folder is writable and the disk is not full."
            ) from error
