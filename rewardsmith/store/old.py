"""Opening studies of any format that this program reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rewardsmith.errors import StoreError
from rewardsmith.records import HELD_OUT, Call, Run
from rewardsmith.store.connection import check_files, connect, read_mode
from rewardsmith.store.format_1 import read_format_1
from rewardsmith.store.packed import packed_path, unpacked
from rewardsmith.store.record_checks import score_key
from rewardsmith.store.sqlite import Store
from rewardsmith.store.table import CANDIDATES, EVENTS, RUNS, SCORES, Table
from rewardsmith.store.version import VERSION_KEY, format_in_header, older_for_writing

T = TypeVar("T")
OLD_FORMAT = 1


class OldStore(Store):
    """A study of format 1: read whole into today's records when it is opened, never written."""

    def __init__(self, path: Path, shown: Path) -> None:
        """Read everything.

        Args:
            path: The file.
            shown: Its name in messages.

        Raises:
            StoreError: The file cannot be read, or holds what no study does. It is left as it was.
        """
        check_files(path, write=False)
        self._path = shown
        try:
            self._db, _ = connect(path, read_mode(path, write=False))
            self._old = read_format_1(self._db, shown)
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
            raise StoreError(
                f"the study database {shown} failed: {error}. Check that it is a study."
            ) from error
        self._related = 0
        self._kinds: dict[str, dict[str, Any]] = {
            CANDIDATES.name: dict(self._old.candidates),
            RUNS.name: dict(self._old.runs),
            SCORES.name: {},
            EVENTS.name: {},
        }

    def place_scores(self, evaluation_seed: Callable[[Run], int]) -> None:
        """Hear which episodes scores are of: format 1 does not say so."""
        for run, score in self._old.scores.items():
            self._kinds[SCORES.name][score_key(run, HELD_OUT, evaluation_seed(self._old.runs[run]))] = score

    def value(self, key: str) -> str | None:
        """A text about the study."""
        return self._old.values.get(key)

    def values_from(self, beginning: str) -> dict[str, str]:
        """Texts whose key begins so: nobody could say anything then."""
        return {key: text for key, text in self._old.values.items() if key.startswith(beginning)}

    def answer(self, request: str) -> Call | None:
        """The call that answered a request."""
        return next(
            (call for call in reversed(self._old.calls) if call.request == request and call.answered), None
        )

    def calls(self) -> list[Call]:
        """All calls in the order they were answered."""
        return list(self._old.calls)

    @property
    def revision(self) -> int:
        """It never changes."""
        return 0

    def _all(self, table: Table[T]) -> dict[str, T]:
        return dict(self._kinds[table.name])


def open_store(path: Path, *, write: bool) -> Store:
    """Open the database of a study, which may be packed.

    Raises:
        StoreError: It cannot be opened, or this program only reads its format, or cannot read it.
    """
    with unpacked(path, write=write) as file:
        shown = path if file == path else packed_path(path)
        if format_in_header(file) != OLD_FORMAT:
            return Store(file, write=write, shown=shown)
        old = OldStore(file, shown)
    if write:
        old.close()
        raise StoreError(older_for_writing(path, old.value(VERSION_KEY)))
    return old
