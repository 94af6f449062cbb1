import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, CandidateState, Event, RunState, Score
from rewardsmith.store.sqlite import Store
from rewardsmith.usage import Usage
from tests.builders import run_of, trained
from tests.speed import slowness

QUICK_S = 0.05
"""Of processor time."""


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "study.db", create=True)
    yield opened
    opened.close()


def test_candidates_come_back_as_they_were_in_the_order_of_proposal(store: Store):
    first = Candidate("c001", 0, "initial", ())
    second = trained("c000", 0.5).candidate
    store.put_candidate(first)
    store.put_candidate(second)
    store.put_candidate(changed := replace(first, state=CandidateState.REJECTED, reason="no code"))
    assert list(store.candidates().items()) == [("c001", changed), ("c000", second)]


def test_everything_survives_reopening(tmp_path):
    call = Call("c000", 1, "m", "[]", "{}", "initial@1", "reply", "stop", "", 0.5, Usage(1, 2, 3, None))
    run = run_of("c000", components=trained("c000", 0.5, components={"a": [1.0, 2.0]}).runs[0].components)
    judged = [
        Score(0.5, 0.01, 8, seed=3),
        Score(0.25, 0.01, 8, seed=4),
        Score(-1.0, 0.0, 1, scorer="people", seed=3),
    ]
    events = [Event("asked", ("c000",), 4), Event("told", ("c000",))]
    store = Store(tmp_path / "study.db", create=True)
    store.put_value("notice", "hello")
    store.add_call(call)
    store.put_run(run)
    for score in judged:
        store.put_score(run.id, score)
    for event in events:
        store.add_event(event)
    store.close()
    again = Store(tmp_path / "study.db")
    assert (again.value("notice"), again.value("other"), again.calls()) == ("hello", None, [call])
    assert (again.runs(), list(again.scores().values()), again.events()) == ({run.id: run}, judged, events)
    again.close()


def test_a_score_of_the_same_episodes_takes_the_place_of_the_one_before(store: Store):
    for mean in (0.25, 0.75):
        store.put_score("c000-search-0", Score(mean, 0.01, 8, seed=3))
    assert [score.mean for score in store.scores().values()] == [0.75]


def test_writes_ahead(tmp_path, store: Store):
    assert sqlite3.connect(tmp_path / "study.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_is_no_study_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("hello", encoding="utf-8")
    with pytest.raises(StoreError, match=r"text\.db failed"):
        Store(tmp_path / "text.db")
    with pytest.raises(StoreError, match="failed"):
        Store(tmp_path / "missing.db")


def break_off(store: Store, *candidates: Candidate) -> None:
    with store.transaction():
        for candidate in candidates:
            store.put_candidate(candidate)
        store.add_event(Event("told", ("c000",)))
        assert "c001" in store.candidates()
        raise KeyboardInterrupt


def test_a_transaction_is_there_at_once_or_not_at_all(tmp_path: Path, store: Store):
    reader = Store(tmp_path / "study.db", write=False)
    with store.transaction():
        store.put_candidate(trained("c000", 0.5).candidate)
        with store.transaction():  # one within another is part of it
            store.add_event(Event("asked", ("c000",), 1))
        assert (reader.candidates(), reader.events()) == ({}, [])
    assert (list(reader.candidates()), len(reader.events())) == (["c000"], 1)
    with pytest.raises(KeyboardInterrupt):
        break_off(store, Candidate("c001", 0, "initial"))
    for one in (reader, store):
        assert (list(one.candidates()), len(one.events())) == (["c000"], 1)
    reader.close()


def test_what_was_read_within_a_transaction_that_failed_is_forgotten(store: Store):
    store.put_candidate(before := Candidate("c000", 0, "initial"))
    with pytest.raises(KeyboardInterrupt):
        break_off(store, replace(before, state=CandidateState.REJECTED), Candidate("c001", 0, "initial"))
    assert store.candidates() == {"c000": before}
    store.put_candidate(changed := replace(before, idea="another"))
    assert store.candidates() == {"c000": changed}


def test_a_reader_sees_what_changed_since_a_revision(tmp_path: Path, store: Store):
    store.put_candidate(first := trained("c000", 0.5).candidate)
    store.put_run(run := run_of("c000", state=RunState.RUNNING))
    reader = Store(tmp_path / "study.db", write=False)
    seen = reader.revision
    assert (list(reader.candidates()), reader.runs()) == (["c000"], {run.id: run})
    assert reader.revision == seen == store.revision
    store.put_run(done := replace(run, state=RunState.TRAINED))
    assert reader.revision == seen + 1
    assert (reader.runs(), reader.candidates()) == ({run.id: done}, {"c000": first})
    for write in (
        lambda: store.put_score(run.id, Score(0.5, 0.1, 8)),
        lambda: store.add_event(Event("told", ("c000",))),
    ):
        seen = reader.revision
        write()
        assert reader.revision == seen + 1
    reader.close()


def test_a_thousand_candidates_open_and_are_polled_in_no_time(tmp_path: Path):
    made = Store(tmp_path / "study.db", create=True)
    with made.transaction():
        for number in range(1_000):
            trial = trained(f"c{number:03d}", 0.5, components={"near": [0.5] * 20, "far": [0.5] * 20})
            made.put_candidate(replace(trial.candidate, source="x" * 1_000, program="x" * 1_000))
            made.put_run(trial.runs[0])
            made.put_score(trial.runs[0].id, Score(0.5, 0.01, 8))
    made.close()
    writer, opened, polled = Store(tmp_path / "study.db"), [], []
    for attempt in range(5):  # the machine may be busy
        started = time.process_time()
        reader = Store(tmp_path / "study.db", write=False)
        assert (len(reader.candidates()), len(reader.runs()), len(reader.scores())) == (1_000,) * 3
        opened.append((time.process_time() - started) / slowness())
        writer.put_run(run_of("c999", env_steps=attempt))
        started = time.process_time()
        assert reader.runs()["c999-search-0"].env_steps == attempt
        assert (len(reader.candidates()), len(reader.scores())) == (1_000,) * 2
        polled.append((time.process_time() - started) / slowness())
        reader.close()
    writer.close()
    assert (min(opened) < QUICK_S, min(polled) < QUICK_S / 10) == (True, True), (opened, polled)
