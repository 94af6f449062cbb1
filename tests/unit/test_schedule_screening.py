from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.config import ScreenOptions, StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.errors import StoreError
from rewardsmith.records import Candidate, CandidateState, Screening
from rewardsmith.reward.guard import Guard
from rewardsmith.screening.screen_orders import Earlier, Fresh
from rewardsmith.study import Study
from rewardsmith.training.episodes import Episodes, save
from tests.scheduling import FAILED, SOURCE, Search, subjects
from tests.searching import Watching


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


def test_who_never_had_a_program_is_not_counted_among_those_of_whom_a_share_is_dropped(screened: Search):
    """Two fifths of four are one program, and of five they were two."""
    screened.study.config = replace(screened.study.config, screen=ScreenOptions(drop=0.4, twin=0.99))
    assert [candidate.id for candidate in screened.ready()] == ["c002", "c004", "c001"]


def test_who_is_dropped_is_told_of_with_the_reason(screened: Search):
    screened.observer = watching = Watching()
    screened.ready()
    assert watching.told == [("c001", "DROPPED"), ("c003", "DROPPED")]
    reasons = {candidate.id: candidate.reason for candidate in screened.study.candidates}
    end = "screening put it at the end of the queue"
    assert reasons == {"c001": end, "c002": "", "c003": end, "c004": "", "c005": ""}


class TestWhatIsScreened:
    """By a screening that is asked, and answers at once."""

    @pytest.fixture
    def asked(self, search: Search, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[str]]]:
        """Whose episodes are looked at, and whose programs on these."""
        search.study.config = replace(search.study.config, screening="order")
        found = list[tuple[list[str], list[str]]]()

        def screen(earlier: Sequence[Earlier], fresh: Sequence[Fresh]) -> dict[str, Screening]:
            for one in earlier:
                assert Path(one.episodes).is_file()
                assert one.program
            found.append(([one.candidate for one in earlier], [one.candidate for one in fresh]))
            return {"c009": screening(0.1), fresh[-1].candidate: screening(0.9)}

        monkeypatch.setattr("rewardsmith.schedule.screen", screen)
        return found

    def played(self, search: Search, *names: str, iteration: int = 0) -> None:
        """Candidates that were trained, and their episodes."""
        for name in names:
            path = search.study.episodes_path(search.trained(search.waiting(name, iteration), 0.5))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def test_where_nobody_played_nothing_is(self, search: Search, asked: list[object]):
        search.trained(search.waiting("c000", 0), 0.5)
        search.waiting("c001", 0)
        assert [candidate.id for candidate in search.ready(0)] == ["c001"]
        search.waiting("c002")
        assert [candidate.id for candidate in search.ready()] == ["c002"]
        assert (asked, search.observer.stages) == ([], [])

    def test_those_of_its_own_iteration_and_who_was_never_trained_say_nothing(
        self, search: Search, asked: list[object]
    ):
        self.played(search, "c000")
        search.waiting("c001", 0)
        self.played(search, "c002", iteration=1)
        search.waiting("c003")
        assert [candidate.id for candidate in search.ready()] == ["c003"]
        assert asked == [(["c000"], ["c002", "c003"])]
        assert search.study.store.candidates()["c003"].screening == screening(0.9)

    def test_the_latest_are_remembered(self, search: Search, asked: list[object]):
        search.study.config = replace(search.study.config, screen=ScreenOptions(remember=2))
        self.played(search, "c000", "c001", "c002")
        search.waiting("c003")
        search.ready()
        assert asked == [(["c001", "c002"], ["c003"])]

    def test_what_was_found_once_stays(self, search: Search, asked: list[object]):
        """Of a program that failed nothing is found, and it is looked at again with the others."""
        self.played(search, "c000")
        search.waiting("c001", screening=screening(0.2))
        search.waiting("c002")
        search.waiting("c003")
        assert [candidate.id for candidate in search.ready()] == ["c003", "c002", "c001"]
        known = {candidate.id: candidate.screening for candidate in search.study.candidates}
        assert known == {"c000": None, "c001": screening(0.2), "c002": None, "c003": screening(0.9)}

    def test_who_is_under_way_is_not_looked_at_again(self, search: Search, asked: list[object]):
        """A repaired candidate keeps the place of its first program, of which nothing was known."""
        self.played(search, "c000")
        first = search.waiting("c001")
        search.trained(first, 0.5, state=FAILED)
        search.waiting("c001", source=SOURCE.replace("0]", "1]"))
        assert [candidate.id for candidate in search.ready()] == ["c001"]
        assert asked == []
        search.waiting("c002", screening=screening(0.4))
        assert [candidate.id for candidate in search.ready()] == ["c001", "c002"]
        assert asked == []

    @pytest.mark.parametrize("name", ["c000", "c001"])
    def test_a_program_that_is_no_print_of_its_source_is_never_run(
        self, search: Search, asked: list[object], name: str
    ):
        self.played(search, "c000")
        search.waiting("c001")
        forged = replace(search.study.store.candidates()[name], program="import os\n")
        search.study.store.put_candidate(forged)
        with pytest.raises(StoreError, match=f"the program of {name} in .* is refused"):
            search.ready()
        assert asked == []
