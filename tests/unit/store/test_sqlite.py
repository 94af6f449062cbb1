import sqlite3
from dataclasses import replace

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.records import Call, Candidate, FinalRun, State
from rewardsmith.store.sqlite import Store
from rewardsmith.usage import Usage
from tests.builders import trained


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "study.db", create=True)
    yield opened
    opened.close()


def test_candidates_come_back_as_they_were_in_the_order_of_proposal(store: Store):
    first = Candidate("c001", 0, "initial", ())
    second = trained("c000", 0.5, components={"a": [1.0, 2.0]})
    store.put_candidate(first)
    store.put_candidate(second)
    store.put_candidate(changed := replace(first, state=State.REJECTED, reason="no code"))
    assert store.candidates() == [changed, second]
    assert store.candidate("c000") == second
    assert store.candidate("c009") is None


def test_everything_survives_reopening(tmp_path):
    call = Call("c000", 1, "m", "[]", "{}", "initial@1", "reply", "stop", "", 0.5, Usage(1, 2, 3, None))
    result = trained("best-0", 0.5).training
    assert result
    final = FinalRun("best-0", "best:c000", result)
    store = Store(tmp_path / "study.db", create=True)
    store.put_value("notice", "hello")
    store.add_call(call)
    store.put_final(final)
    store.close()
    again = Store(tmp_path / "study.db")
    assert (again.value("notice"), again.value("other"), again.calls(), again.finals()) == ("hello", None, [call], [final])
    again.close()


def test_writes_ahead(tmp_path, store: Store):
    assert sqlite3.connect(tmp_path / "study.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_is_no_study_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("hello")
    with pytest.raises(StoreError, match=r"text\.db failed"):
        Store(tmp_path / "text.db")
    with pytest.raises(StoreError, match="failed"):
        Store(tmp_path / "missing.db")
