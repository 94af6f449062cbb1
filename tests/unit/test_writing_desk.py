"""Drafts between the store and a writer that is let go one by one."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from rewardsmith import people
from rewardsmith.budget import Budget
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Ledger
from rewardsmith.drafting import StudyLedger
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, CandidateState, Draft, Given, Verdict
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.usage import Usage
from rewardsmith.writing_desk import WritingDesk
from tests.builders import called, keep, trained
from tests.searching import AtOnce, Author, Rounds, Watching
from tests.toys import TOY

PROPOSED, ACCEPTED = CandidateState.PROPOSED, CandidateState.ACCEPTED


class Gated(Author):
    """Answers once it is let go; programs that begin with "bad" are refused."""

    def __init__(self, concurrency: int) -> None:
        super().__init__()
        self.concurrency = concurrency
        self.begun: list[str] = []
        self.writing = threading.Event()
        self.closed = False
        self.answers: dict[str, Draft | Exception] = {}
        self.gates = {f"c00{number}": threading.Event() for number in range(9)}

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        self.begun.append(f"{brief.operator} {brief.candidate}")
        self.writing.set()
        assert self.gates[brief.candidate].wait(30)
        ledger.tell(f"{brief.candidate} was written")
        answer = self.answers.get(brief.candidate) or super().write(brief, ledger)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def check(self, source: str, task: object) -> Verdict:
        return Verdict(not source.startswith("bad"), program=source, message="it is bad")

    def close(self) -> None:
        self.closed = True
        self.let_go(*self.gates)

    def let_go(self, *names: str) -> None:
        for name in names:
            self.gates[name].set()


class Office:
    """A study of some candidates that nothing was written for."""

    def __init__(self, study: Study, concurrency: int = 9) -> None:
        self.study, self.writer, self.observer = study, Gated(concurrency), Watching()
        self.budget = Budget(9)
        guard = cast(Guard, self.writer)
        parts = Parts(TOY, Rounds(), self.writer, guard, AtOnce(), PpoSettings())
        ledger = StudyLedger(study.store, self.budget)
        self.desk = WritingDesk(study, parts, ledger, self.budget, self.observer)
        for number in range(3):
            study.store.put_candidate(Candidate(f"c00{number}", 0, "initial"))

    def of(self, name: str) -> Candidate:
        return self.study.store.candidates()[name]

    def written(self, *names: str) -> None:
        """Let these be written, and wait until they are."""
        due = [future for future, order in self.desk._open.items() if order.candidate in names]
        self.writer.let_go(*names)
        concurrent.futures.wait(due, 60)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    with Study.create(tmp_path / "s", StudyConfig("toy", repairs=1)) as made:
        yield made


@pytest.fixture
def office(study: Study) -> Iterator[Office]:
    made = Office(study)
    with made.desk:
        yield made
        made.writer.let_go(*made.writer.gates)


def test_what_was_written_is_committed_in_the_order_of_the_proposals(office: Office):
    desk = office.desk
    assert (desk.busy, desk.settle(), desk.poll_s) == (False, False, 1.0)
    assert not desk.begin(["c000", "c001", "c002"])
    assert (desk.busy, desk.settle(), office.observer.told) == (True, False, [])
    assert 0.0 < desk.poll_s < 1.0
    office.written("c002", "c000")
    assert desk.settle()
    assert office.observer.told == [("c000", "ACCEPTED"), ("c002", "ACCEPTED")]
    assert sorted(office.observer.notes) == ["c000 was written", "c002 was written"]
    assert (office.of("c000").program, office.of("c001").state) == ("program of c000", PROPOSED)
    assert desk.busy
    office.writer.let_go("c001")
    assert desk.settle(wait_for_one=True)
    assert (desk.busy, office.of("c001").state) == (False, ACCEPTED)
    assert not desk.settle(wait_for_one=True)


def test_what_came_back_at_once_is_committed_in_that_order_too(office: Office):
    names = [f"c00{number}" for number in range(9)]
    for name in names[3:]:
        office.study.store.put_candidate(Candidate(name, 0, "initial"))
    office.desk.begin(reversed(names))
    office.written(*names)
    office.desk.settle()
    assert [name for name, _ in office.observer.told] == names


def test_nobody_waits_but_who_is_to(office: Office, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []

    def wait(futures: Any, timeout_s: float, until: str) -> Any:
        waits.append(timeout_s)
        if len(waits) > 1:
            office.writer.let_go("c000")
        return concurrent.futures.wait(futures, 60 if timeout_s else 0.0, until)

    monkeypatch.setattr("rewardsmith.writing_desk.wait", wait)
    office.desk.begin(["c000"])
    assert not office.desk.settle()
    assert waits == [0.0]
    assert office.desk.settle(wait_for_one=True)
    assert waits[1] > 0.0


def test_what_the_writer_tells_is_heard_while_it_still_writes(office: Office):
    office.desk.begin(["c000", "c001"])
    office.desk._ledger.tell("it waits for a minute")
    assert not office.desk.settle()
    assert office.observer.notes == ["it waits for a minute"]


def test_what_is_being_written_is_not_begun_again(office: Office):
    office.desk.begin(["c000"])
    office.desk.begin(["c000", "c001"])
    office.written("c000", "c001")
    office.desk.settle()
    assert sorted(office.writer.begun) == ["initial c000", "initial c001"]
    office.desk.begin(["c000", "c001"])
    assert not office.desk.busy, "nothing is asked about what is not trained"


def test_a_refused_draft_is_due_again_as_often_as_there_are_repairs(office: Office):
    office.writer.let_go("c000")
    office.writer.answers["c000"] = Draft("c000", "an idea", "bad")
    for state, attempts in ((PROPOSED, 1), (CandidateState.REJECTED, 2)):
        office.desk.begin(["c000"])
        office.desk.settle(wait_for_one=True)
        assert (office.of("c000").state, office.of("c000").attempts) == (state, attempts)
    office.desk.begin(["c000"])
    assert not office.desk.busy


def test_a_limit_stops_the_search_and_changes_no_candidate(office: Office):
    office.writer.let_go("c000")
    office.writer.answers["c000"] = Draft("c000", withheld="max_usd of 1")
    before = office.of("c000")
    office.desk.begin(["c000"])
    assert office.desk.settle(wait_for_one=True)
    assert (office.budget.stopped, office.of("c000"), office.observer.told) == ("max_usd of 1", before, [])
    office.desk.begin(["c001"])
    assert not office.desk.busy


def test_questions_about_what_is_trained(office: Office):
    office.writer.let_go("c003")
    keep(office.study, trained("c003", 0.5, follow_ups=(VERIFY, ALIGN)))
    for operator, answer in (
        (ALIGN, Draft("c003", "what it really does")),
        (VERIFY, Draft("c003", judgement=0.75)),
    ):
        office.writer.answers["c003"] = answer
        assert not office.desk.begin(["c003"])
        office.desk.settle(wait_for_one=True)
        assert office.of("c003").followed_up[-1] == operator
    candidate = office.of("c003")
    assert (candidate.idea, candidate.judgement, candidate.state) == ("what it really does", 0.75, ACCEPTED)
    assert office.observer.told == [("c003", "SCORED")] * 2
    office.desk.begin(["c003"])
    assert not office.desk.busy


class TestPeople:
    def test_a_program_of_a_person_takes_the_place_of_the_next(self, office: Office):
        people.add(office.study.store, Given("mine", "mine.py"))
        assert office.desk.begin(["c000", "c001"])
        candidate = office.of("c000")
        assert (candidate.origin, candidate.state, candidate.program, candidate.attempts) == (
            "person", ACCEPTED, "mine", 1
        )  # fmt: skip
        assert candidate.idea == "Given by a person: mine.py."
        assert office.observer.told == [("c000", "ACCEPTED")]
        assert people.givens(office.study.store)[0].candidate == "c000"
        office.written("c001")
        assert office.writer.begun == ["initial c001"]
        assert not office.desk.begin([])

    def test_nobody_mends_it(self, office: Office):
        people.add(office.study.store, Given("bad", "mine.py"))
        assert office.desk.begin(["c000"])
        assert office.of("c000").state == CandidateState.REJECTED

    def test_it_waits_where_something_was_written_or_asked_for_already(self, office: Office):
        """What is paid for is not thrown away, and a repair is of the program that was written."""
        people.add(office.study.store, Given("mine", "mine.py"))
        office.study.save(replace(office.of("c000"), source="bad", attempts=1))
        office.study.store.add_call(called("c001", Usage(1)))
        assert not office.desk.begin(["c000", "c001"])
        assert not people.givens(office.study.store)[0].candidate
        assert office.desk.begin(["c002"])
        assert people.givens(office.study.store)[0].candidate == "c002"


class TestItsEnd:
    """One at a time is written: c000. c001 is due, and never begun."""

    @pytest.fixture
    def half_way(self, study: Study) -> Office:
        office = Office(study, concurrency=1)
        office.desk.begin(["c000", "c001"])
        assert office.writer.writing.wait(60)
        return office

    def test_an_error_waits_for_what_is_under_way(self, half_way: Office):
        under_way, due = half_way.desk._open
        due.add_done_callback(lambda _: half_way.writer.let_go("c000", "c001"))  # as it is taken off
        half_way.desk.__exit__(RuntimeError, RuntimeError(), None)
        assert (under_way.done(), due.cancelled()) == (True, True)
        assert (half_way.writer.begun, half_way.writer.closed) == (["initial c000"], False)

    def test_an_interruption_closes_the_writer_so_that_it_ends(self, half_way: Office):
        under_way, due = half_way.desk._open
        half_way.desk.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert (under_way.done(), due.cancelled()) == (True, True)
        assert (half_way.writer.begun, half_way.writer.closed) == (["initial c000"], True)

    def test_nothing_is_closed_at_a_good_end(self, study: Study):
        """A writer without threads of its own still gets one."""
        office = Office(study, concurrency=0)
        with office.desk as desk:
            desk.begin(["c000"])
            office.writer.let_go("c000")
            desk.settle(wait_for_one=True)
        assert not office.writer.closed
        with pytest.raises(RuntimeError):
            office.desk.begin(["c001"])

    def test_what_goes_wrong_while_it_writes_is_raised(self, office: Office):
        office.writer.answers["c000"] = ValueError("no answer")
        office.writer.let_go("c000")
        office.desk.begin(["c000"])
        with pytest.raises(ValueError, match="no answer"):
            office.desk.settle(wait_for_one=True)
