"""Runs between the store and an executor that says what it is to say."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Lost, Report, Task, TrainingProgress, TrainingResult
from rewardsmith.library import Library
from rewardsmith.records import Candidate, CandidateState, Curve, Fault, Purpose, Run, RunState, Score, Trial
from rewardsmith.reward.guard import Guard
from rewardsmith.schedule import search_run
from rewardsmith.study import Study
from rewardsmith.training_desk import TrainingDesk
from tests.builders import keep_run
from tests.scheduling import Asked, Search
from tests.searching import Silent

TRAINED, FAILED = RunState.TRAINED, RunState.FAILED
RUN = "c000-search-0"


@dataclass
class Saying(Asked):
    """Says one thing after the other."""

    reports: deque[Report] = field(default_factory=deque)
    waits: list[float] = field(default_factory=list)
    width: int = 0

    def widen(self, width: int) -> None:
        self.width = width

    def next(self, timeout_s: float) -> Report | None:
        self.waits.append(timeout_s)
        return self.reports.popleft() if self.reports else None


class Watching(Silent):
    """Remembers whatever it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str, float | None]] = []
        self.steps: list[int] = []

    def trial(self, trial: Trial) -> None:
        self.told.append((trial.id, trial.state, trial.score and trial.score.mean))

    def run(self, run: Run, score: Score | None) -> None:
        self.told.append((run.id, str(run.state), score and score.mean))

    def progress(self, progress: TrainingProgress) -> None:
        self.steps.append(progress.env_steps)


class Office:
    """A study of one candidate whose run is queued."""

    def __init__(self, study: Study, guard: Guard, task: Task) -> None:
        self.study, self.search = study, Search(study, guard, task)
        self.executor, self.observer, self.budget = Saying(), Watching(), Budget(9)
        self.parts: Any = self.search.parts(self.executor)
        self.candidate = self.search.waiting("c000", 0, attempts=1)

    @property
    def desk(self) -> TrainingDesk:
        """A new one."""
        return TrainingDesk(self.study, self.parts, self.budget, self.observer)

    def queued(self, **changes: Any) -> TrainingDesk:
        """A desk with the candidate's run, or one that differs from it."""
        desk = self.desk
        run = replace(search_run(self.study, self.parts, self.candidate), **changes)
        desk.queue(run, self.candidate.program)
        return desk

    @property
    def run(self) -> Run:
        (run,) = self.study.runs
        return run

    def known(self) -> Candidate:
        return self.study.store.candidates()["c000"]

    def score(self, mean: float, purpose: Purpose = Purpose.SEARCH) -> Score:
        return Score(mean, 0.1, 8, seed=self.study.evaluation_seed(purpose))


@pytest.fixture
def office(tmp_path: Path, guard: Guard, reach: Task) -> Iterator[Office]:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", seed=5, repairs=2)) as study:
        yield Office(study, guard, reach)


def progress(*runs: str, steps: int = 5) -> Report:
    return Report(progress=TrainingProgress(steps, 10, tuple((run, None) for run in runs)))


def test_a_run_is_queued_runs_is_trained_and_scored(office: Office):
    desk, said = office.queued(), office.executor.reports
    assert (desk.busy, office.run.state) == (True, RunState.QUEUED)
    assert [job.run for job in office.executor.trainings] == [RUN]
    said.append(progress("c009-search-0", RUN))
    desk.wait(3.0)
    assert office.run.state == RunState.RUNNING
    assert office.observer.steps == [5]
    first, second, third = ((Curve(name, (1.0,)),) for name in ("a", "b", "success"))
    said.append(Report(result=TrainingResult(RUN, TRAINED, None, "", 300, 2.5, first, second, third)))
    desk.wait(3.0)
    run = office.run
    assert (run.state, run.env_steps, run.wall_s, run.policy) == (
        TRAINED, 300, 2.5, "runs/c000-search-0/policy.pt"
    )  # fmt: skip
    assert (run.components, run.spreads, run.progress) == (first, second, third)
    assert (desk.busy, office.observer.told) == (True, [])
    said.append(Report(score=(RUN, office.score(0.7))))
    desk.wait(3.0)
    assert (desk.busy, office.observer.told) == (False, [("c000", "SCORED", 0.7)])


def test_all_that_was_said_is_taken_in_and_nobody_waits_twice(office: Office):
    desk = office.queued()
    office.executor.reports += [progress(RUN, steps=1), progress(RUN, steps=2)]
    desk.wait(3.0)
    assert (office.observer.steps, office.executor.waits) == ([1, 2], [3.0, 0.0, 0.0])


def test_nobody_waits_for_nothing(office: Office):
    office.desk.wait(3.0)
    assert office.executor.waits == []


def test_progress_makes_nobody_run_who_is_trained(office: Office):
    desk = office.queued(state=TRAINED)
    assert [job.run for job in office.executor.scorings] == [RUN]
    assert office.study.runs == []
    office.executor.reports += [progress(RUN), Report(lost=Lost(RUN, "no room"))]
    desk.wait(3.0)
    assert office.study.runs == []


def test_what_the_machine_lost_is_counted_and_runs_again(office: Office):
    desk, said = office.queued(), office.executor.reports
    said += [progress(RUN), Report(lost=Lost(RUN, "no room"))]
    desk.wait(3.0)
    assert (office.run.state, office.run.tries, office.run.cause) == (RunState.LOST, 1, "no room")
    said += [progress(RUN), Report(lost=Lost(RUN, "no room again"))]
    desk.wait(3.0)
    assert (office.run.state, office.run.tries) == (RunState.LOST, 2)
    said.append(progress(RUN))
    desk.wait(3.0)
    assert office.run.state == RunState.RUNNING
    assert desk.busy


def failed(fault: Fault, run: str = RUN) -> Report:
    return Report(result=TrainingResult(run, FAILED, fault, "infinite"))


@pytest.mark.parametrize("fault", [Fault.CRASHED, Fault.DIVERGED])
def test_what_a_program_did_goes_to_the_writer(office: Office, fault: Fault):
    desk = office.queued()
    office.executor.reports.append(failed(fault))
    desk.wait(3.0)
    run, candidate = office.run, office.known()
    assert (run.state, run.fault, run.cause, run.policy) == (FAILED, fault, "infinite", "")
    assert (candidate.state, candidate.reason) == (CandidateState.PROPOSED, "infinite")
    assert (desk.busy, office.observer.told) == (False, [("c000", str(fault), None)])


@pytest.mark.parametrize(
    "changes", [{"attempts": 3}, {"origin": "person"}], ids=["repaired often enough", "of a person"]
)
def test_nobody_mends_it_forever_or_for_a_person(office: Office, changes: dict[str, Any]):
    office.study.save(replace(office.candidate, **changes))
    desk = office.queued()
    office.executor.reports.append(failed(Fault.DIVERGED))
    desk.wait(3.0)
    assert office.known().state == CandidateState.ACCEPTED


def test_the_last_repair_is_still_one(office: Office):
    office.study.save(replace(office.candidate, attempts=2))
    desk = office.queued()
    office.executor.reports.append(failed(Fault.DIVERGED))
    desk.wait(3.0)
    assert office.known().state == CandidateState.PROPOSED


def test_what_took_too_long_or_failed_after_the_search_is_nothing_to_mend(office: Office):
    desk = office.queued()
    office.executor.reports.append(failed(Fault.TIMED_OUT))
    desk.wait(3.0)
    final = {"id": "c000-final-0", "purpose": Purpose.FINAL}
    desk = office.queued(**final)
    office.executor.reports.append(failed(Fault.DIVERGED, "c000-final-0"))
    desk.wait(3.0)
    assert office.known().state == CandidateState.ACCEPTED
    assert office.observer.told == [("c000", "TIMED_OUT", None), ("c000-final-0", "FAILED", None)]


def test_a_run_after_the_search_is_told_of_with_its_score(office: Office):
    desk = office.queued(id="c000-final-0", purpose=Purpose.FINAL)
    said = office.executor.reports
    said.append(Report(result=TrainingResult("c000-final-0", TRAINED)))
    said.append(Report(score=("c000-final-0", office.score(0.6, Purpose.FINAL))))
    desk.wait(3.0)
    assert office.observer.told == [("c000-final-0", "TRAINED", 0.6)]


def test_an_eviction_keeps_its_policy_and_ends_a_run(office: Office):
    desk = office.queued()
    office.executor.reports.append(Report(result=TrainingResult(RUN, RunState.EVICTED, None, "the last")))
    desk.wait(3.0)
    assert (office.run.state, office.run.policy) == (RunState.EVICTED, "runs/c000-search-0/policy.pt")
    assert (desk.busy, office.known().state) == (False, CandidateState.ACCEPTED)


def test_what_another_study_has_is_at_its_end_at_once(office: Office, tmp_path: Path):
    with Study.create(tmp_path / "other", office.study.config) as other:
        run = replace(search_run(office.study, office.parts, office.candidate), state=TRAINED, env_steps=77)
        keep_run(other, run, Score(0.25, 0.1, 8))
        other.policy_path(run).parent.mkdir(parents=True)
        other.policy_path(run).write_bytes(b"a policy")
        office.parts.library = Library([other])
        desk = office.desk
        assert desk.begin([office.candidate])
    assert (desk.busy, office.executor.trainings) == (False, [])
    assert (office.run.state, office.run.env_steps) == (TRAINED, 77)
    assert office.observer.told == [("c000", "SCORED", 0.25)]


def test_nothing_is_begun_once_it_is_late(office: Office):
    assert not office.desk.begin([])
    assert office.desk.begin([office.candidate])
    office.budget.max_hours = 0.0
    desk = office.desk
    assert not desk.begin([office.candidate])
    assert (desk.busy, len(office.study.runs)) == (False, 1)
    assert office.budget.stopped.startswith("max_hours of 0 h")


def test_room_is_passed_on(office: Office):
    office.desk.widen(7)
    assert office.executor.width == 7


def test_what_an_earlier_process_left_is_queued_again_in_its_order(office: Office):
    """Not what is at its end, and not what comes after the search, which others queue."""
    states = [RunState.RUNNING, TRAINED, TRAINED, FAILED, RunState.EVICTED, RunState.LOST]
    runs: list[Run] = []
    for number, state in enumerate(states):
        candidate = office.search.waiting(f"c00{number}", 0)
        runs.append(replace(search_run(office.study, office.parts, candidate), state=state))
        keep_run(office.study, runs[-1], Score(0.5, 0.1, 8) if number == 2 else None)
    office.study.store.put_run(replace(runs[-1], id="c005-final-0", purpose=Purpose.FINAL))
    office.study.store.put_run(replace(runs[-1], id="c009-search-0", subject="c009"))
    desk = office.desk
    desk.resume()
    assert [job.run for job in office.executor.trainings] == ["c000-search-0", "c005-search-0"]
    assert [job.run for job in office.executor.scorings] == ["c001-search-0"]
    assert desk.busy
