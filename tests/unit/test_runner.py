"""The loop, seen from the executor."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Report, ScoringJob, TrainingJob
from rewardsmith.library import Library
from rewardsmith.parts import Parts
from rewardsmith.records import Given, Verdict
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
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


def go(study: Study, executor: Watched) -> None:
    author = Author()
    strategy = Fours()
    runner.run(study, Parts(TOY, strategy, author, cast(Guard, author), executor, PpoSettings()), Silent())


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
