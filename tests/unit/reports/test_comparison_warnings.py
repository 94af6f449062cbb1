"""What keeps studies from being compared as equals is said."""

from dataclasses import replace
from pathlib import Path

import pytest
from compared_studies import final, report, study

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.errors import UsageError
from rewardsmith.reports.comparison_report import compare


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"candidates": 3}, "candidates (2 / 3)"),
        ({"writer": "openai"}, "writer (grammar / openai)"),
        ({"episodes": 64}, "episodes (128 / 64)"),
        ({"training": TrainingOverrides(env_steps=7)}, "training.env_steps (7 / preset)"),
        ({"max_usd": 1.0}, "max_usd (1.0 / None)"),
    ],
)
def test_unequal_terms_are_named(ten: list[Path], tmp_path: Path, change: dict[str, object], what: str):
    config = replace(StudyConfig("franka-push", strategy="random", seed=7, candidates=2), **change)  # pyright: ignore[reportArgumentType]
    odd = study(tmp_path / "odd", config, (0.5, 0.5), [final("c000", 0.5, 7)])
    assert report(*ten).warnings == ()
    assert any(
        f"franka-push are not on equal terms: they differ in {what}" in warning
        for warning in report(*ten, odd).warnings
    )


def test_unfinished_and_repeated_searches_are_named(tmp_path: Path):
    config = StudyConfig("franka-push")
    first = study(tmp_path / "a", config, (0.5,), [], finished=False)
    second = study(tmp_path / "b", config, (0.5,), [final("c000", 0.5, 0)])
    warnings = report(first, second).warnings
    assert any("a is left out: it is not finished" in warning for warning in warnings)
    assert report(first, second).methods[0].runs == 1
    assert any("eureka ran more than once on franka-push with seed 0" in warning for warning in warnings)


def test_a_winner_that_was_never_to_be_trained_again_is_left_out(ten: list[Path], tmp_path: Path):
    config = StudyConfig("franka-push", strategy="revolve", final_seeds=0, candidates=2)
    found = report(*ten, study(tmp_path / "r", config, (0.5, 0.5), []))
    assert "r is left out: its winner was never to be trained again (final_seeds is 0)." in found.warnings
    assert [row.name for row in found.methods] == ["eureka", "random"]


def test_other_seeds_and_options_are_named(ten: list[Path], tmp_path: Path):
    config = StudyConfig("franka-push", seed=9, candidates=2, strategy_options={"samples": 2})
    warnings = report(*ten, study(tmp_path / "x", config, (0.5, 0.5), [final("c000", 0.5, 9)])).warnings
    assert any(
        "the seeds on franka-push are not the same for all (eureka 0 1 2 3 4 9, random 0 1 2 3 4)" in warning
        for warning in warnings
    )
    assert any("studies of eureka differ in strategy_options" in warning for warning in warnings)


def test_nothing_to_compare_is_refused():
    with pytest.raises(UsageError, match="rewardsmith compare STUDY"):
        compare([])
