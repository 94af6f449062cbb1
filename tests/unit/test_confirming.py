"""Promising programs are trained again before a strategy hears of their batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.budget import Budget
from rewardsmith.config import StudyConfig
from rewardsmith.confirming import confirm
from rewardsmith.contracts import Report, ScoringJob, TrainingJob, TrainingResult
from rewardsmith.errors import UsageError
from rewardsmith.fitness import Beliefs
from rewardsmith.parts import Parts, assemble
from rewardsmith.records import CandidateState, Fault, Purpose, RunState, Score
from rewardsmith.reports.best_so_far import best_so_far
from rewardsmith.reports.comparison_rows import search_row
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training_desk import TrainingDesk
from tests.builders import trained
from tests.searching import AtOnce, Author, Fours, Silent
from tests.toys import TOY

MEANS = {"c000": 0.7, "c001": 0.2, "c002": 0.6, "c003": 0.1}
"""First scores of the first batch; all others are 0.5, and the second of c000 is 0.3."""


@dataclass
class Scored(AtOnce):
    """Scores by the run's name; may be stopped when it comes to one."""

    stop_at: str = ""
    trained: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    means: Mapping[str, float] = field(
        default_factory=lambda: (
            {f"{name}-search-0": mean for name, mean in MEANS.items()} | {"c000-confirm-0": 0.3}
        )
    )

    def widen(self, width: int) -> None:
        self.widths.append(width)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        if job.run == self.stop_at:
            raise KeyboardInterrupt
        self.trained.append(job.run)
        super().train(job, scoring)

    def score(self, job: ScoringJob) -> None:
        mean = self.means.get(job.run, 0.5)
        self.reports.append(Report(score=(job.run, Score(mean, 0.01, 128, seed=job.seed))))


CONFIG = StudyConfig("toy", candidates=12, finalists=1, final_seeds=0, baselines=False, confirm=0.5)


def go(study: Study, executor: Scored) -> Fours:
    author, strategy = Author(), Fours()
    beliefs = Beliefs(study.config.fitness)
    guard = cast(Guard, author)
    parts = Parts(TOY, strategy, author, guard, executor, PpoSettings(), beliefs=beliefs)
    runner.run(study, parts, Silent())
    return strategy


def test_two_of_four_are_trained_again_and_the_mean_is_told(tmp_path: Path):
    executor = Scored()
    with Study.create(tmp_path / "s", CONFIG) as study:
        strategy = go(study, executor)
        assert executor.trained[:6] == [
            *(f"{name}-search-0" for name in MEANS), "c000-confirm-0", "c002-confirm-0",
        ]  # fmt: skip
        assert strategy.heard[0] == pytest.approx({"c000": 0.5, "c001": 0.2, "c002": 0.55, "c003": 0.1})
        assert study.candidates[4].parents == ("c002",)
        # four and two, four and two: twelve trainings in all
        assert len(study.candidates) == 8
        assert len(study.runs_for(Purpose.SEARCH, Purpose.CONFIRM)) == 12
        assert len({run.seed for run in study.runs}) == 12
        row = search_row(study, "s")
        assert (row.trainings, row.candidates, row.search_score) == (12, 8, study.best and study.best.fitness)
        curve = best_so_far("toy", "x", 0, study.trials)
        assert [(point.trainings, point.best) for point in curve.points[:4]] == [
            (2, pytest.approx(0.5)), (3, pytest.approx(0.5)), (5, pytest.approx(0.55)),
            (6, pytest.approx(0.55)),
        ]  # fmt: skip
        trial = study.trial("c000")
        assert trial is not None
        assert [score.mean for score in trial.scores] == [0.7, 0.3]
        assert trial.scores[0].seed != trial.scores[1].seed


class OneByOne(Scored):
    """Says one thing at a time, and nothing in between."""

    said = False

    def next(self, timeout_s: float) -> Report | None:
        self.said = not self.said
        return super().next(timeout_s) if self.said else None


def test_the_strategy_hears_of_a_batch_once_all_of_that_is_done(tmp_path: Path):
    executor = OneByOne()
    with Study.create(tmp_path / "s", CONFIG) as study:
        heard = go(study, executor).heard
    assert len(executor.trained) == len(set(executor.trained)) == 12
    assert heard[0] == pytest.approx({"c000": 0.5, "c001": 0.2, "c002": 0.55, "c003": 0.1})
    assert 2 in executor.widths


@pytest.mark.parametrize(("candidates", "proposed"), [(12, 8), (11, 8), (10, 8), (9, 7), (6, 4), (5, 4)])
def test_all_trainings_together_are_as_many_as_candidates(candidates: int, proposed: int, tmp_path: Path):
    with Study.create(tmp_path / "s", replace(CONFIG, candidates=candidates)) as study:
        go(study, Scored())
        assert len(study.candidates) == proposed
        assert len(study.runs_for(Purpose.SEARCH, Purpose.CONFIRM)) == candidates


def test_a_training_that_fails_confirms_nothing_and_ends_nothing(tmp_path: Path):
    class Failing(Scored):
        def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
            if job.run != "c000-confirm-0":
                super().train(job, scoring)
                return
            failed = TrainingResult(job.run, RunState.FAILED, Fault.DIVERGED, "not finite")
            self.reports.append(Report(result=failed))

    with Study.create(tmp_path / "s", CONFIG) as study:
        heard = go(study, Failing()).heard
        assert heard[0] == pytest.approx({"c000": 0.7, "c001": 0.2, "c002": 0.55, "c003": 0.1})
        assert study.candidates[0].state == CandidateState.ACCEPTED


def test_nothing_is_confirmed_once_the_time_is_up(tmp_path: Path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        budget = Budget(12, max_hours=1.0, earlier_s=3600.0, proposed=4)
        batch = [trained(f"c{number:03d}", 0.1 * number) for number in range(4)]
        assert confirm(study, cast(Parts, None), budget, cast(TrainingDesk, None), batch) is batch
        budget = Budget(12, proposed=4, stopped="max_usd")
        assert confirm(study, cast(Parts, None), budget, cast(TrainingDesk, None), batch) is batch


@pytest.mark.parametrize("fitness", ["score", "posterior"])
@pytest.mark.parametrize("stop_at", ["c000-search-0", "c000-confirm-0", "c002-confirm-0", "c006-search-0"])
def test_a_resumed_search_confirms_the_same(stop_at: str, fitness: str, tmp_path: Path):
    config = replace(CONFIG, fitness=fitness)
    with Study.create(tmp_path / "whole", config) as study:
        whole = go(study, Scored()).heard
        names = [run.id for run in study.runs]
    with Study.create(tmp_path / "s", config) as study, pytest.raises(KeyboardInterrupt):
        go(study, Scored(stop_at=stop_at))
    with Study.open(tmp_path / "s", write=True) as study:
        executor = Scored()
        heard = go(study, executor).heard
        assert heard == whole
        assert sorted(run.id for run in study.runs) == sorted(names)
        assert stop_at in executor.trained


def test_the_posterior_is_told_and_shown(tmp_path: Path):
    with Study.create(tmp_path / "s", replace(CONFIG, fitness="posterior")) as study:
        heard = go(study, Scored()).heard[0]
        order = [heard[name] or 0.0 for name in ("c003", "c001", "c000", "c002")]
        assert order == sorted(order)
        assert order[0] > 0.1
        assert order[-1] < 0.55
        assert study.best is not None
        assert study.best.id == "c002"


def test_without_a_barrier_there_is_no_batch_to_look_at(tmp_path: Path):
    config = StudyConfig("franka-reach", confirm=0.5, strategy_options={"barrier": False})
    with pytest.raises(UsageError, match="whole batches"):
        assemble(config, tmp_path / "s")


@pytest.mark.parametrize("share", [-0.1, 4.5, float("nan")])
def test_impossible_shares(share: float):
    with pytest.raises(UsageError, match="give a share from 0 to 4"):
        StudyConfig("toy", confirm=share).check()
