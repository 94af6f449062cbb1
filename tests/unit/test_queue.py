from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.config import ScreenOptions, StudyConfig
from rewardsmith.contracts import Race, TrainingJob
from rewardsmith.queue import jobs, line_up, race_of
from rewardsmith.records import Candidate, Rung, Score, Screening, State, TrainingResult
from rewardsmith.study import Study
from rewardsmith.training.episodes import Episodes, save
from rewardsmith.training.racing import with_rivals
from tests.searching import Silent

PROGRAM = "def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    return (tcp_pos[:, 0], {'a': tcp_pos[:, 0]})\n"


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", seed=5, racing="on")) as made:
        yield made


def waiting(study: Study, identity: str, iteration: int = 1, **changes: object) -> Candidate:
    """A candidate that has a program and was not trained."""
    program = str(changes.pop("program", PROGRAM))
    candidate = Candidate(identity, iteration, "initial", (), State.ACCEPTED, source=program, program=program)
    candidate = replace(candidate, **changes)  # pyright: ignore[reportArgumentType]
    study.save(candidate)
    return candidate


def rungs(*scores: float) -> tuple[Rung, ...]:
    return tuple(Rung(100 * (number + 1), Score(score, 0.1, 32), 0, 0) for number, score in enumerate(scores))


def trained(study: Study, candidate: Candidate, *scores: float, state: State = State.SCORED) -> Candidate:
    """The candidate after a training that had these scores at its rungs; one that failed is sent back to the writer."""
    after = candidate.trained(TrainingResult(candidate.id, state, 1, rungs=rungs(*scores)))
    if state in (State.CRASHED, State.DIVERGED):
        after = replace(after, state=State.PROPOSED)
    study.save(after)
    return after


def due(study: Study, iteration: int = 1) -> list[TrainingJob]:
    """What the runner trains next."""
    queued = line_up(study, iteration, Silent())
    return jobs(study, queued, [candidate for candidate in queued if candidate.state == State.ACCEPTED])


def compared(queue: list[TrainingJob], outcome: dict[str, tuple[float, ...]]) -> dict[str, tuple[list[float], ...]]:
    """With which scores each job is compared, rung by rung, if all of them end so: its rivals, and those before it in this queue."""
    found: dict[str, tuple[list[float], ...]] = {}
    for place, job in enumerate(queue):
        before = [rungs(*outcome[other.candidate]) for other in queue[:place] if other.first]
        found[job.candidate] = tuple(sorted(scores) for scores in with_rivals(job, before).rivals)
    return found


def test_rivals_are_of_earlier_iterations_and_from_before_in_the_queue(study: Study):
    for identity, iteration, scores in (("c000", 0, (0.1, 0.2)), ("c001", 0, (0.3,)), ("c002", 1, (0.4, 0.5)), ("c004", 1, (0.6,))):
        trained(study, waiting(study, identity, iteration), *scores)
    waiting(study, "c003")
    waiting(study, "c005")
    trained(study, waiting(study, "c006", 2), 0.9)
    queued = sorted(line_up(study, 1, Silent()), key=lambda candidate: candidate.id)
    assert [candidate.id for candidate in queued] == ["c002", "c003", "c004", "c005"]
    third, fifth = jobs(study, queued, [queued[1], queued[3]])
    assert (third.candidate, third.rivals) == ("c003", ((0.1, 0.3, 0.4), (0.2, 0.5)))
    assert (fifth.candidate, fifth.rivals) == ("c005", ((0.1, 0.3, 0.4, 0.6), (0.2, 0.5)))


def test_those_that_are_due_themselves_are_no_rivals_from_outside(study: Study):
    for number in range(3):
        waiting(study, f"c{number:03d}", 0)
    found = due(study, 0)
    assert [job.candidate for job in found] == ["c000", "c001", "c002"]
    assert [job.rivals for job in found] == [(), (), ()]
    assert all(job.first for job in found)
    assert len({job.seed for job in found}) == 3


def test_a_job_says_where_its_files_go(study: Study):
    waiting(study, "c000", 0)
    (job,) = due(study, 0)
    assert (job.program, job.policy, job.episodes) == (PROGRAM, str(study.policy_path("c000")), "")
    study.config = replace(study.config, screening="order")
    (job,) = due(study, 0)
    assert job.episodes == str(study.episodes_path("c000"))


def test_of_a_repaired_candidate_the_first_training_counts(study: Study):
    first = trained(study, waiting(study, "c000", 0), 0.1, state=State.DIVERGED)
    waiting(study, "c001", 0)
    assert due(study, 0)[0].rivals == ((0.1,),)  # c001, while c000 is with the writer
    repaired = replace(first, state=State.ACCEPTED)
    study.save(repaired)
    again, other = due(study, 0)
    assert (again.candidate, again.first, again.rivals) == ("c000", False, ())
    assert (other.candidate, other.first, other.rivals) == ("c001", True, ((0.1,),))
    trained(study, repaired, 0.8, 0.9)
    (left,) = due(study, 0)
    assert (left.candidate, left.rivals) == ("c001", ((0.1,),))


def test_one_that_failed_before_any_rung_is_nobodys_rival(study: Study):
    first = trained(study, waiting(study, "c000", 0), state=State.CRASHED)
    trained(study, replace(first, state=State.ACCEPTED), 0.8, 0.9)
    waiting(study, "c001", 0)
    assert due(study, 0)[0].rivals == ()


OUTCOME = {"c002": (0.5, 0.4), "c003": (0.2,), "c004": (0.7, 0.9), "c005": (0.1,), "c006": (0.6, 0.6)}


@pytest.mark.parametrize("finished", [(), ("c002",), ("c003",), ("c004", "c006"), ("c003", "c005"), ("c002", "c003", "c004", "c005")])
def test_an_interrupted_race_compares_with_the_same_candidates(study: Study, finished: tuple[str, ...]):
    """Whoever was done when it was interrupted."""
    trained(study, waiting(study, "c000", 0), 0.3, 0.2)
    trained(study, waiting(study, "c001", 0), 0.9, state=State.EVICTED)
    for identity in OUTCOME:
        waiting(study, identity)
    whole = compared(due(study), OUTCOME)
    for identity in finished:
        candidate = study.store.candidate(identity)
        assert candidate
        trained(study, candidate, *OUTCOME[identity], state=State.SCORED if len(OUTCOME[identity]) == 2 else State.EVICTED)
    left = compared(due(study), OUTCOME)
    assert left == {identity: rivals for identity, rivals in whole.items() if identity not in finished}
    assert whole["c006"] == (sorted([0.3, 0.9, 0.5, 0.2, 0.7, 0.1]), sorted([0.2, 0.4, 0.9]))


def screening(outcome: float, similarity: float | None = None) -> Screening:
    return Screening(outcome, None, 4, "" if similarity is None else "c000", similarity)


@pytest.fixture
def screened(study: Study) -> Study:
    """Four that were looked at, and one that has no program yet."""
    study.config = replace(study.config, screening="drop", screen=ScreenOptions(drop=0.5, twin=0.99))
    for identity, seen in (
        ("c001", screening(0.3)),
        ("c002", screening(0.9)),
        ("c003", screening(0.8, similarity=1.0)),
        ("c004", screening(0.6)),
    ):
        waiting(study, identity, screening=seen)
    study.save(Candidate("c005", 1, "initial", (), State.PROPOSED))
    return study


def test_the_most_promising_are_first_and_the_last_are_dropped(screened: Study):
    queued = line_up(screened, 1, Silent())
    assert [candidate.id for candidate in queued] == ["c002", "c004", "c001", "c003"]
    assert [candidate.state for candidate in queued] == [State.ACCEPTED, State.ACCEPTED, State.DROPPED, State.DROPPED]
    assert screened.candidates[0].state == State.DROPPED
    assert screened.candidates[0].reason
    assert [job.candidate for job in due(screened)] == ["c002", "c004"]
    assert line_up(screened, 1, Silent()) == queued


def test_none_is_dropped_where_only_the_order_is_wanted(screened: Study):
    screened.config = replace(screened.config, screening="order")
    assert [job.candidate for job in due(screened)] == ["c002", "c004", "c001", "c003"]


def test_without_screening_the_order_is_that_of_the_proposals(screened: Study):
    screened.config = replace(screened.config, screening="off")
    assert [job.candidate for job in due(screened)] == ["c001", "c002", "c003", "c004"]


def test_who_was_trained_is_not_dropped_and_stands_in_its_place(screened: Study):
    """A repaired candidate may even be the last: its place is that of its first program."""
    third = screened.store.candidate("c003")
    assert third
    after = replace(trained(screened, third, 0.7, state=State.DIVERGED), state=State.ACCEPTED)
    screened.save(after)
    queued = line_up(screened, 1, Silent())
    assert [(c.id, c.state) for c in queued][2:] == [("c001", State.DROPPED), ("c003", State.ACCEPTED)]
    assert [(job.candidate, job.first) for job in jobs(screened, queued, [queued[0], queued[3]])] == [("c002", True), ("c003", False)]


def test_programs_are_screened_on_what_earlier_ones_played(study: Study):
    """By a real process, once: what it found is kept in the store."""
    study.config = replace(study.config, screening="order")
    trained(study, waiting(study, "c000", 0), 0.5)
    goal = torch.tensor([True, False])
    height = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    tcp_pos = torch.stack([height, torch.zeros(2, 3), torch.zeros(2, 3)], dim=2)
    save(study.episodes_path("c000"), Episodes({"tcp_pos": tcp_pos}, torch.ones(2, 3).bool(), goal.float(), goal))
    waiting(study, "c001", program=PROGRAM.replace("(tcp_pos[:, 0],", "(-tcp_pos[:, 0],"))
    waiting(study, "c002", program=PROGRAM.replace("(tcp_pos[:, 0],", "(tcp_pos[:, 0] ** 3,"))
    observer = Silent()
    queued = line_up(study, 1, observer)
    assert [candidate.id for candidate in queued] == ["c002", "c001"]
    assert [candidate.screening.outcome for candidate in queued if candidate.screening] == [1.0, 0.0]
    assert observer.stages == ["iteration 1: screening 2 programs on what 1 earlier candidates played"]
    study.episodes_path("c000").unlink()
    assert line_up(study, 1, observer) == queued
    assert len(observer.stages) == 1


def test_a_race_is_that_of_the_config(study: Study):
    assert race_of(study) == Race()
    study.config = replace(study.config, racing="off")
    assert race_of(study) is None
