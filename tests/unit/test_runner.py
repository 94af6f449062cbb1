"""The loop, seen from the executor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Brief, Ledger, Report, ScoringJob, TrainingJob
from rewardsmith.errors import NothingTrainedError
from rewardsmith.library import Library
from rewardsmith.parts import Parts
from rewardsmith.records import Draft, Given, Verdict
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training_desk import TrainingDesk
from rewardsmith.writing_desk import WritingDesk
from tests.searching import AtOnce, Author, Rounds, Silent
from tests.toys import TOY


@dataclass
class Watched(AtOnce):
    """Remembers what it was told, in order; may be stopped before it trains anything."""

    stopped: bool = False
    told: list[str | int] = field(default_factory=list)

    def widen(self, width: int) -> None:
        self.told.append(width)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.told.append(job.run)
        super().train(job, scoring)

    def next(self, timeout_s: float) -> Report | None:
        if self.stopped:
            raise KeyboardInterrupt
        return super().next(timeout_s)


class Fours(Rounds):
    samples = 4


SMALL = StudyConfig("toy", candidates=4, finalists=1, final_seeds=0, baselines=False)


def go(study: Study, executor: Watched, author: Author | None = None, observer: Silent | None = None) -> None:
    author, strategy = author or Author(), Fours()
    parts = Parts(TOY, strategy, author, cast(Guard, author), executor, PpoSettings())
    runner.run(study, parts, observer or Silent())


def test_a_resumed_search_trains_as_many_at_a_time_as_before(tmp_path: Path):
    config = StudyConfig("toy", candidates=4, finalists=1, final_seeds=0, baselines=False)
    first, second = Watched(stopped=True), Watched()
    with Study.create(tmp_path / "s", config) as study, pytest.raises(KeyboardInterrupt):
        go(study, first)
    with Study.open(tmp_path / "s", write=True) as study:
        go(study, second)
    assert second.told[0] == 4
    assert set(second.told[1:]) >= {f"c00{number}-search-0" for number in range(4)}


def test_a_search_whose_trainings_others_made_goes_on_to_its_end(tmp_path: Path):
    """It takes a whole iteration from them at once; nothing is under way then, and more is due."""
    config = StudyConfig("toy", candidates=6, finalists=1, final_seeds=0, baselines=False)
    author, executors = Author(), (Watched(), Watched())
    libraries = [Library()]
    for name, executor in zip(("first", "second"), executors, strict=True):
        with Study.create(tmp_path / name, config) as study:
            guard = cast(Guard, author)
            parts = Parts(TOY, Rounds(), author, guard, executor, PpoSettings(), libraries[-1])
            runner.run(study, parts, Silent())
            assert [trial.state for trial in study.trials] == ["SCORED"] * 6
            for run in study.runs:
                study.policy_path(run).parent.mkdir(parents=True, exist_ok=True)
                study.policy_path(run).write_bytes(b"a policy")
            libraries.append(Library([study]))
    assert len([told for told in executors[0].told if isinstance(told, str)]) == 6
    assert not [told for told in executors[1].told if isinstance(told, str)], "nothing is trained twice"


def test_what_people_gave_and_the_guard_refuses_does_not_end_a_search(tmp_path: Path):
    """It is at its end at once, before anything is under way."""

    class Strict(Author):
        def check(self, source: str, task: object) -> Verdict:
            return Verdict(not source.startswith("bad"), program=source)

    config = StudyConfig("toy", candidates=4, finalists=1, final_seeds=0, baselines=False)
    author, given = Strict(), [Given("bad", "a.py"), Given("bad", "b.py")]
    with Study.create(tmp_path / "s", config, given) as study:
        guard = cast(Guard, author)
        runner.run(study, Parts(TOY, Rounds(), author, guard, Watched(), PpoSettings()), Silent())
        assert [trial.state for trial in study.trials] == ["REJECTED", "REJECTED", "SCORED", "SCORED"]


@dataclass
class Poor(Author):
    """Writes so many programs, and then is out of money."""

    programs: int = 0

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        self.programs -= 1
        return (
            Draft(brief.candidate, withheld="max_usd of 1")
            if self.programs < 0
            else super().write(brief, ledger)
        )


class TestItsEnd:
    CONFIG = replace(SMALL, baselines=True, final_seeds=1)

    def test_a_whole_search_has_one(self, tmp_path: Path):
        executor = Watched()
        with Study.create(tmp_path / "s", self.CONFIG) as study:
            go(study, executor)
            assert (study.store.value("stopped"), study.finished) == ("", True)
        assert [told for told in executor.told if "-search-" not in str(told)] == [
            0, 4, 3, "c000-final-0", "human-baseline-0", "sparse-baseline-0"
        ]  # fmt: skip

    def test_a_limit_before_any_score_is_told_and_nothing_is_compared(self, tmp_path: Path):
        observer, executor = Silent(), Watched()
        with Study.create(tmp_path / "s", self.CONFIG) as study:
            with pytest.raises(NothingTrainedError, match="stopped by max_usd of 1, before any candidate"):
                go(study, executor, Poor(), observer)
            assert (study.store.value("stopped"), study.finished) == ("max_usd of 1", True)
        assert executor.told == [0, 4]
        assert observer.stages[-1] == "stopped by max_usd of 1"

    def test_a_limit_after_some_scores_compares_the_best_of_these(self, tmp_path: Path):
        observer, executor = Silent(), Watched()
        with Study.create(tmp_path / "s", self.CONFIG) as study:
            go(study, executor, Poor(programs=2), observer)
            assert (study.store.value("stopped"), study.finished) == ("max_usd of 1", True)
            assert [trial.state for trial in study.trials] == ["SCORED", "SCORED", "PROPOSED", "PROPOSED"]
        assert executor.told[-3:] == ["c000-final-0", "human-baseline-0", "sparse-baseline-0"]
        assert "stopped by max_usd of 1" in observer.stages

    def test_the_baselines_are_trained_even_if_no_candidate_was(self, tmp_path: Path):
        class Strict(Author):
            def check(self, source: str, task: object) -> Verdict:
                return Verdict(source == TOY.human_reward, program=source, message="no")

        executor = Watched()
        with Study.create(tmp_path / "s", self.CONFIG) as study:
            with pytest.raises(NothingTrainedError, match="all 4 candidates failed"):
                go(study, executor, Strict())
            assert study.finished
        assert executor.told[-2:] == ["human-baseline-0", "sparse-baseline-0"]

    def test_without_time_for_the_comparison_it_is_not_finished(self, tmp_path: Path):
        """The time of earlier processes counts."""
        with Study.create(tmp_path / "s", replace(self.CONFIG, max_hours=1.0)) as study:
            study.store.put_value("seconds", "3000")
            go(study, Watched())
            assert study.finished
        executor = Watched()
        with Study.create(tmp_path / "late", replace(self.CONFIG, max_hours=1.0)) as study:
            study.store.put_value("seconds", "3600")
            with pytest.raises(NothingTrainedError, match=r"max_hours of 1 h: the search took 1\.00 h"):
                go(study, executor)
            assert (study.finished, executor.told) == (False, [0])


def test_how_long_it_took_is_kept_as_it_goes(tmp_path: Path):
    """To a tenth of a second, on top of what earlier processes took."""
    with Study.create(tmp_path / "s", SMALL) as study:
        study.store.put_value("seconds", "7200.25")
        go(study, Watched())
        kept = study.store.value("seconds") or ""
        assert kept != "7200.25"
        assert 7200.2 <= float(kept) < 10_000
        assert runner._budget(study).earlier_s == float(kept)
    with Study.create(tmp_path / "new", SMALL) as study:
        assert runner._budget(study).earlier_s == 0.0


@dataclass
class Slow(Watched):
    """Says nothing until all four are queued, and for a while after that."""

    looks: int = 0

    def next(self, timeout_s: float) -> Report | None:
        self.looks += len([told for told in self.told if isinstance(told, str)]) == 4
        return super().next(timeout_s) if self.looks > 3 else None


def test_who_wrote_is_given_more_at_once_and_else_trainings_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found: list[tuple[bool, bool]] = []
    settle, wait = WritingDesk.settle, TrainingDesk.wait
    patient = settled = False

    def settles(desk: WritingDesk, *, wait_for_one: bool = False) -> bool:
        nonlocal patient, settled
        patient, settled = wait_for_one, settle(desk, wait_for_one=wait_for_one)
        return settled

    def waits(desk: TrainingDesk, timeout_s: float) -> None:
        found.append((settled, timeout_s > 0.0))
        assert patient != desk.busy, "while nothing is trained, a reply is waited for"
        wait(desk, timeout_s)

    monkeypatch.setattr(WritingDesk, "settle", settles)
    monkeypatch.setattr(TrainingDesk, "wait", waits)
    with Study.create(tmp_path / "s", SMALL) as study:
        go(study, Slow())
    assert set(found) == {(True, False), (False, True)}


def test_a_search_that_goes_on_with_more_candidates_is_not_finished_until_then(tmp_path: Path):
    class Killed(Author):
        def write(self, brief: Brief, ledger: Ledger) -> Draft:
            raise KeyboardInterrupt

    with Study.create(tmp_path / "s", SMALL) as study:
        go(study, Watched())
        assert study.finished
        study.config = replace(SMALL, candidates=SMALL.candidates + 2)
        with pytest.raises(KeyboardInterrupt):
            go(study, Watched(), Killed())
        assert not study.finished
