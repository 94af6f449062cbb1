"""Searches without a winner count, and never for the better."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from compared_studies import final, report, study

from rewardsmith.config import StudyConfig
from rewardsmith.reports.comparison_text import markdown


def test_a_search_that_found_nothing_is_no_number_and_no_secret(ten: list[Path], tmp_path: Path):
    lost = study(
        tmp_path / "lost",
        StudyConfig("franka-push", strategy="random", seed=9, candidates=2),
        (None, None),
        [],
    )
    found = report(*ten, lost)
    chance = found.methods[1]
    assert (chance.runs, len(chance.scores)) == (6, 5)
    # it loses to each of the five
    assert found.improvements[0].probability.value == pytest.approx((23 + 5) / 30)
    assert any("lost has no winner" in warning for warning in found.warnings)
    assert chance.mean == pytest.approx(2 / 6)  # it counts as 0
    assert "(1 without a score)" in markdown(found)


def repeats(
    folder: Path, task: str, scores: Sequence[float | None], sparse: float | None = None
) -> list[Path]:
    """Five or so searches, those without a score being failures."""
    folders: list[Path] = []
    for seed, score in enumerate(scores):
        finals = [] if score is None else [final("c000", score, seed)]
        baselines = [] if sparse is None else [final("human", 90.0, seed), final("sparse", sparse, seed)]
        config = StudyConfig(task, seed=seed, candidates=1)
        folders.append(study(folder / f"{task}-s{seed}", config, (score,), [*finals, *baselines]))
    return folders


def test_a_method_that_fails_is_not_better_for_it(tmp_path: Path):
    """A search without a winner solved nothing: its success rate is 0."""
    found = report(*repeats(tmp_path, "franka-push", (0.9, None, 0.8, None, None)))
    (row,) = found.methods
    assert (row.runs, row.scores) == (5, (0.9, 0.8))
    assert row.iqm
    assert row.iqm.value == pytest.approx(0.8 / 3)  # middle three of 0 0 0 0.8 0.9
    assert row.iqm.low == 0.0
    assert row.mean == pytest.approx(0.34)  # 1.7 / 5
    assert "| eureka | 0.267 [0.000, " in markdown(found)
    assert "| 0.340 | - | 0.900 0.800 (3 without a score) |" in markdown(found)
    assert (
        sum("loses every pair, and counts as 0 in the means." in warning for warning in found.warnings) == 3
    )


def test_in_a_metric_a_failure_is_worth_what_the_sparse_reward_is(tmp_path: Path):
    found = report(*repeats(tmp_path, "cartpole", (90.0, None, 50.0, 60.0, 70.0), sparse=10.0))
    (row,) = found.methods
    assert row.iqm
    assert row.iqm.value == pytest.approx(60.0)  # middle three of 10 50 60 70 90
    assert row.mean == pytest.approx(56.0)  # 280 / 5
    assert row.human_normalised == pytest.approx(0.575)  # (56 - 10) / 80
    assert any("counts as 10 in the means." in warning for warning in found.warnings)


@pytest.mark.parametrize("task", ["cartpole", "of-another-machine"])
def test_where_nobody_knows_what_a_failure_is_worth_there_is_no_mean(tmp_path: Path, task: str):
    """A metric without a sparse baseline, or a task that is not installed here."""
    found = report(*repeats(tmp_path, task, (90.0, None, 50.0, 60.0, 70.0)))
    (row,) = found.methods
    assert (row.iqm, row.mean, row.human_normalised, row.runs) == (None, None, None, 5)
    assert "| eureka | - | - | - | 90.000 50.000 60.000 70.000 (1 without a score) |" in markdown(found)
    assert any(
        "leaves its method without a mean: what a failure is worth there is not known." in warning
        for warning in found.warnings
    )


def test_failures_count_over_several_tasks(tmp_path: Path):
    push = repeats(tmp_path, "franka-push", (0.9, None), sparse=0.0)
    pole = repeats(tmp_path, "cartpole", (90.0, None), sparse=10.0)
    (row,) = report(*push, *pole).overall
    # 0.9 / 90, no success, (90 - 10) / 80, the sparse reward
    assert row.scores == pytest.approx((0.01, 0.0, 1.0, 0.0))
    assert row.mean == pytest.approx(0.2525)
