from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from rewardsmith.budget import Budget
from rewardsmith.config import ScreenOptions, StudyConfig
from rewardsmith.contracts import Race, Report, ScoringJob, Task, TrainingJob, TrainingSettings
from rewardsmith.library import Library
from rewardsmith.records import Candidate, CandidateState, Fault, Purpose, Run, Rung, RunState, Score, Screening
from rewardsmith.reward.guard import Guard
from rewardsmith.schedule import ready, search_run, submit
from rewardsmith.study import Study
from rewardsmith.training.episodes import Episodes, save
from rewardsmith.training.racing import with_rivals
from rewardsmith.training_desk import TrainingDesk
from tests.searching import Rounds, Silent

SOURCE = "def compute_reward(tcp_pos):\n    return tcp_pos[:, 0], {'a': tcp_pos[:, 0]}\n"
TRAINED, EVICTED, FAILED = RunState.TRAINED, RunState.EVICTED, RunState.FAILED


@dataclass
class Asked:
    """An executor that remembers what it was asked for."""

    trainings: list[TrainingJob] = field(default_factory=list)
    scorings: list[ScoringJob] = field(default_factory=list)

    def widen(self, width: int) -> None: ...

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        assert (scoring.run, scoring.policy, scoring.seed, scoring.kept) == (job.run, job.policy, job.evaluation_seed, job.episodes)
        self.trainings.append(job)

    def score(self, job: ScoringJob) -> None:
        self.scorings.append(job)

    def next(self, timeout_s: float) -> Report | None: ...
    def close(self) -> None: ...


class Search:
    """A study whose candidates are made by hand."""

    def __init__(self, study: Study, guard: Guard, task: Task) -> None:
        self.study, self.observer, self._guard, self._task = study, Silent(), guard, task
        self.strategy = Rounds()

    def waiting(self, identity: str, iteration: int = 1, source: str = SOURCE, **changes: Any) -> Candidate:
        """A candidate that has a program and was not trained."""
        program = self._guard.check(source, self._task).program
        candidate = Candidate(identity, iteration, "initial", (), state=CandidateState.ACCEPTED, source=source, program=program)
        self.study.save(candidate := replace(candidate, **changes))
        return candidate

    def trained(self, candidate: Candidate, *scores: float, state: RunState = TRAINED, scored: bool = True) -> Run:
        """Its next run, that had these scores at its rungs; the candidate of one that failed goes back to the writer."""
        run = self.queued(candidate.id) or search_run(self.study, self.parts(Asked()), candidate)
        run = replace(run, state=state, fault=Fault.DIVERGED if state == FAILED else None, rungs=rungs(*scores))
        self.study.store.put_run(run)
        if state == TRAINED and scored:
            self.study.store.put_score(run.id, Score(0.5, 0.1, 8, seed=self.study.evaluation_seed(Purpose.SEARCH)))
        if state == FAILED:
            self.study.save(replace(candidate, state=CandidateState.PROPOSED))
        return run

    def queued(self, identity: str) -> Run | None:
        """The run of a candidate that an interruption left in the queue."""
        runs = self.study.runs_for(Purpose.SEARCH)
        return next((run for run in runs if run.subject == identity and run.state == RunState.QUEUED), None)

    def parts(self, executor: Asked) -> Any:
        settings = TrainingSettings()
        known = {"guard": self._guard, "task": self._task, "settings": settings, "strategy": self.strategy, "library": Library()}
        return SimpleNamespace(executor=executor, **known)

    def ready(self, iteration: int = 1) -> list[Candidate]:
        names = [candidate.id for candidate in self.study.candidates if candidate.iteration == iteration]
        return ready(self.study, self.parts(Asked()), names, self.observer)

    def go_on(self, iteration: int = 1) -> Asked:
        """What a process asks the executor for that goes on with an iteration."""
        executor = Asked()
        desk = TrainingDesk(self.study, self.parts(executor), Budget(100), self.observer)
        desk.resume()
        desk.begin(self.ready(iteration))
        return executor

    def due(self, iteration: int = 1) -> list[TrainingJob]:
        return self.go_on(iteration).trainings


@pytest.fixture
def search(tmp_path: Path, guard: Guard, reach: Task) -> Iterator[Search]:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", seed=5, racing="on")) as made:
        yield Search(made, guard, reach)


def rungs(*scores: float) -> tuple[Rung, ...]:
    return tuple(Rung(100 * (number + 1), Score(score, 0.1, 32), 0, 0) for number, score in enumerate(scores))


def subjects(jobs: list[TrainingJob]) -> list[str]:
    return [job.run.partition("-")[0] for job in jobs]


def by_rung(job: TrainingJob) -> tuple[list[float], ...]:
    """With which scores a job is compared, rung by rung."""
    depth = max((len(scores) for _, scores in job.rivals), default=0)
    return tuple(sorted(scores[rung] for _, scores in job.rivals if rung < len(scores)) for rung in range(depth))


def compared(queue: list[TrainingJob], outcome: dict[str, tuple[float, ...]]) -> dict[str, tuple[list[float], ...]]:
    """With which scores each job is compared if all of them end so: its rivals, and those before it in this queue."""
    found: dict[str, tuple[list[float], ...]] = {}
    for place, (name, job) in enumerate(zip(subjects(queue), queue, strict=True)):
        before = {
            other.run: rungs(*outcome[subject]) for subject, other in zip(subjects(queue)[:place], queue, strict=False) if other.first
        }
        found[name] = by_rung(with_rivals(job, before))
    return found


def test_rivals_are_of_earlier_iterations_and_from_before_in_the_queue(search: Search):
    for identity, iteration, scores in (("c000", 0, (0.1, 0.2)), ("c001", 0, (0.3,)), ("c002", 1, (0.4, 0.5))):
        search.trained(search.waiting(identity, iteration), *scores)
    for identity in ("c003", "c004", "c005"):
        search.waiting(identity)
    assert subjects(search.due()) == ["c003", "c004", "c005"]
    search.trained(search.study.store.candidates()["c004"], 0.6)
    search.trained(search.waiting("c006", 2), 0.9)
    third, fifth = search.due()
    assert (third.run, by_rung(third)) == ("c003-search-0", ([0.1, 0.3, 0.4], [0.2, 0.5]))
    assert (fifth.run, by_rung(fifth)) == ("c005-search-0", ([0.1, 0.3, 0.4, 0.6], [0.2, 0.5]))


def test_those_that_are_due_themselves_are_no_rivals_from_outside(search: Search):
    for number in range(3):
        search.waiting(f"c{number:03d}", 0)
    found = search.due(0)
    assert [job.run for job in found] == ["c000-search-0", "c001-search-0", "c002-search-0"]
    assert [job.rivals for job in found] == [(), (), ()]
    assert all(job.first for job in found)
    assert len({job.seed for job in found}) == 3
    assert search.due(0) == found  # after an interruption


def test_a_job_says_where_its_files_go(search: Search):
    candidate = search.waiting("c000", 0)
    (job,) = search.due(0)
    (run,) = search.study.runs
    assert (job.program, job.policy, job.episodes) == (candidate.program, str(search.study.policy_path(run)), "")
    assert job.evaluation_seed == search.study.evaluation_seed(Purpose.SEARCH)
    search.study.config = replace(search.study.config, screening="order")
    (job,) = search.due(0)
    assert job.episodes == str(search.study.episodes_path(run))


def test_of_a_repaired_candidate_the_first_training_counts(search: Search):
    first = search.waiting("c000", 0)
    search.waiting("c001", 0)
    search.due(0)
    search.trained(first, 0.1, state=FAILED)
    (other,) = search.due(0)  # while c000 is with the writer
    assert (other.run, by_rung(other)) == ("c001-search-0", ([0.1],))
    repaired = search.waiting("c000", 0, SOURCE.replace("0]", "1]"))
    other, again = search.due(0)
    assert (again.run, again.first, by_rung(again)) == ("c000-search-1", False, ([0.1],))
    assert (other.run, other.first, by_rung(other)) == ("c001-search-0", True, ([0.1],))
    assert again.seed == search.study.runs[0].seed
    search.trained(repaired, 0.8, 0.9)
    (left,) = search.due(0)
    assert (left.run, by_rung(left)) == ("c001-search-0", ([0.1],))


def test_one_that_failed_before_any_rung_is_nobodys_rival(search: Search):
    first = search.waiting("c000", 0)
    search.trained(first, state=FAILED)
    search.trained(search.waiting("c000", 0, SOURCE.replace("0]", "1]")), 0.8, 0.9)
    search.waiting("c001", 0)
    (job,) = search.due(0)
    assert job.rivals == ()


OUTCOME = {"c002": (0.5, 0.4), "c003": (0.2,), "c004": (0.7, 0.9), "c005": (0.1,), "c006": (0.6, 0.6)}


@pytest.mark.parametrize("finished", [(), ("c002",), ("c003",), ("c004", "c006"), ("c003", "c005"), ("c002", "c003", "c004", "c005")])
def test_an_interrupted_race_compares_with_the_same_candidates(search: Search, finished: tuple[str, ...]):
    """Whoever was done when it was interrupted."""
    search.trained(search.waiting("c000", 0), 0.3, 0.2)
    search.trained(search.waiting("c001", 0), 0.9, state=EVICTED)
    candidates = {identity: search.waiting(identity) for identity in OUTCOME}
    whole = compared(search.due(), OUTCOME)
    for identity in finished:
        search.trained(candidates[identity], *OUTCOME[identity], state=TRAINED if len(OUTCOME[identity]) == 2 else EVICTED)
    left = compared(search.due(), OUTCOME)
    assert left == {identity: rivals for identity, rivals in whole.items() if identity not in finished}
    assert whole["c006"] == (sorted([0.3, 0.9, 0.5, 0.2, 0.7, 0.1]), sorted([0.2, 0.4, 0.9]))


def test_what_is_trained_and_not_scored_is_only_scored(search: Search):
    run = search.trained(search.waiting("c000", 0), scored=False)
    asked = search.go_on(0)
    assert asked.trainings == []
    policy, seed = str(search.study.policy_path(run)), search.study.evaluation_seed(Purpose.SEARCH)
    assert asked.scorings == [ScoringJob("c000-search-0", policy, seed, search.study.config.episodes)]


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.LOST])
def test_what_was_under_way_is_trained_again(search: Search, state: RunState):
    run = search.trained(search.waiting("c000", 0), state=state)
    (job,) = search.due(0)
    assert (job.run, job.seed) == (run.id, run.seed)


def test_a_race_waits_for_the_whole_iteration_and_without_one_nobody_does(search: Search):
    search.waiting("c000")
    search.study.save(Candidate("c001", 1, "initial"))
    assert search.ready() == []
    search.strategy.barrier = False  # pyright: ignore[reportAttributeAccessIssue]
    assert [candidate.id for candidate in search.ready()] == ["c000"]
    search.strategy.barrier = True
    search.study.config = replace(search.study.config, racing="off")
    assert [candidate.id for candidate in search.ready()] == ["c000"]


def screening(outcome: float, similarity: float | None = None) -> Screening:
    return Screening(outcome, None, 4, "" if similarity is None else "c000", similarity)


@pytest.fixture
def screened(search: Search) -> Search:
    """Four that were looked at, and one whose writer gave up."""
    search.study.config = replace(search.study.config, screening="drop", screen=ScreenOptions(drop=0.5, twin=0.99))
    for identity, seen in (
        ("c001", screening(0.3)),
        ("c002", screening(0.9)),
        ("c003", screening(0.8, similarity=1.0)),
        ("c004", screening(0.6)),
    ):
        search.waiting(identity, screening=seen)
    search.study.save(Candidate("c005", 1, "initial", (), state=CandidateState.REJECTED))
    return search


def states(search: Search) -> dict[str, CandidateState]:
    return {candidate.id: candidate.state for candidate in search.study.candidates}


def test_the_most_promising_are_first_and_the_last_are_dropped(screened: Search):
    queued = screened.ready()
    assert [candidate.id for candidate in queued] == ["c002", "c004"]
    accepted, dropped = CandidateState.ACCEPTED, CandidateState.DROPPED
    assert states(screened) == {
        "c001": dropped, "c002": accepted, "c003": dropped, "c004": accepted, "c005": CandidateState.REJECTED
    }  # fmt: skip
    assert screened.study.candidates[0].reason
    assert screened.ready() == queued
    assert subjects(screened.due()) == ["c002", "c004"]


def test_nobody_is_screened_before_all_are_written(screened: Search):
    screened.study.save(Candidate("c005", 1, "initial"))
    assert screened.ready() == []
    assert CandidateState.DROPPED not in states(screened).values()


def test_none_is_dropped_where_only_the_order_is_wanted(screened: Search):
    screened.study.config = replace(screened.study.config, screening="order")
    assert subjects(screened.due()) == ["c002", "c004", "c001", "c003"]


def test_without_screening_the_order_is_that_of_the_proposals(screened: Search):
    screened.study.config = replace(screened.study.config, screening="off")
    assert subjects(screened.due()) == ["c001", "c002", "c003", "c004"]


def test_who_was_trained_is_not_dropped_and_stands_in_its_place(screened: Search):
    """A repaired candidate may even be the last: its place is that of its first program."""
    third = screened.study.store.candidates()["c003"]
    screened.trained(third, 0.7, state=FAILED)
    screened.waiting("c003", source=SOURCE.replace("0]", "1]"), screening=third.screening)
    assert [candidate.id for candidate in screened.ready()] == ["c002", "c004", "c003"]
    assert (states(screened)["c001"], states(screened)["c003"]) == (CandidateState.DROPPED, CandidateState.ACCEPTED)
    assert [(job.run, job.first) for job in screened.due()] == [("c002-search-0", True), ("c004-search-0", True), ("c003-search-1", False)]


def test_programs_are_screened_on_what_earlier_ones_played(search: Search):
    """By a real process, once: what it found is kept in the store."""
    search.study.config = replace(search.study.config, screening="order")
    run = search.trained(search.waiting("c000", 0), 0.5)
    goal = torch.tensor([True, False])
    height = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    tcp_pos = torch.stack([height, torch.zeros(2, 3), torch.zeros(2, 3)], dim=2)
    save(search.study.episodes_path(run), Episodes({"tcp_pos": tcp_pos}, torch.ones(2, 3).bool(), goal.float(), goal))
    search.waiting("c001", source=SOURCE.replace("return tcp_pos[:, 0],", "return -tcp_pos[:, 0],"))
    search.waiting("c002", source=SOURCE.replace("return tcp_pos[:, 0],", "return tcp_pos[:, 0] ** 3,"))
    queued = search.ready()
    assert [candidate.id for candidate in queued] == ["c002", "c001"]
    assert [candidate.screening.outcome for candidate in queued if candidate.screening] == [1.0, 0.0]
    assert search.observer.stages == ["iteration 1: screening 2 programs on what 1 earlier candidates played"]
    search.study.episodes_path(run).unlink()
    assert search.ready() == queued
    assert len(search.observer.stages) == 1


def test_a_race_is_that_of_the_config_and_of_the_search_alone(search: Search):
    run = search.trained(candidate := search.waiting("c000", 0), state=RunState.QUEUED)
    asked = Asked()

    def race(run: Run) -> Race | None:
        submit(search.study, search.parts(asked), run, candidate.program)
        return asked.trainings[-1].race

    assert race(run) == Race()
    assert race(replace(run, id="c000-finalist-0", purpose=Purpose.FINALIST)) is None
    search.study.config = replace(search.study.config, racing="off")
    assert race(run) is None
