from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import Brief, Parent, TaskSheet
from rewardsmith.drafting import StudyLedger
from rewardsmith.errors import UsageError, WriterError
from rewardsmith.records import Call, Candidate, CandidateState
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from rewardsmith.writers.replay import ReplayWriter
from tests.builders import trained
from tests.servers import GOOD
from tests.toys import TOY


def call(attempt: int, reply: str, answered: bool = True) -> Call:
    error = "" if answered else "the connection broke."
    return Call(
        "c001",
        attempt,
        "m",
        "[]",
        "{}",
        "reflect@1",
        reply,
        "stop",
        error,
        3.0,
        Usage(1, 10, 20, 0.5),
        "reflect",
        f"r{attempt}",
        answered,
    )


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """c000 without calls, as the grammar writer leaves it; c001 with a
    lost reply, an answer, and a second draft."""
    with Study.create(tmp_path / "recorded", StudyConfig("toy")) as study:
        done = CandidateState.ACCEPTED
        study.save(
            Candidate("c000", 0, "initial", state=done, idea="kept", source="kept source", plan="kept plan")
        )
        study.save(Candidate("c001", 1, "reflect", ("c000",), state=done))
        for record in (call(1, "", answered=False), call(1, f"first\n{GOOD}"), call(2, f"second\n{GOOD}")):
            study.store.add_call(record)
    return tmp_path / "recorded"


@pytest.fixture
def ledger(tmp_path: Path):
    with Study.create(tmp_path / "new", StudyConfig("toy")) as study:
        yield StudyLedger(study.store, Budget(9, max_usd=0.01, max_tokens=1))


def replay(folder: Path) -> ReplayWriter:
    return ReplayWriter(LanguageModelOptions(replay=str(folder)))


def brief(name: str = "c001", attempt: int = 1, operator: str = "reflect", parent: str = "c000") -> Brief:
    return Brief(
        name,
        TaskSheet.of(TOY),
        operator,
        (Parent(trained(parent, 0.5), ""),) if parent else (),
        0,
        attempt=attempt,
    )


def test_replies_come_by_candidate_and_attempt_and_cost_nothing(recorded: Path, ledger: StudyLedger):
    first, second = (replay(recorded).write(brief(attempt=n), ledger) for n in (1, 2))
    assert (first.idea.split("\n")[0], second.idea.split("\n")[0]) == ("first", "second")
    assert first.usage == Usage()
    assert ledger.recall("r1")


def test_an_attempt_that_was_never_made_is_a_reason(recorded: Path, ledger: StudyLedger):
    draft = replay(recorded).write(brief(attempt=3), ledger)
    assert "has no reply for draft 3 of c001" in draft.error


@pytest.mark.parametrize(("attempts", "counted"), [(2, False), (3, True)])
def test_an_outage_at_the_end_of_a_recorded_search_is_no_draft(
    recorded: Path, ledger: StudyLedger, attempts: int, counted: bool
):
    """Where it was taken for one, as earlier versions did, it is one again."""
    with Study.open(recorded, write=True) as study:
        study.store.add_call(call(3, "", answered=False))
        study.save(replace(study.store.candidates()["c001"], attempts=attempts))
    if counted:
        assert replay(recorded).write(brief(attempt=3), ledger).error == "the connection broke."
        return
    with pytest.raises(WriterError, match=r"no answer for c001 \(reflect, draft 3\)"):
        replay(recorded).write(brief(attempt=3), ledger)


def test_a_candidate_without_calls_gets_what_was_kept_with_it(recorded: Path, ledger: StudyLedger):
    draft = replay(recorded).write(brief("c000", operator="initial", parent=""), ledger)
    assert (draft.idea, draft.source, draft.plan) == ("kept", "kept source", "kept plan")


def test_another_lineage_ends_the_replay(recorded: Path, ledger: StudyLedger):
    with pytest.raises(WriterError, match="its reply belongs to another program"):
        replay(recorded).write(brief(parent="c007"), ledger)
    with pytest.raises(WriterError, match="no candidate c002, only 2 in all"):
        replay(recorded).write(brief("c002"), ledger)


def test_a_study_is_needed(tmp_path: Path):
    with pytest.raises(UsageError, match="--from STUDY"):
        ReplayWriter(LanguageModelOptions())
    with pytest.raises(UsageError, match="not a study folder"):
        replay(tmp_path)
