"""Records and rows that somebody forged: each is refused by name."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.records import Candidate, Curve, Purpose, Run, Rung, Score, Screening
from rewardsmith.store.sqlite import Store
from rewardsmith.store.table import CANDIDATES, RUNS
from tests.builders import run_of
from tests.forging import CHILD, RUN, call, candidate, forge, of_run, put, read_all

NO_IDS = ("/elsewhere/x", "../../x", "c1", "c001\n", "C001", "c00\u0661", "c0001", "", "c" + "9" * 50)
ODD_CANDIDATES: list[tuple[str, Callable[[Candidate], Candidate], str]] = [
    *((f"id {odd!r}", lambda c, odd=odd: replace(c, id=odd), r"Candidate\.id") for odd in NO_IDS),
    ("another id", lambda c: replace(c, id="c007"), "Candidate.id: the record says 'c007', the table 'c001'"),
    ("parent path", lambda c: replace(c, parents=("../c000",)), r"Candidate\.parents"),
    ("own parent", lambda c: replace(c, parents=("c001",)), "c001 comes no earlier than c001"),
    ("later parent", lambda c: replace(c, parents=("c002",)), "comes no earlier"),
    ("many parents", lambda c: replace(c, parents=("c000",) * 1_001), "at most 1000"),
    ("state", lambda c: replace(c, state="OWNED"), r"Candidate\.state"),
    ("origin", lambda c: replace(c, origin="x"), r"Candidate\.origin"),
    ("negative iteration", lambda c: replace(c, iteration=-1), "iteration: .*greater than or equal to 0"),
    ("absurd iteration", lambda c: replace(c, iteration=10**400), "iteration"),
    ("negative attempts", lambda c: replace(c, attempts=-1), "attempts"),
    ("judgement", lambda c: replace(c, judgement=1e300), "judgement"),
    ("screening", lambda c: replace(c, screening=Screening(1e300, None, 3)), r"screening\.outcome"),
    ("follow-ups", lambda c: replace(c, follow_ups=("align",) * 1_001), "at most 1000"),
]


@pytest.mark.parametrize(
    ("change", "message"), [row[1:] for row in ODD_CANDIDATES], ids=[row[0] for row in ODD_CANDIDATES]
)
def test_a_candidate_that_cannot_be_is_refused(
    path: Path, change: Callable[[Candidate], Candidate], message: str
):
    put(path, "candidates", CANDIDATES.adapter.dump_json(change(CHILD), warnings=False).decode(), "c001")
    with pytest.raises(StoreError, match=message):
        read_all(path)


NO_RUN_IDS = (
    "/elsewhere/x",
    "../../x-search-0",
    "c001-search-0\n",
    "c001-search-",
    "c001-SEARCH-0",
    "best-final-0",
    "",
)
NO_POLICIES = (
    "/etc/passwd",
    "runs/c000-search-0/policy.pt",
    "runs/c001-search-0/../c001-search-0/policy.pt",
    "config.yaml",
)
ODD_RUNS: list[tuple[str, Callable[[Run], Run], str]] = [
    *((f"id {odd!r}", lambda r, odd=odd: replace(r, id=odd), r"Run\.id") for odd in NO_RUN_IDS),
    (
        "another id",
        lambda r: replace(r, id="c001-search-1"),
        "Run.id: the record says 'c001-search-1', the table 'c001-search-0'",
    ),
    (
        "subject",
        lambda r: replace(r, subject="c000"),
        "Run.subject: the record says 'c000', the table 'c001'",
    ),
    ("subject's path", lambda r: replace(r, subject="../c000"), r"Run\.subject"),
    (
        "purpose",
        lambda r: replace(r, purpose="final"),
        "Run.purpose: the record says 'final', the table 'search'",
    ),
    ("unknown purpose", lambda r: replace(r, purpose="fun"), r"Run\.purpose"),
    ("program", lambda r: replace(r, program="x"), r"Run\.program"),
    ("state", lambda r: replace(r, state="SCORED"), r"Run\.state"),
    ("fault", lambda r: replace(r, fault="SLOW"), r"Run\.fault"),
    *(
        (
            f"policy {odd}",
            lambda r, odd=odd: replace(r, policy=odd),
            r"Run\.policy: .*, where only 'runs/c001-search-0/policy\.pt' can be",
        )
        for odd in NO_POLICIES
    ),
    *(
        (f"start {odd!r}", lambda r, odd=odd: replace(r, start=odd), r"Run\.start")
        for odd in (*NO_RUN_IDS[:-1], "/etc/passwd", "runs/c000-search-0/policy.pt", "c000")
    ),
    ("start at itself", lambda r: replace(r, start=r.id), "only runs of the search begin from another run"),
    ("negative seed", lambda r: replace(r, seed=-1), r"Run\.seed"),
    ("absurd seed", lambda r: replace(r, seed=2**64), r"Run\.seed"),
    ("negative seconds", lambda r: replace(r, wall_s=-1.0), r"Run\.wall_s"),
    ("negative steps", lambda r: replace(r, env_steps=-1), r"Run\.env_steps"),
    ("negative tries", lambda r: replace(r, tries=-1), r"Run\.tries"),
    ("curve of words", lambda r: replace(r, progress=(Curve("success", ("x",)),)), r"progress\.0\.values\.0"),  # pyright: ignore[reportArgumentType]
    ("long curve", lambda r: replace(r, progress=(Curve("x", (0.0,) * 100_001),)), "at most 100000"),
    ("many curves", lambda r: replace(r, components=(Curve("x", ()),) * 1_001), "at most 1000"),
    ("rungs", lambda r: replace(r, rungs=(Rung(-1, Score(0.1, 0.1, 2), 0, 0),)), r"rungs\.0\.env_steps"),
]


@pytest.mark.parametrize(
    ("change", "message"), [row[1:] for row in ODD_RUNS], ids=[row[0] for row in ODD_RUNS]
)
def test_a_run_that_cannot_be_is_refused(path: Path, change: Callable[[Run], Run], message: str):
    put(path, "runs", RUNS.adapter.dump_json(change(RUN), warnings=False).decode(), RUN.id)
    with pytest.raises(StoreError, match=message):
        read_all(path)


def test_only_a_run_of_the_search_begins_from_another():
    """What chooses and tells of a winner begins from scratch."""
    run = run_of("c001", Purpose.FINAL, start="c000-search-0")
    with pytest.raises(ValueError, match=r"Run\.start: 'c000-search-0', where only runs of the search"):
        RUNS.read(RUNS.adapter.dump_json(run).decode(), run.id)


JUDGED = {"mean": 0.75, "standard_error": 0.1, "episodes": 8, "seed": 3}
COSTING = {"calls": 1, "prompt_tokens": 1, "completion_tokens": 1}


@pytest.mark.parametrize(
    ("table", "row", "record", "message"),
    [
        ("scores", "c001-search-0/heldout/3", json.dumps(JUDGED | {"mean": float("nan")}), r"Score\.mean"),
        ("scores", "c001-search-0/heldout/3", json.dumps(JUDGED | {"mean": float("inf")}), r"Score\.mean"),
        ("scores", "c001-search-0/heldout/3", json.dumps(JUDGED | {"standard_error": -1}), "standard_error"),
        ("scores", "c001-search-0/heldout/3", json.dumps(JUDGED | {"episodes": -1}), "episodes"),
        ("scores", "c001-search-0/heldout/3", json.dumps(JUDGED | {"seed": 4}), "scorer or seed"),
        ("scores", "c001-search-0/heldout/3", json.dumps(JUDGED | {"scorer": "people"}), "scorer or seed"),
        ("events", "0", json.dumps({"kind": "bribed", "candidates": []}), r"Event\.kind"),
        ("events", "0", json.dumps({"kind": "told", "candidates": ["../x"]}), r"Event\.candidates\.0"),
        ("events", "0", json.dumps({"kind": "asked", "candidates": [], "limit": -1}), r"Event\.limit"),
        (
            "runs",
            RUN.id,
            of_run(progress=[{"name": "success", "values": [float("nan")]}]),
            r"progress\.0\.values\.0",
        ),
        ("calls", "c001/0", call(usage=COSTING | {"prompt_tokens": -5}), "prompt_tokens is not between 0"),
        ("calls", "c001/0", call(usage=COSTING | {"usd": -1.0}), "usd is not between"),
    ],
)
def test_scores_events_and_calls_that_cannot_be_are_refused(
    path: Path, table: str, row: str, record: str, message: str
):
    put(path, table, record, row)
    with pytest.raises(StoreError, match=message):
        read_all(path)


@pytest.mark.parametrize(
    ("record", "message"),
    [
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
def test_a_text_that_is_no_record_is_refused(path: Path, record: str | bytes, message: str):
    put(path, "candidates", record, "c001")
    with pytest.raises(StoreError, match=message) as caught:
        read_all(path)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("statement", "values", "message"),
    [
        ("UPDATE candidates SET id = '../x' WHERE id = 'c001'", (), "the table '../x'"),
        ("UPDATE candidates SET id = 7 WHERE id = 'c001'", (), "the table '7'"),
        ("UPDATE candidates SET revision = 'high' WHERE id = 'c001'", (), "its revision is no number"),
        ("DELETE FROM candidates WHERE id = 'c000'", (), "there is no c000"),
        ("UPDATE runs SET id = 'c001-search-1'", (), "Run.id: the record says 'c001-search-0'"),
        ("UPDATE runs SET id = '../x'", (), "the table '../x'"),
        ("UPDATE runs SET record = replace(record, 'c001', '../c'), id = '../c-search-0'", (), r"Run\.id"),
        ("UPDATE scores SET id = 'c001-search-0/heldout/4'", (), "scorer or seed"),
        ("UPDATE scores SET id = 'c001-search-0'", (), "scorer or seed"),
        ("UPDATE events SET id = 'first'", (), "Event.number: 'first' is none"),
        ("UPDATE calls SET id = 'c000/0'", (), "Call.candidate: the record says 'c001'"),
        ("UPDATE calls SET record = replace(record, 'c001', 'x/y'), id = 'x/y'", (), r"Call\.candidate"),
        ("UPDATE calls SET record = replace(record, '0.5', '-1')", (), r"Call\.latency_s"),
        ("UPDATE study SET value = ? WHERE key = 'seconds'", (b"\x00\xff",), "no text for 'seconds'"),
        ("UPDATE study SET value = CAST(x'ff' AS TEXT) WHERE key = 'seconds'", (), "UTF-8"),
        ("UPDATE study SET value = ? WHERE key = 'version'", ("x" * 17_000_000,), "too big"),
        ("UPDATE candidates SET record = zeroblob(20000000) WHERE id = 'c001'", (), "too big"),
    ],
)
def test_rows_that_cannot_be_are_refused(
    path: Path, statement: str, values: tuple[object, ...], message: str
):
    forge(path, statement, values=values)
    with pytest.raises(StoreError, match=message):
        read_all(path)


@pytest.mark.parametrize(
    "bad",
    [
        Candidate("x", 0, "initial"),
        candidate("c002", idea="\ud800"),
        run_of("c002", env_steps=-1),
        run_of("c002", policy="/tmp/x"),
        Score(float("nan"), 0.1, 8),
    ],
    ids=["id", "surrogate", "steps", "policy", "nan"],
)
def test_what_could_not_be_read_again_is_not_kept(path: Path, bad: Candidate | Run | Score):
    store = Store(path)
    before = store.candidates(), store.runs(), store.scores()
    put = {Candidate: store.put_candidate, Run: store.put_run}.get(
        type(bad), partial(store.put_score, RUN.id)
    )
    with pytest.raises(StoreError, match="cannot be kept"):
        put(bad)  # pyright: ignore[reportArgumentType]
    assert (store.candidates(), store.runs(), store.scores()) == before
    store.close()


def test_curves_without_a_number_are_kept_as_gaps(path: Path):
    store = Store(path)
    store.put_run(
        run_of("c002", failed="it diverged", progress=(Curve("total", (1.0, float("inf"), float("nan"))),))
    )
    assert store.runs()["c002-search-0"].progress[0].values == (1.0, None, None)
    store.close()
