"""A database with a record of every kind, and how one changes it by hand."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from rewardsmith.records import Call, Candidate, Event, Score
from rewardsmith.store.sqlite import Store
from rewardsmith.store.table import CALLS, RUNS
from rewardsmith.usage import Usage
from tests.builders import run_of, trained


def candidate(identity: str, **changes: object) -> Candidate:
    """One that was trained."""
    return replace(trained(identity, 0.5).candidate, **changes)  # pyright: ignore[reportArgumentType]


CALL = Call(
    "c001", 1, "m", "[]", "{}", "initial@1", "r", "stop", "", 0.5, Usage(1), request="k", answered=True
)
RUN, SCORE = run_of("c001"), Score(0.75, 0.1, 8, seed=3)
CHILD = candidate("c001", parents=("c000",))


def make_database(path: Path) -> None:
    """Write it."""
    store = Store(path, create=True)
    store.put_candidate(candidate("c000"))
    store.put_candidate(CHILD)
    store.put_run(RUN)
    store.put_score(RUN.id, SCORE)
    store.add_event(Event("asked", ("c000", "c001"), 2))
    store.add_call(CALL)
    store.put_value("seconds", "1.5")
    store.close()


def call(**changes: object) -> str:
    """The record of the call with other fields."""
    return json.dumps(json.loads(CALLS.adapter.dump_json(CALL)) | changes)


def of_run(**changes: object) -> str:
    """The record of the run with other fields."""
    return json.dumps(json.loads(RUNS.adapter.dump_json(RUN)) | changes)


def forge(path: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    """Run statements on a database."""
    database = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        database.execute(statement, values)
    database.close()


def put(path: Path, table: str, record: str | bytes | None, row: str) -> None:
    """Put anything in the place of a record."""
    forge(path, f"UPDATE {table} SET record = ? WHERE id = ?", values=(record, row))


def read_all(path: Path) -> None:
    """What ``inspect`` and its like read, and what a resumed search asks for."""
    store = Store(path, write=False)
    try:
        for read in (store.candidates, store.runs, store.scores, store.events, store.calls):
            read()
        store.answer("k")
        for key in ("seconds", "version", "notice"):
            store.value(key)
    finally:
        store.close()
