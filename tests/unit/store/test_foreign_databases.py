"""Databases that somebody forged: refused with a clear error, at once, and left as they were."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, Curve, FinalRun, Rung, Score, Screening, State, TrainingResult
from rewardsmith.store import sqlite as module
from rewardsmith.store.sqlite import Store
from rewardsmith.usage import Usage
from tests.builders import trained

CALL = Call("c001", 1, "m", "[]", "{}", "initial@1", "r", "stop", "", 0.5, Usage(1), request="k", answered=True)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study's database with a record of every kind."""
    store = Store(tmp_path / "study.db", create=True)
    store.put_candidate(trained("c000", 0.5))
    store.put_candidate(trained("c001", 0.75, parents=("c000",)))
    store.add_call(CALL)
    result = trained("best-0", 0.5).training
    assert result
    store.put_final(FinalRun("best-0", "best:c001", result))
    store.put_value("seconds", "1.5")
    store.close()
    return tmp_path / "study.db"


def forge(path: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        database.execute(statement, values)
    database.close()


def read_all(path: Path) -> None:
    """What ``inspect`` and its like read, and what a resumed search asks for."""
    store = Store(path, write=False)
    try:
        store.candidates()
        store.candidate("c001")
        store.finals()
        store.calls()
        store.answer("k")
        for key in ("seconds", "version", "notice"):
            store.value(key)
    finally:
        store.close()


def test_reading_leaves_a_closed_study_as_it_was(path: Path):
    before = path.read_bytes()
    read_all(path)
    assert [file.name for file in path.parent.iterdir()] == ["study.db"]
    assert path.read_bytes() == before


def test_a_study_that_is_being_written_is_read(path: Path):
    writer = Store(path)
    writer.put_candidate(trained("c002", 0.9))
    reader = Store(path, write=False)
    assert len(reader.candidates()) == 3
    writer.put_candidate(trained("c003", 0.9))
    assert len(reader.candidates()) == 4
    with pytest.raises(StoreError, match="readonly"):
        reader.put_value("notice", "x")
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    ("statements", "thing"),
    [
        (("ALTER TABLE candidates RENAME TO x", f"CREATE VIEW candidates AS {ENDLESS}"), "view 'candidates'|table 'x'"),
        ((f"CREATE VIEW extra AS {ENDLESS}",), "view 'extra' is unknown"),
        (("CREATE TRIGGER t AFTER INSERT ON calls BEGIN DELETE FROM calls; END",), "trigger 't' is unknown"),
        (("CREATE VIRTUAL TABLE v USING fts5(x)",), "table 'v.*' is unknown"),
        (("CREATE TABLE more (x)",), "table 'more' is unknown"),
        (("CREATE INDEX i ON calls (record)",), "index 'i' is unknown"),
        (("ALTER TABLE calls ADD COLUMN g TEXT AS (record || record) VIRTUAL",), "table 'calls' is not as it was made"),
        (("ALTER TABLE finals RENAME COLUMN record TO r",), "table 'finals' is not as it was made"),
        (("DROP TABLE finals",), "table 'finals' is missing"),
        (("DROP INDEX calls_by_request", "CREATE INDEX calls_by_request ON calls (upper(record))"), "index 'calls_by_request'"),
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
    forge(path, "DROP TABLE study", f"CREATE VIEW study AS SELECT 'version' AS key, i AS value FROM ({ENDLESS}) WHERE i < 0")
    forge(path, "PRAGMA user_version = 99")
    started = time.process_time()
    with pytest.raises(StoreError, match="has format 99"):
        Store(path)
    assert time.process_time() - started < 5.0


ODD_CANDIDATES: list[tuple[str, Callable[[Candidate], Candidate], str]] = [
    *((f"id {odd!r}", lambda c, odd=odd: replace(c, id=odd), r"Candidate\.id")
      for odd in ("/elsewhere/x", "../../x", "c1", "c001\n", "C001", "c00\u0661", "c0001", "", "c" + "9" * 50)),
    ("another id", lambda c: replace(c, id="c007"), "Candidate.id: the record says 'c007', the table 'c001'"),
    ("parent path", lambda c: replace(c, parents=("../c000",)), r"Candidate\.parents"),
    ("own parent", lambda c: replace(c, parents=("c001",)), "c001 comes no earlier than c001"),
    ("later parent", lambda c: replace(c, parents=("c002",)), "comes no earlier"),
    ("many parents", lambda c: replace(c, parents=("c000",) * 1_001), "at most 1000"),
    ("state", lambda c: replace(c, state=State.ACCEPTED), "state: the record says 'ACCEPTED'"),
    ("negative steps", lambda c: replace(c, env_steps=-1), "env_steps: .*greater than or equal to 0"),
    ("absurd steps", lambda c: replace(c, env_steps=10**400), "env_steps"),
    ("negative iteration", lambda c: replace(c, iteration=-1), "iteration"),
    ("negative attempts", lambda c: replace(c, attempts=-1), "attempts"),
    ("negative seconds", lambda c: replace(c, training_s=-0.5), "training_s"),
    ("judgement", lambda c: replace(c, judgement=1e300), "judgement"),
    ("screening", lambda c: replace(c, screening=Screening(1e300, None, 3)), r"screening\.outcome"),
    ("rungs", lambda c: replace(c, rungs=(Rung(-1, Score(0.1, 0.1, 2), 0, 0),)), r"rungs\.0\.env_steps"),
]  # fmt: skip


def put_record(path: Path, record: str | bytes | None, identity: str = "c001") -> None:
    forge(path, "UPDATE candidates SET record = ? WHERE id = ?", values=(record, identity))


@pytest.mark.parametrize(("change", "message"), [row[1:] for row in ODD_CANDIDATES], ids=[row[0] for row in ODD_CANDIDATES])
def test_a_candidate_that_cannot_be_is_refused(path: Path, change: Callable[[Candidate], Candidate], message: str):
    put_record(path, module._CANDIDATE.dump_json(change(trained("c001", 0.75, parents=("c000",)))).decode())
    with pytest.raises(StoreError, match=message):
        read_all(path)


def training(**changes: object) -> str:
    whole = json.loads(module._CANDIDATE.dump_json(trained("c001", 0.75, parents=("c000",))))
    whole["training"] |= changes
    return json.dumps(whole)


def costing(**changes: object) -> str:
    whole = json.loads(module._CANDIDATE.dump_json(trained("c001", 0.75, parents=("c000",))))
    whole["usage"] |= changes
    return json.dumps(whole)


SCORE = {"mean": 0.75, "standard_error": 0.1, "episodes": 8}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (costing(prompt_tokens=-5), "prompt_tokens is not between 0"),
        (costing(usd=-1.0), "usd is not between"),
        (training(policy="/etc/passwd"), r"training\.policy: '/etc/passwd', where only 'candidates/c001/policy.pt' can be"),
        (training(policy="candidates/c000/policy.pt"), r"training\.policy"),
        (training(policy="candidates/c001/../c001/policy.pt"), r"training\.policy"),
        (training(policy="config.yaml"), r"training\.policy"),
        (training(candidate="c000"), r"training\.candidate"),
        (training(score=SCORE | {"mean": float("nan")}), r"training\.score\.mean"),
        (training(score=SCORE | {"mean": float("inf")}), r"training\.score\.mean"),
        (training(score=SCORE | {"mean": 0.8}), "score: the record says '0.8', the table '0.75'"),
        (training(score=SCORE | {"standard_error": -1}), "standard_error"),
        (training(score=SCORE | {"episodes": -1}), "episodes"),
        (training(seed=-1), r"training\.seed"),
        (training(seed=2**64), r"training\.seed"),
        (training(wall_s=-1.0), r"training\.wall_s"),
        (training(progress=[{"name": "success", "values": [float("nan")]}]), r"progress\.0\.values\.0"),
        (training(progress=[{"name": "success", "values": ["x"]}]), r"progress\.0\.values\.0"),
        (training(progress=[{"name": "x", "values": [0] * 100_001}]), "at most 100000"),
        (training(components=[{"name": "x", "values": []}] * 1_001), "at most 1000"),
        ("not json", "Invalid JSON"),
        ("", "Invalid JSON"),
        ("[]", "Candidate"),
        ("[" * 100_000, "recursion"),
        ('{"id": ' * 5_000, "recursion"),
        (b"\xff\xfe", "is no text"),
        (b'{"id": "c001"}', "is no text"),
        ('{"id": "c001", "id": "\ud7ff"}', r"Candidate\."),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, bytes) else None,
)
def test_a_record_that_cannot_be_is_refused(path: Path, record: str | bytes, message: str):
    put_record(path, record)
    with pytest.raises(StoreError, match=message) as caught:
        read_all(path)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("statement", "values", "message"),
    [
        ("UPDATE candidates SET state = 'PROPOSED' WHERE id = 'c001'", (), "state: the record says 'SCORED'"),
        ("UPDATE candidates SET id = '../x' WHERE id = 'c001'", (), "the table '../x'"),
        ("UPDATE candidates SET id = NULL WHERE id = 'c001'", (), "the table 'None'"),
        ("UPDATE candidates SET score = 'high' WHERE id = 'c001'", (), "the table 'high'"),
        ("DELETE FROM candidates WHERE id = 'c000'", (), "there is no c000"),
        ("UPDATE calls SET candidate = 'c000'", (), "Call.candidate: the record says 'c001'"),
        ("UPDATE calls SET record = replace(record, 'c001', 'x/y'), candidate = 'x/y'", (), r"Call\.candidate"),
        ("UPDATE calls SET record = replace(record, '0.5', '-1')", (), r"Call\.latency_s"),
        ("UPDATE finals SET id = 'best-1'", (), "FinalRun.id"),
        ("UPDATE finals SET record = replace(record, 'best:c001', 'best:../c')", (), r"FinalRun\.reward"),
        ("UPDATE finals SET record = replace(record, 'best:c001', 'human')", (), "human is not that of best-0"),
        ("UPDATE finals SET record = replace(record, 'best-0', '../x'), id = '../x'", (), r"FinalRun\.id"),
        ("UPDATE study SET value = ? WHERE key = 'seconds'", (b"\x00\xff",), "no text for 'seconds'"),
        ("UPDATE study SET value = CAST(x'ff' AS TEXT) WHERE key = 'seconds'", (), "UTF-8"),
        ("UPDATE study SET value = ? WHERE key = 'version'", ("x" * 17_000_000,), "too big"),
        ("UPDATE candidates SET record = zeroblob(20000000) WHERE id = 'c001'", (), "too big"),
    ],
)
def test_rows_that_cannot_be_are_refused(path: Path, statement: str, values: tuple[object, ...], message: str):
    forge(path, statement, values=values)
    with pytest.raises(StoreError, match=message):
        read_all(path)


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


@pytest.mark.parametrize(
    "bad",
    [
        Candidate("x", 0, "initial", ()),
        replace(trained("c002", 0.5), idea="\ud800"),
        replace(trained("c002", 0.5), training=TrainingResult("c002", State.SCORED, 1, score=Score(float("nan"), 0.1, 8))),
        replace(trained("c002", 0.5), training=TrainingResult("c002", State.SCORED, 1, policy="/tmp/x")),
    ],
    ids=["id", "surrogate", "nan", "policy"],
)
def test_what_could_not_be_read_again_is_not_kept(path: Path, bad: Candidate):
    store = Store(path)
    with pytest.raises(StoreError, match="cannot be kept"):
        store.put_candidate(bad)
    assert len(store.candidates()) == 2
    store.close()


def test_curves_without_a_number_are_kept_as_gaps(path: Path):
    store = Store(path)
    result = TrainingResult("c002", State.DIVERGED, 1, progress=(Curve("total", (1.0, float("inf"), float("nan"))),))
    store.put_candidate(replace(trained("c002", None), training=result, state=State.DIVERGED))
    found = store.candidate("c002")
    assert found
    assert found.training
    assert found.training.progress[0].values == (1.0, None, None)
    store.close()


def test_many_candidates_are_read_fast(tmp_path: Path):
    store = Store(tmp_path / "study.db", create=True)
    for number in range(512):
        store.put_candidate(trained(f"c{number:03d}", 0.5))
    started = time.process_time()
    assert len(store.candidates()) == 512
    assert time.process_time() - started < 1.0  # 0.02 s when nothing else runs
    store.close()
