"""Who is trained again after the search, on which seeds, and who wins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import SPARSE, Report, ScoringJob, TrainingJob
from rewardsmith.parts import Parts
from rewardsmith.records import Fault, Purpose, RunState, Score
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from tests.searching import AtOnce, Author, Rounds, Silent
from tests.toys import TOY

SEARCH = {"c000": 0.1, "c001": 0.9, "c002": 0.5, "c003": 0.8, "c004": 0.8, "c005": 0.2}
FRESH = {
    "c001": (0.3, 0.4), "c003": (0.7, 0.6), "c004": (0.9, 0.1), "c002": (0.0, 0.0),
}  # fmt: skip


class Sixes(Rounds):
    samples = 6


@dataclass
class Table(AtOnce):
    """Scores from the tables above, or from one of its own; remembers what it was asked for."""

    search: dict[str, float] = field(default_factory=lambda: SEARCH)
    jobs: dict[str, TrainingJob] = field(default_factory=dict)
    scored: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def widen(self, width: int) -> None:
        self.widths.append(width)

    def next(self, timeout_s: float) -> Report | None:
        self.waits.append(timeout_s)
        return super().next(timeout_s)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        self.jobs[job.run] = job
        super().train(job, scoring)

    def score(self, job: ScoringJob) -> None:
        subject, purpose, number = job.run.split("-")
        self.scored.append(job.run)
        table = {"search": (self.search.get(subject),), "finalist": FRESH.get(subject)}.get(purpose)
        mean = table[int(number)] if table else 0.55
        assert mean is not None
        self.reports.append(Report(score=(job.run, Score(mean, 0.0, 2, seed=job.seed))))


def searched(
    folder: Path,
    author: Author | None = None,
    executor: Table | None = None,
    observer: Silent | None = None,
    **changes: object,
) -> tuple[Study, Table]:
    author, executor = author or Author(), executor or Table()
    options = {"candidates": 6, "finalists": 3, "finalist_seeds": 2, "final_seeds": 2, **changes}
    config = StudyConfig("toy", **options)
    parts = Parts(TOY, Sixes(), author, cast(Guard, author), executor, PpoSettings())
    study = Study.create(folder, config)
    runner.run(study, parts, observer or Silent())
    return study, executor


def resumed(study: Study) -> Table:
    """Go on with it; what that takes."""
    author, executor = Author(), Table()
    parts = Parts(TOY, Sixes(), author, cast(Guard, author), executor, PpoSettings())
    runner.run(study, parts, Silent())
    return executor


def test_the_best_of_the_search_are_trained_again_the_first_of_equals_first(tmp_path: Path):
    study, _ = searched(tmp_path / "s")
    assert [run.id for run in study.runs_for(Purpose.FINALIST)] == [
        f"{name}-finalist-{number}" for name in ("c001", "c003", "c004") for number in (0, 1)
    ]


def test_the_best_mean_of_fresh_seeds_wins_and_the_search_score_counts_for_nothing(tmp_path: Path):
    study, _ = searched(tmp_path / "s")
    assert study.finalists == {
        "c001": pytest.approx(0.35),
        "c003": pytest.approx(0.65),
        "c004": pytest.approx(0.5),
    }
    assert study.winner
    assert study.winner.id == "c003"
    assert study.best
    assert study.best.id == "c001"


def test_no_program_is_a_finalist_twice(tmp_path: Path):
    study, _ = searched(tmp_path / "s", Author({"c004": "c003"}))
    assert list(study.finalists) == ["c001", "c003", "c002"]


def test_finalists_share_seeds_and_what_is_told_of_the_winner_has_others(tmp_path: Path):
    study, executor = searched(tmp_path / "s")
    seeds = {name: job.seed for name, job in executor.jobs.items()}
    picked = {name: job.evaluation_seed for name, job in executor.jobs.items()}
    chosen = [seeds[f"c001-finalist-{number}"] for number in (0, 1)]
    assert chosen == [seeds[f"c004-finalist-{number}"] for number in (0, 1)]
    told = [seeds[f"c003-final-{number}"] for number in (0, 1)]
    for name in ("human", "sparse"):
        assert told == [seeds[f"{name}-baseline-{number}"] for number in (0, 1)]
        assert picked[f"{name}-baseline-0"] == picked["c003-final-0"]
    assert len({*chosen, *told, *(seeds[f"{name}-search-0"] for name in SEARCH)}) == 10
    assert len({picked["c003-search-0"], picked["c003-finalist-0"], picked["c003-final-0"]}) == 3
    assert executor.jobs["sparse-baseline-0"].program == SPARSE
    assert executor.jobs["human-baseline-0"].program == TOY.human_reward
    assert len(executor.jobs) == 6 + 6 + 6
    assert len(study.runs_for(Purpose.FINAL)) == 2


def test_a_single_finalist_is_the_best_of_the_search_and_trained_for_the_report_only(tmp_path: Path):
    study, executor = searched(tmp_path / "s", finalists=1)
    assert study.winner
    assert study.winner.id == "c001"
    assert study.finalists == {}
    assert len(executor.jobs) == 6 + 6


def test_without_baselines_the_winner_is_trained_alone(tmp_path: Path):
    _, executor = searched(tmp_path / "s", baselines=False)
    assert len(executor.jobs) == 6 + 6 + 2


def test_nothing_is_trained_for_a_report_that_nobody_wants(tmp_path: Path):
    _, executor = searched(tmp_path / "s", baselines=False, final_seeds=0)
    assert len(executor.jobs) == 6 + 6


def test_what_is_at_its_end_is_not_trained_again(tmp_path: Path):
    study, _ = searched(tmp_path / "s")
    again = resumed(study)
    assert (again.jobs, again.scored) == ({}, [])


def test_what_failed_after_the_search_is_not_tried_again_and_what_has_no_score_is_scored(tmp_path: Path):
    study, _ = searched(tmp_path / "s", final_seeds=0)
    run = replace(study.store.runs()["c003-finalist-0"], purpose=Purpose.FINAL, policy="")
    study.store.put_run(replace(run, id="c003-final-0"))
    study.store.put_run(
        replace(run, id="c003-final-1", state=RunState.FAILED, fault=Fault.DIVERGED, cause="infinite")
    )
    study.config = replace(study.config, final_seeds=2, baselines=False)
    again = resumed(study)
    assert (again.jobs, again.scored) == ({}, ["c003-final-0"])
    assert again.waits[0] > 0.0, "it would ask without a pause"


def test_two_are_enough_to_choose_between(tmp_path: Path):
    study, executor = searched(tmp_path / "s", finalists=2)
    assert list(study.finalists) == ["c001", "c003"]
    assert len(executor.jobs) == 6 + 4 + 6


def test_a_score_of_nothing_is_the_lowest(tmp_path: Path):
    scores = {"c000": 0.0, "c001": 0.3, "c002": 0.0, "c003": 0.2, "c004": 0.0, "c005": 0.0}
    study, _ = searched(tmp_path / "s", executor=Table(search=scores), finalists=2)
    assert list(study.finalists) == ["c001", "c003"]


def test_all_that_is_due_after_the_search_may_be_under_way_at_once(tmp_path: Path):
    _, executor = searched(tmp_path / "s", final_seeds=4)
    assert executor.widths[-2:] == [3 * 2, 3 * 4]


def test_what_comes_after_the_search_is_announced_where_there_is_anything(tmp_path: Path):
    observer = Silent()
    searched(tmp_path / "s", observer=observer)
    assert observer.stages[-2:] == [
        "the best 3 on fresh seeds: c001, c003, c004",
        "final comparison on fresh seeds: c003, human, sparse",
    ]
    observer = Silent()
    searched(tmp_path / "less", observer=observer, finalists=1, final_seeds=0)
    assert observer.stages == ["iteration 0: 6 programs to write and train"]
