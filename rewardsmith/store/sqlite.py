"""SQLite in WAL mode: one transaction per transition, so a kill loses at most the work in flight."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, FinalRun
from rewardsmith.store.checks import Column, check_call, check_candidate, check_final
from rewardsmith.store.connection import beside, check_files, check_tables, connect, schema
from rewardsmith.store.version import FORMAT, VERSION_KEY, format_in_header, other_format, recorded_version, this_version, unreadable

T = TypeVar("T")
_CANDIDATE = TypeAdapter(Candidate)
_CALL = TypeAdapter(Call)
_FINAL = TypeAdapter(FinalRun)
_MOST_ROWS, _MOST_BYTES, _MOST_VALUES = 20_000, 256_000_000, 8_000_000
"""Of one answer: more is no study, and would fill the memory. A value of a curve takes several times its text there."""


class Store:
    """Candidates, language-model calls and final runs of one study. Safe to use from several threads."""

    def __init__(self, path: Path, *, create: bool = False, write: bool = True) -> None:
        """Open the database of a study.

        Args:
            path: The file.
            create: Make it; it must not exist.
            write: Whether anything is put into it; if not, it is left as it is.

        Raises:
            StoreError: The file cannot be opened, is no study or is of another format. It is left as it was.
        """
        self._path = path
        self._lock = threading.Lock()
        check_files(path, write=write)
        if not create and (found := format_in_header(path)) not in (0, FORMAT):
            raise StoreError(other_format(path, found, recorded_version(path)))
        with self._explained():
            mode = "rwc" if create else self._mode(write=write)
            self._db, self._clock = connect(path, mode)
        try:
            self._prepare(create=create)
            if "ro" not in mode:
                with self._explained():
                    self._db.execute("PRAGMA journal_mode = WAL")  # last: from then on, what is new may be in the log only
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
            raise StoreError(f"{self._path} holds no text for {key!r}. Restore the study from a copy, or start a new one.")
        return str(rows[0][0]) if rows else None

    def put_candidate(self, candidate: Candidate) -> None:
        """Insert or update one candidate."""
        score = candidate.score.mean if candidate.score else None
        row = (candidate.id, candidate.state, score)
        record = self._kept(_CANDIDATE, candidate, lambda read: check_candidate(read, *row))
        self._write(
            "INSERT INTO candidates VALUES (?, (SELECT COALESCE(MAX(position), -1) + 1 FROM candidates), ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET state = excluded.state, score = excluded.score, record = excluded.record",
            (*row, record),
        )

    def candidate(self, identity: str) -> Candidate | None:
        """One candidate, or ``None``."""
        rows = self._read("SELECT id, state, score, record FROM candidates WHERE id = ?", (identity,))
        return self._candidate(*rows[0]) if rows else None

    def candidates(self) -> list[Candidate]:
        """All candidates in the order they were proposed."""
        found = [self._candidate(*row) for row in self._read("SELECT id, state, score, record FROM candidates ORDER BY position")]
        identities = {candidate.id for candidate in found}
        for candidate in found:
            if unknown := next((parent for parent in candidate.parents if parent not in identities), ""):
                raise self._unreadable(f"Candidate.parents: there is no {unknown}", candidate.id)
        if len(identities) < len(found):
            raise self._unreadable("Candidate.id: one is there twice", "")
        return found

    def add_call(self, call: Call) -> None:
        """Record one language-model call."""
        record = self._kept(_CALL, call, lambda read: check_call(read, call.candidate))
        self._write("INSERT INTO calls (candidate, record) VALUES (?, ?)", (call.candidate, record))

    def answer(self, request: str) -> Call | None:
        """The call that answered a request, by the request's key, or ``None``."""
        query = "SELECT candidate, record FROM calls WHERE json_extract(record, '$.request') = ? ORDER BY number DESC"
        return next((call for row in self._read(query, (request,)) if (call := self._call(*row)).answered), None)

    def calls(self) -> list[Call]:
        """All calls in the order they were answered."""
        return [self._call(*row) for row in self._read("SELECT candidate, record FROM calls ORDER BY number")]

    def put_final(self, run: FinalRun) -> None:
        """Keep one run of the closing comparison."""
        record = self._kept(_FINAL, run, lambda read: check_final(read, run.id))
        self._write("INSERT OR REPLACE INTO finals VALUES (?, ?)", (run.id, record))

    def finals(self) -> list[FinalRun]:
        """The runs of the closing comparison, by id."""
        rows = self._read("SELECT id, record FROM finals ORDER BY id")
        return [self._parsed(_FINAL, record, identity, lambda run, own=identity: check_final(run, own)) for identity, record in rows]

    def _candidate(self, identity: Column, state: Column, score: Column, record: Column) -> Candidate:
        return self._parsed(_CANDIDATE, record, identity, lambda candidate: check_candidate(candidate, identity, state, score))

    def _call(self, candidate: Column, record: Column) -> Call:
        return self._parsed(_CALL, record, candidate, lambda call: check_call(call, candidate))

    def _mode(self, *, write: bool) -> str:
        """How the file is opened: as it lies there where nobody has it open and it is only read, and in a folder like an archive.

        Raises:
            StoreError: The last changes are in a log that only a writer can fold in.
        """
        log = beside(self._path, "wal")
        if os.access(self._path.parent, os.W_OK):
            return "rw" if write else "ro" if log.exists() else "ro&immutable=1"
        if log.exists() and log.stat().st_size:
            raise StoreError(f"{self._path.parent} is read-only and was not closed. Copy it to where you can write, and open the copy.")
        return "ro&immutable=1"

    def _prepare(self, *, create: bool) -> None:
        with self._explained():
            if create:
                self._db.executescript(f"BEGIN;{schema()}")
                self._db.execute("INSERT INTO study VALUES (?, ?)", (VERSION_KEY, this_version()))
                self._db.execute("COMMIT")
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
            if found != FORMAT:
                raise StoreError(other_format(self._path, found, None))
            check_tables(self._db, self._path)

    def _kept(self, adapter: TypeAdapter[T], record: T, check: Callable[[T], None]) -> str:
        """A record as text that can be read again."""
        try:
            text = adapter.dump_json(record).decode()
            _fitting(adapter, text, check)
        except (PydanticSerializationError, ValueError) as error:
            raise StoreError(f"a record cannot be kept in {self._path}: {error}.") from error
        return text

    def _parsed(self, adapter: TypeAdapter[T], record: Column, row: Column, check: Callable[[T], None]) -> T:
        """A record; fields that it lacks, because they are newer than the study, have their defaults."""
        try:
            return _fitting(adapter, record, check)
        except ValueError as error:
            raise self._unreadable(str(error), row) from error

    def _unreadable(self, fault: str, row: Column) -> StoreError:
        where = f" (the one of {str(row)[:40]!r})" if row else ""
        return StoreError(unreadable(self._path.parent, fault + where, self.value(VERSION_KEY)))

    def _write(self, statement: str, values: tuple[str | float | None, ...]) -> None:
        with self._lock, self._explained():
            self._clock.start()
            self._db.execute(statement, values)  # autocommit: each statement is a transaction

    def _read(self, statement: str, values: tuple[str, ...] = ()) -> list[tuple[Column, ...]]:
        rows: list[tuple[Column, ...]] = []
        size = values_held = 0
        with self._lock, self._explained():
            self._clock.start()
            for row in self._db.execute(statement, values):
                rows.append(row)
                texts = [value for value in row if isinstance(value, str)]
                size += sum(map(len, texts))
                values_held += sum(text.count(",") for text in texts)
                if len(rows) > _MOST_ROWS or size > _MOST_BYTES or values_held > _MOST_VALUES:
                    raise StoreError(f"{self._path} holds more than a study can. Restore it from a copy, or start a new one.")
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


def _fitting(adapter: TypeAdapter[T], record: Column, check: Callable[[T], None]) -> T:
    """A record that is whole and fits its row.

    Raises:
        ValueError: Naming the field and what is wrong with it.
    """
    title = {id(_CANDIDATE): "Candidate", id(_CALL): "Call", id(_FINAL): "FinalRun"}[id(adapter)]
    if not isinstance(record, str):
        raise ValueError(f"{title}: the record is no text")
    try:
        found = adapter.validate_json(record)
        check(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ValueError(f"{title}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise ValueError(f"{title}.{error}") from error
    return found
