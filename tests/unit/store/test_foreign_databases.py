"""Databases that somebody forged: refused with a clear error, at once, and left as they were."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.store import sqlite as module
from rewardsmith.store.sqlite import Store
from tests.forging import candidate, forge, read_all

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def test_reading_leaves_a_closed_study_as_it_was(path: Path):
    before = path.read_bytes()
    read_all(path)
    assert [file.name for file in path.parent.iterdir()] == ["study.db"]
    assert path.read_bytes() == before


def test_a_study_that_is_being_written_is_read(path: Path):
    writer = Store(path)
    writer.put_candidate(candidate("c002"))
    reader = Store(path, write=False)
    assert len(reader.candidates()) == 3
    writer.put_candidate(candidate("c003"))
    assert len(reader.candidates()) == 4
    with pytest.raises(StoreError, match="readonly"):
        reader.put_value("notice", "x")
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    ("statements", "thing"),
    [
        (
            ("ALTER TABLE candidates RENAME TO x", f"CREATE VIEW candidates AS {ENDLESS}"),
            "view 'candidates'|table 'x'",
        ),
        ((f"CREATE VIEW extra AS {ENDLESS}",), "view 'extra' is unknown"),
        (("CREATE TRIGGER t AFTER INSERT ON calls BEGIN DELETE FROM calls; END",), "trigger 't' is unknown"),
        (("CREATE VIRTUAL TABLE v USING fts5(x)",), "table 'v.*' is unknown"),
        (("CREATE TABLE more (x)",), "table 'more' is unknown"),
        (("CREATE INDEX i ON calls (record)",), "index 'i' is unknown"),
        (
            ("ALTER TABLE calls ADD COLUMN g TEXT AS (record || record) VIRTUAL",),
            "table 'calls' is not as it was made",
        ),
        (("ALTER TABLE runs RENAME COLUMN record TO r",), "table 'runs' is not as it was made"),
        (("DROP TABLE scores",), "table 'scores' is missing"),
        (
            ("DROP INDEX calls_by_request", "CREATE INDEX calls_by_request ON calls (upper(record))"),
            "index 'calls_by_request'",
        ),
        (("CREATE TABLE finals (id TEXT PRIMARY KEY, record TEXT NOT NULL)",), "table 'finals' is unknown"),
    ],
)
def test_anything_but_our_tables_is_refused(path: Path, statements: tuple[str, ...], thing: str):
    forge(path, *statements)
    before = path.read_bytes()
    for write in (False, True):
        with pytest.raises(StoreError, match=thing):
            Store(path, write=write)
    assert path.read_bytes() == before


def test_a_study_from_before_its_index_opens(path: Path):
    forge(path, "DROP INDEX calls_by_request")
    read_all(path)


def test_an_endless_version_of_another_format_ends(path: Path):
    forge(
        path,
        "DROP TABLE study",
        f"CREATE VIEW study AS SELECT 'version' AS key, i AS value FROM ({ENDLESS}) WHERE i < 0",
    )
    forge(path, "PRAGMA user_version = 99")
    started = time.process_time()
    with pytest.raises(StoreError, match="has format 99"):
        Store(path)
    assert time.process_time() - started < 5.0


def test_more_rows_than_a_study_has_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST_ROWS", 1)
    with pytest.raises(StoreError, match="more than a study can"):
        read_all(path)


@pytest.mark.parametrize("at", [100, 1_024, 4_096, 5_000, 9_000])
def test_a_damaged_database_is_a_clear_error_or_still_right(path: Path, at: int):
    content = bytearray(path.read_bytes())
    content[at : at + 600] = b"\xff" * 600
    path.write_bytes(content)
    with suppress(StoreError):
        read_all(path)
