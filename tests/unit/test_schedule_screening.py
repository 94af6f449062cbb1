from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.config import ScreenOptions, StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.records import Candidate, CandidateState, Screening
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.episodes import Episodes, save
from tests.scheduling import FAILED, SOURCE, Search, subjects


@pytest.fixture
def search(tmp_path: Path, guard: Guard, reach: Task) -> Iterator[Search]:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", seed=5, racing="on")) as made:
        yield Search(made, guard, reach)


def screening(outcome: float, similarity: float | None = None) -> Screening:
    return Screening(outcome, None, 4, "" if similarity is None else "c000", similarity)


@pytest.fixture
def screened(search: Search) -> Search:
    """Four that were looked at, and one whose writer gave up."""
    search.study.config = replace(
        search.study.config, screening="drop", screen=ScreenOptions(drop=0.5, twin=0.99)
    )
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
    assert (states(screened)["c001"], states(screened)["c003"]) == (
        CandidateState.DROPPED,
        CandidateState.ACCEPTED,
    )
    assert [(job.run, job.repeats) for job in screened.due()] == [
        ("c002-search-0", ""),
        ("c004-search-0", ""),
        ("c003-search-1", "c003-search-0"),
    ]


def test_programs_are_screened_on_what_earlier_ones_played(search: Search):
    """By a real process, once: what it found is kept in the store."""
    search.study.config = replace(search.study.config, screening="order")
    run = search.trained(search.waiting("c000", 0), 0.5)
    goal = torch.tensor([True, False])
    height = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    tcp_pos = torch.stack([height, torch.zeros(2, 3), torch.zeros(2, 3)], dim=2)
    save(
        search.study.episodes_path(run),
        Episodes({"tcp_pos": tcp_pos}, torch.ones(2, 3).bool(), goal.float(), goal),
    )
    search.waiting("c001", source=SOURCE.replace("return tcp_pos[:, 0],", "return -tcp_pos[:, 0],"))
    search.waiting("c002", source=SOURCE.replace("return tcp_pos[:, 0],", "return tcp_pos[:, 0] ** 3,"))
    queued = search.ready()
    assert [candidate.id for candidate in queued] == ["c002", "c001"]
    assert [candidate.screening.outcome for candidate in queued if candidate.screening] == [1.0, 0.0]
    assert search.observer.stages == ["iteration 1: screening 2 programs on what 1 earlier candidates played"]
    search.study.episodes_path(run).unlink()
    assert search.ready() == queued
    assert len(search.observer.stages) == 1
