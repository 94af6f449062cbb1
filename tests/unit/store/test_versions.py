"""Studies of other versions of rewardsmith: they open, or say which one opens them."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from rewardsmith.config import LanguageModelOptions, StudyConfig, TrainingOverrides
from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, Event, Purpose, Run, Score
from rewardsmith.store.sqlite import Store
from rewardsmith.study import Study
from rewardsmith.usage import Usage

MINE = version("rewardsmith")


def execute(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def made_by(path: Path, writer: str | None, found: int) -> Path:
    """A store as another version left it; ``None``: one that kept no version."""
    Store(path, create=True).close()
    keep = f"UPDATE study SET value = '{writer}' WHERE key = 'version'" if writer else "DELETE FROM study"
    execute(path, keep, f"PRAGMA user_version = {found}")
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_store_keeps_its_version(tmp_path: Path):
    store = Store(tmp_path / "study.db", create=True)
    assert store.value("version") == MINE
    store.close()


@pytest.mark.parametrize(
    ("writer", "found", "message"),
    [
        ("9.1.0", 99, rf"has format 99, of a newer rewardsmith; this program reads 2\. "
                      rf"It was made by rewardsmith 9\.1\.0; this is {MINE}\. "
                      r"To open it: `pip install rewardsmith==9\.1\.0`"),
        ("0.0.1", -1, r"has format -1, of an older .*`pip install rewardsmith==0\.0\.1`"),
        (None, 99, r"a newer .* left no version; .*`pip install --upgrade rewardsmith`"),
        (None, -1, rf"an older .* left no version; .*`pip install 'rewardsmith<{MINE}'`"),
        ("1; rm -rf ~", 99, r"left no version; .*`pip install --upgrade rewardsmith`"),
    ],
)  # fmt: skip
def test_another_format_names_the_version_and_the_command_and_is_left_as_it_was(
    tmp_path: Path, writer: str, found: int, message: str
):
    path = made_by(tmp_path / "study.db", writer, found)
    before = files(tmp_path)
    with pytest.raises(StoreError, match=message):
        Store(path)
    assert files(tmp_path) == before


def test_the_study_of_another_format_that_was_killed_is_left_as_it_was(tmp_path: Path):
    """Its log would be folded in by whoever opens and closes it."""
    (tmp_path / "live").mkdir()
    made_by(tmp_path / "live" / "study.db", "9.1.0", 99)
    live = sqlite3.connect(tmp_path / "live" / "study.db")
    live.execute("INSERT INTO study VALUES ('k', 'v')")
    live.commit()
    killed = shutil.copytree(tmp_path / "live", tmp_path / "killed")
    live.close()
    before = files(killed)
    assert before["study.db-wal"]
    with pytest.raises(StoreError, match=r"rewardsmith==9\.1\.0"):
        Store(killed / "study.db")
    assert files(killed) == before


def test_another_programs_database_is_no_study_and_is_left_as_it_was(tmp_path: Path):
    execute(tmp_path / "study.db", "CREATE TABLE t (x)")
    before = files(tmp_path)
    with pytest.raises(StoreError, match="is no study"):
        Store(tmp_path / "study.db")
    assert files(tmp_path) == before


def test_a_study_whose_format_is_still_in_its_log_opens(tmp_path: Path):
    """Made as before stores kept their version, write-ahead from the start, and killed early."""
    (tmp_path / "live").mkdir()
    live = sqlite3.connect(tmp_path / "live" / "study.db", isolation_level=None)
    live.execute("PRAGMA journal_mode = WAL")
    schema = (Path(__file__).parents[3] / "rewardsmith" / "store" / "schema.sql").read_text(encoding="utf-8")
    live.executescript(f"BEGIN;{schema}COMMIT;")
    killed = shutil.copytree(tmp_path / "live", tmp_path / "killed")
    live.close()
    store = Store(killed / "study.db")
    assert (store.candidates(), store.value("version")) == ({}, None)
    store.close()


# As the first version with this format would write them with nothing but what it had to. Never add
# a field here: that it is needed to open these is what the test is to find out.
OLD_CANDIDATE = """{"id": "c000", "iteration": 0, "operator": "initial"}"""
OLD_RUN = f"""{{"id": "c000-search-0", "subject": "c000", "program": "{64 * "0"}",
    "purpose": "search", "seed": 1}}"""
OLD_SCORE = """{"mean": 0.5, "standard_error": 0.01, "episodes": 8}"""
OLD_EVENT = """{"kind": "told", "candidates": ["c000"]}"""
OLD_CALL = """{"candidate": "c000", "attempt": 1, "model": "m", "messages": "[]", "parameters": "{}",
    "template": "initial@1", "reply": "r", "finish_reason": "stop", "error": "", "latency_s": 0.5,
    "usage": {"calls": 1}}"""
CALL = Call("c000", 1, "m", "[]", "{}", "initial@1", "r", "stop", "", 0.5, Usage(1))
RECORDS: list[tuple[str, object, str, str, Callable[[Store], object]]] = [
    (
        OLD_CANDIDATE,
        Candidate("c000", 0, "initial"),
        "candidates",
        "c000",
        lambda store: store.candidates()["c000"],
    ),
    (
        OLD_RUN,
        Run("c000-search-0", "c000", 64 * "0", Purpose.SEARCH, 1),
        "runs",
        "c000-search-0",
        lambda store: store.runs()["c000-search-0"],
    ),
    (
        OLD_SCORE,
        Score(0.5, 0.01, 8),
        "scores",
        "c000-search-0/heldout/0",
        lambda store: store.scores()["c000-search-0/heldout/0"],
    ),
    (OLD_EVENT, Event("told", ("c000",)), "events", "0", lambda store: store.events()[0]),
    (OLD_CALL, CALL, "calls", "c000/0", lambda store: store.calls()[0]),
]
ON_RECORDS = pytest.mark.parametrize(
    ("old", "record", "table", "row", "read"), RECORDS, ids=[row[2] for row in RECORDS]
)


def insert(store: Store, table: str, row: str, text: str) -> None:
    store._db.execute(f"INSERT INTO {table} VALUES (1, ?, 1, ?)", (row, text))


@ON_RECORDS
def test_records_from_before_a_field_with_a_default_open(
    tmp_path: Path, old: str, record: object, table: str, row: str, read: Callable[[Store], object]
):
    store = Store(tmp_path / "study.db", create=True)
    insert(store, table, row, old)
    assert read(store) == record
    store.close()


@ON_RECORDS
@pytest.mark.parametrize(
    ("writer", "advice"),
    [
        ("9.1.0", r"made by rewardsmith 9\.1\.0; .*`pip install rewardsmith==9\.1\.0`"),
        (MINE, "Restore the study from a copy"),
    ],
)
def test_a_record_that_cannot_be_read_names_study_field_and_version(
    tmp_path: Path,
    old: str,
    record: object,
    table: str,
    row: str,
    read: Callable[[Store], object],
    writer: str,
    advice: str,
):
    plain = json.loads(old)
    name = next(iter(plain))
    store = Store(tmp_path / "study.db", create=True)
    store.put_value("version", writer)
    insert(store, table, row, json.dumps({**plain, name: ["odd"]}))
    with pytest.raises(
        StoreError, match=rf"{tmp_path.name} cannot be read: {type(record).__name__}\.{name}: .*{advice}"
    ):
        read(store)
    store.close()


def test_an_answer_that_cannot_be_read_is_a_clear_error_too(tmp_path: Path):
    store = Store(tmp_path / "study.db", create=True)
    insert(store, "calls", "c000/0", json.dumps({"request": "r"}))
    with pytest.raises(StoreError, match=r"cannot be read: Call\.candidate: Field required"):
        store.answer("r")
    store.close()


def test_a_config_from_before_its_newer_keys_opens_with_their_defaults(tmp_path: Path):
    config = StudyConfig(
        "franka-reach", candidates=3, llm=LanguageModelOptions(model="m"), training=TrainingOverrides(envs=16)
    )
    with Study.create(tmp_path / "s", config):
        pass
    (tmp_path / "s" / "config.yaml").write_text(
        yaml.safe_dump(
            {"task": "franka-reach", "candidates": 3, "llm": {"model": "m"}, "training": {"envs": 16}}
        ),
        encoding="utf-8",
    )
    with Study.open(tmp_path / "s") as study:
        assert study.config == config
