"""A search that was stopped goes on as one that was not: its
strategy is asked and told the same again."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from rewardsmith import runner
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import Report, ScoringJob, Strategy, Task
from rewardsmith.errors import StoreError
from rewardsmith.event_replay import replay
from rewardsmith.fitness import Beliefs
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, CandidateState, Event, Proposal, Score, Trial
from rewardsmith.registry import STRATEGIES, WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from tests.builders import keep, trained
from tests.playing import Player
from tests.searching import AtOnce, Silent

BUDGET, IN_FLIGHT = 32, 7


def build(name: str, barrier: bool = True, **options: Any) -> Strategy:
    plugin = STRATEGIES.load(name)
    return plugin(3, BUDGET, from_mapping(plugin.Options, {"barrier": barrier, **options}))


def result(candidate: Candidate) -> Trial:
    """Every fifth candidate fails."""
    chance = random.Random(candidate.id)
    score, judgement = (
        (None, None) if int(candidate.id[1:]) % 5 == 4 else (chance.random(), chance.uniform(-1, 1))
    )
    fields = {name: getattr(candidate, name) for name in ("iteration", "operator", "parents", "follow_ups")}
    return trained(candidate.id, score, judgement=judgement, followed_up=candidate.follow_ups, **fields)


def spend(study: Study, strategy: Strategy, look: Callable[[Sequence[str]], None]) -> None:
    """Spend the budget and keep what the runner keeps; ``look`` at who
    is not told of yet after every event."""
    player, chance = Player(strategy), random.Random(1)
    pending: list[Candidate] = []
    while player.proposed < BUDGET or pending:
        room = min(BUDGET - player.proposed, BUDGET if strategy.barrier else IN_FLIGHT - len(pending))
        first = player.proposed
        if proposals := player.ask(room):
            made = [
                Candidate(f"c{first + n:03d}", 0, p.operator, p.parents, p.follow_ups)
                for n, p in enumerate(proposals)
            ]
            for candidate in made:
                study.store.put_candidate(candidate)
            study.store.add_event(Event("asked", tuple(candidate.id for candidate in made), room))
            pending += made
            look([candidate.id for candidate in pending])
        lot = pending if strategy.barrier else chance.sample(pending, 1 + int(chance.random() * len(pending)))
        trials = [result(candidate) for candidate in lot]
        keep(study, *trials)
        study.store.add_event(Event("told", tuple(trial.id for trial in trials)))
        player.tell(*trials)
        pending = [candidate for candidate in pending if candidate not in lot]
        look([candidate.id for candidate in pending])


def follow(strategy: Strategy, study: Study, events: Sequence[Event], first: int) -> list[Proposal]:
    """What a strategy proposes when the rest of a search happens to it."""
    player, found = Player(strategy), list[Proposal]()
    player.proposed = first
    for event in events:
        if event.kind == "asked":
            found += player.ask(event.limit)
        else:
            player.tell(*[trial for name in event.candidates if (trial := study.trial(name))])
    return found


@pytest.mark.parametrize("barrier", [True, False])
@pytest.mark.parametrize("name", STRATEGIES.names())
def test_stopped_after_any_event_it_goes_on_as_it_would_have(tmp_path: Path, name: str, barrier: bool):
    stopped: list[tuple[int, int, Strategy]] = []
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:

        def look(pending: Sequence[str]) -> None:
            resumed = build(name, barrier)
            assert sorted(replay(study, resumed, Beliefs())) == sorted(pending)
            stopped.append((len(study.store.events()), len(study.candidates), resumed))

        spend(study, build(name, barrier), look)
        events, candidates = study.store.events(), study.candidates
        assert len(stopped) == len(events)
        for seen, proposed, resumed in stopped:
            expected = [Proposal(c.operator, c.parents, c.follow_ups) for c in candidates[proposed:]]
            assert follow(resumed, study, events[seen:], proposed) == expected


class Uneven(AtOnce):
    """Every candidate has another score."""

    def score(self, job: ScoringJob) -> None:
        self.reports.append(
            Report(score=(job.run, Score(random.Random(job.run).random(), 0.0, 2, seed=job.seed)))
        )


def search(
    folder: Path, name: str, barrier: bool, guard: Guard, task: Task
) -> tuple[list[Event], list[Candidate], dict[str, Score]]:
    """Search, or go on with it; everything that is in the store then."""
    parts = Parts(
        task,
        build(name, barrier),
        WRITERS.load("grammar")(LanguageModelOptions()),
        guard,
        Uneven(),
        PpoSettings(),
    )
    config = StudyConfig("franka-reach", strategy=name, candidates=14, finalists=1, final_seeds=0)
    with Study.open(folder, write=True) if folder.exists() else Study.create(folder, config) as study:
        runner.run(study, parts, Silent())
        return study.store.events(), study.candidates, study.store.scores()


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_a_search_that_ends_after_every_event_ends_where_others_do(
    guard: Guard, reach: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    expected = search(tmp_path / "whole", name, True, guard, reach)
    kills = interrupt_after_events(monkeypatch)
    while True:
        try:
            found = search(tmp_path / "pieces", name, True, guard, reach)
        except KeyboardInterrupt:
            continue
        break
    assert found == expected
    assert len(kills) == len(expected[0]) >= 2


def test_without_a_barrier_each_candidate_is_told_of_once_however_often_it_ends(
    guard: Guard, reach: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kills = interrupt_after_events(monkeypatch)
    while True:
        try:
            events, candidates, _ = search(tmp_path / "s", "rf-agent", False, guard, reach)
        except KeyboardInterrupt:
            continue
        break
    names = [candidate.id for candidate in candidates]
    assert [name for event in events if event.kind == "asked" for name in event.candidates] == names
    assert sorted(name for event in events if event.kind == "told" for name in event.candidates) == names
    assert len(names) == 14
    assert len(kills) == len(events)


def interrupt_after_events(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on the loop is interrupted as soon as there is
    another event; the numbers of events then."""
    kills: list[int] = []

    def mortal(step: Callable[..., None]) -> Callable[..., None]:
        def perform(study: Study, *others: object) -> None:
            before = len(study.store.events())
            step(study, *others)
            if (now := len(study.store.events())) > before:
                kills.append(now)
                raise KeyboardInterrupt

        return perform

    monkeypatch.setattr(runner, "ask", mortal(runner.ask))
    monkeypatch.setattr(runner, "tell", mortal(runner.tell))
    return kills


class TestWhatDoesNotFit:
    """The study of a greedy search: four candidates asked for, told of, and four more asked for."""

    @pytest.fixture
    def study(self, tmp_path: Path):
        with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as made:
            strategy = Player(build("eureka"))
            for first in (0, 4):
                candidates = [
                    Candidate(f"c{first + n:03d}", first // 4, p.operator, p.parents)
                    for n, p in enumerate(strategy.ask(8))
                ]
                trials = [
                    trained(c.id, 0.1 * int(c.id[1:]), operator=c.operator, parents=c.parents)
                    for c in candidates
                ]
                keep(made, *trials)
                made.store.add_event(Event("asked", tuple(c.id for c in candidates), 8))
                if first == 0:
                    made.store.add_event(Event("told", tuple(c.id for c in candidates)))
                    strategy.tell(*trials)
            yield made

    def refuses(self, study: Study, message: str, *events: Event, strategy: Strategy | None = None) -> None:
        """These events more are refused, and nothing is written."""
        for event in events:
            study.store.add_event(event)
        before = rows(study)
        with pytest.raises(StoreError, match=rf"does not fit its strategy: {message}.*start a new study"):
            replay(study, strategy or build("eureka"), Beliefs())
        assert rows(study) == before

    def test_what_fits(self, study: Study):
        assert list(replay(study, build("eureka"), Beliefs())) == ["c004", "c005", "c006", "c007"]

    @pytest.mark.parametrize(
        ("name", "options", "message"),
        [
            ("eureka", {"samples": 3}, "it proposed 4 programs, and now proposes 3"),
            (
                "random",
                {"samples": 4},
                r"c004 is recorded as reflect of \('c003',\), but the strategy now proposes initial of \(\)",
            ),
            (
                "rf-agent",
                {"initial": 4},
                "c000 is recorded as initial of .*, but the strategy now proposes initial of",
            ),
        ],
    )
    def test_another_strategy(self, study: Study, name: str, options: dict[str, Any], message: str):
        self.refuses(study, message, strategy=build(name, **options))

    @pytest.mark.parametrize("told", [("c000",), ("c004", "c000"), ("c000", "c000")])
    def test_told_of_what_was_told_before(self, study: Study, told: tuple[str, ...]):
        self.refuses(study, "it was told of c000, ", Event("told", told))

    def test_told_of_one_twice_at_once(self, study: Study):
        self.refuses(study, "it was told of c004, ", Event("told", ("c005", "c004", "c004")))

    def test_told_of_what_is_not_there(self, study: Study):
        self.refuses(study, "c999 is missing", Event("told", ("c004", "c999")))

    def test_told_of_what_is_not_at_its_end(self, study: Study):
        candidate = study.candidates[-1]
        study.store.put_candidate(dataclasses.replace(candidate, state=CandidateState.PROPOSED))
        self.refuses(study, "it was told of c007, ", Event("told", ("c007",)))

    def test_told_before_it_was_asked(self, tmp_path: Path):
        with Study.create(tmp_path / "early", StudyConfig("franka-reach")) as study:
            keep(study, trained("c000", 0.5))
            self.refuses(
                study, "it was told of c000, ", Event("told", ("c000",)), Event("asked", ("c000",), 1)
            )

    @pytest.mark.parametrize(
        "asked", [("c009", "c008"), ("c008", "c010"), ("c008", "c008"), ("c000", "c001")]
    )
    def test_asked_for_others_than_the_next(self, study: Study, asked: tuple[str, ...]):
        keep(study, *[trained(f"c{n:03d}", 0.5, operator="reflect", parents=("c007",)) for n in (8, 9, 10)])
        told, wrong = Event("told", ("c004", "c005", "c006", "c007")), asked[asked[0] == "c008"]
        self.refuses(study, f"it proposed {wrong} where c00[89] comes next", told, Event("asked", asked, 2))

    def test_a_candidate_that_is_missing(self, tmp_path: Path):
        with Study.create(tmp_path / "gap", StudyConfig("franka-reach")) as study:
            keep(study, *[trained(f"c{n:03d}", 0.5) for n in (0, 1, 3)])
            self.refuses(study, "c002 is missing", Event("asked", ("c000", "c001", "c002", "c003"), 4))

    def test_a_candidate_that_nobody_proposed(self, study: Study):
        keep(study, trained("c008", 0.5))
        self.refuses(study, "it never proposed c008")

    def test_the_loop_writes_nothing_either(self, study: Study, guard: Guard, reach: Task):
        writer = WRITERS.load("grammar")(LanguageModelOptions())
        study.store.add_event(Event("told", ("c000",)))
        before = rows(study)
        with pytest.raises(StoreError, match="does not fit its strategy"):
            runner.run(study, Parts(reach, build("eureka"), writer, guard, AtOnce(), PpoSettings()), Silent())
        assert rows(study) == before

    def test_room_for_more_than_any_search_has_is_no_record(self, study: Study):
        """Names are made for all of it."""
        with pytest.raises(StoreError, match=r"Event\.limit"):
            study.store.add_event(Event("asked", ("c008",), 10**9))


def rows(study: Study) -> list[str]:
    """All that is in the database."""
    database = sqlite3.connect(f"file:{study.folder / 'study.db'}?mode=ro", uri=True)
    try:
        return list(database.iterdump())
    finally:
        database.close()
