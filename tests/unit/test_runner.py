"""The loop, seen from the executor."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Report, ScoringJob, TrainingJob
from rewardsmith.parts import Parts
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
