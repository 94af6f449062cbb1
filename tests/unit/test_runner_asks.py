"""When the loop asks its strategy for more, and when it tells it of what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.budget import Budget
from rewardsmith.config import StudyConfig
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, Event, Proposal, Trial
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training_desk import TrainingDesk
from tests.builders import trained
from tests.searching import AtOnce, Author, Rounds, Silent
from tests.toys import TOY

SMALL = StudyConfig("toy", candidates=4, finalists=1, final_seeds=0, baselines=False)


@dataclass
class Wide(AtOnce):
    """Remembers how many it was to have room for."""

    widths: list[int] = field(default_factory=list)

    def widen(self, width: int) -> None:
        self.widths.append(width)


class Stream(Rounds):
    """Is told of each by itself; keeps what it was asked for and told of."""

    samples, barrier = 9, False

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        self.heard: list[list[str]] = []

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        self.asked.append(list(names))
        return super().ask(names)

    def tell(self, trials: Sequence[Trial]) -> None:
        self.heard.append([trial.id for trial in trials])
        super().tell(trials)


class Batches(Stream):
    samples, barrier = 2, True


class Shy(Stream):
    """Proposes nothing after its first two."""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return super().ask(names)[:2] if not self.asked else super().ask(names)[:0]


class TestRoom:
    def search(
        self, folder: Path, strategy: Stream, observer: Silent | None = None, **changes: int
    ) -> tuple[list[Event], list[int], Wide]:
        """The events of a search, and in which iterations its candidates were proposed."""
        author, executor = Author(), Wide()
        parts = Parts(TOY, strategy, author, cast(Guard, author), executor, PpoSettings())
        with Study.create(folder, replace(SMALL, **changes)) as study:  # pyright: ignore[reportArgumentType]
            runner.run(study, parts, observer or Silent())
            return study.store.events(), [c.iteration for c in study.candidates], executor

    def test_without_a_barrier_so_many_are_under_way_and_each_is_told_of(self, tmp_path: Path):
        strategy = Stream()
        events, _, executor = self.search(tmp_path / "s", strategy, candidates=7, in_flight=3)
        under_way = 0
        for event in events:
            under_way += len(event.candidates) if event.kind == "asked" else -len(event.candidates)
            if "c006" in event.candidates:
                break  # the last, and there may be room for more
            assert under_way == 3 or event.kind == "told"
        assert strategy.asked[0] == ["c000", "c001", "c002"]
        assert all(strategy.asked), "it is asked for nothing where there is no room"
        assert list(chain(*strategy.asked)) == [f"c00{number}" for number in range(7)]
        assert sorted(chain(*strategy.heard)) == [f"c00{number}" for number in range(7)]
        assert max(executor.widths) == 3

    def test_with_one_it_is_asked_for_all_that_is_left_and_told_of_whole_batches(self, tmp_path: Path):
        strategy, observer = Batches(), Silent()
        events, iterations, executor = self.search(
            tmp_path / "s", strategy, observer, candidates=5, in_flight=3
        )
        names = [f"c00{number}" for number in range(5)]
        assert strategy.asked == [names, names[2:], names[4:]]
        assert strategy.heard == [names[:2], names[2:4], names[4:]]
        assert iterations == [0, 0, 1, 1, 2]
        assert [(event.kind, event.candidates, event.limit) for event in events][:3] == [
            ("asked", ("c000", "c001"), 5),
            ("told", ("c000", "c001"), 0),
            ("asked", ("c002", "c003"), 3),
        ]
        assert observer.stages == [
            "iteration 0: 2 programs to write and train",
            "iteration 1: 2 programs to write and train",
            "iteration 2: 1 programs to write and train",
        ]
        assert executor.widths[:4] == [0, 2, 2, 1]

    def test_a_search_ends_when_its_strategy_has_nothing_more(self, tmp_path: Path):
        events, iterations, _ = self.search(tmp_path / "s", Shy())
        assert iterations == [0, 0]
        assert sum(event.kind == "asked" for event in events) == 1


def test_an_iteration_is_what_was_asked_for_at_once_however_often_it_was_told_in_between(tmp_path: Path):
    author, budget, executor = Author(), Budget(4, proposed=2), Wide()
    parts = Parts(TOY, Batches(), author, cast(Guard, author), executor, PpoSettings())
    with Study.create(tmp_path / "s", SMALL) as study:
        for name in ("c000", "c001"):
            study.store.put_candidate(Candidate(name, 0, "initial"))
        study.store.add_event(Event("asked", ("c000", "c001"), 2))
        study.store.add_event(Event("told", ("c000",)))
        study.store.add_event(Event("told", ("c001",)))
        desk = TrainingDesk(study, parts, budget, Silent())
        runner.ask(study, parts, budget, desk, {}, Silent())
        assert [candidate.iteration for candidate in study.candidates] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("score", "followed_up", "over"),
    [
        (0.5, (), False),
        (0.5, ("verify",), False),
        (0.5, ("align", "verify"), True),
        (None, (), True),
    ],
)
def test_it_is_over_when_all_questions_about_it_are_answered_or_it_has_no_score(
    score: float | None, followed_up: tuple[str, ...], over: bool
):
    trial = trained("c000", score, follow_ups=("verify", "align"), followed_up=followed_up)
    assert runner.settled(trial) == over
