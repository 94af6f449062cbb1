"""What a person is told of scores that say nothing, or that say that no search was needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.records import Purpose, Score
from rewardsmith.registry import TASKS
from rewardsmith.reports.advice import advise, few_steps, told_from_zero
from rewardsmith.reports.summary import StudySummary, summarise_study
from rewardsmith.settings import effective_settings
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained


def summary(
    folder: Path,
    *scores: float,
    sparse: float = 0.0,
    human: float = 0.0,
    steps: int = 300_000,
    writer: str = "grammar",
) -> StudySummary:
    with Study.create(folder / "s", StudyConfig("franka-reach", writer=writer)) as study:
        keep(study, *(trained(f"c{n:03d}", s, run={"due_steps": steps}) for n, s in enumerate(scores)))
        for name, score in (("human", human), ("sparse", sparse)):
            keep_run(study, run_of(name, Purpose.BASELINE), Score(score, 0.01, 128))
        return summarise_study(study)


@pytest.mark.parametrize(
    ("mean", "error", "told"),
    [(None, None, False), (0.0, 0.0, False), (0.016, 0.013, False), (0.039, 0.017, True), (1.0, 0.0, True)],
)
def test_a_score_is_told_from_zero_by_two_standard_errors(
    mean: float | None, error: float | None, told: bool
):
    assert told_from_zero(mean, error) is told


def test_in_a_metric_zero_is_a_number_like_any_other():
    assert told_from_zero(0.0, 0.1, has_metric=True)
    assert told_from_zero(-3.0, 0.1)


def test_no_candidate_is_marked_where_all_are_zero(tmp_path: Path):
    found = summary(tmp_path, 0.0, 0.0)
    assert (found.winner, found.marked) == ("c000", None)


def test_who_can_be_told_from_zero_is_marked(tmp_path: Path):
    found = summary(tmp_path, 0.0, 0.5)
    assert (found.marked, found.advice) == ("c001", "")


def test_short_trainings_are_named_with_the_preset(tmp_path: Path):
    advice = summary(tmp_path, 0.0, steps=18_432).advice
    assert "a training has 18,432 environment steps, the preset of franka-reach has 300,000" in advice


def test_at_the_full_budget_the_advice_is_to_train_longer_or_try_more(tmp_path: Path):
    assert "train longer (--training.env-steps), or try more (--candidates)" in summary(tmp_path, 0.0).advice


def test_a_task_that_the_sparse_reward_solves_needs_no_search(tmp_path: Path):
    advice = summary(tmp_path, 0.0, 0.0, sparse=0.992, human=0.992).advice
    assert advice.startswith("the sparse reward alone solves franka-reach (0.992), so it needs no reward")
    assert "the grammar cannot express what the task wants, such as a target with an offset" in advice
    assert "train longer" not in advice


def test_that_holds_too_where_candidates_solve_it(tmp_path: Path):
    assert summary(tmp_path, 0.9, sparse=1.0).advice == (
        "the sparse reward alone solves franka-reach (1.000), so it needs no reward search."
    )


@pytest.mark.parametrize(
    ("writer", "why"), [("grammar", "the grammar cannot"), ("openai", "the writer takes")]
)
def test_where_only_the_human_reward_learns_longer_trainings_would_not_help(
    tmp_path: Path, writer: str, why: str
):
    advice = summary(tmp_path, 0.0, human=0.8, writer=writer).advice
    assert "the human reward learns the task (0.800)" in advice
    assert why in advice
    assert "train longer" not in advice


def test_without_candidates_or_in_an_unknown_task_nothing_is_made_up():
    assert advise("t", "grammar", [], {}, found=False) == ""
    assert "train longer" in advise("t", "grammar", [0.0], {}, found=False, steps=100, preset=None)


@pytest.mark.parametrize(("steps", "warned"), [(20_000, True), (100_000, False), (300_000, False)])
def test_a_budget_far_below_the_preset_is_named_before_it_is_spent(steps: int, warned: bool):
    task = TASKS.load("franka-reach")
    settings = effective_settings(task, "population", "cpu", TrainingOverrides({"env_steps": steps}))
    assert (
        "the preset of franka-reach has 300,000" in few_steps(task.name, "population", settings)
    ) is warned
