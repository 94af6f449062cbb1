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


def test_a_method_that_revised_nothing_is_named_and_random_samples_are_not(tmp_path: Path):
    folders = [
        study(
            tmp_path / name,
            StudyConfig("franka-reach", strategy=name, candidates=1),
            (0.5,),
            [final("c000", 0.5, 0)],
        )
        for name in ("rf-agent", "random")
    ]
    (warning,) = [text for text in report(*folders).warnings if "revised no program" in text]
    assert warning.startswith("rf-agent revised no program on franka-reach: its first draws filled")


@pytest.mark.parametrize(
    ("human", "ratio"),
    # standard errors of 0.01 each: two of the difference are 0.028
    [(0.12, None), (0.125, None), (0.13, 13.3333), (0.9, 0.5)],
)
def test_no_unit_where_the_human_reward_cannot_be_told_from_the_sparse_one(
    tmp_path: Path, human: float, ratio: float | None
):
    finals = [final("c000", 0.5, 0), final("human", human, 0), final("sparse", 0.1, 0)]
    found = report(study(tmp_path / "s", StudyConfig("franka-reach"), (0.5, 0.4), finals))
    assert found.methods[0].human_normalised == (ratio and pytest.approx(ratio, rel=1e-4))


def test_the_spread_of_several_runs_counts_as_noise_too(tmp_path: Path):
    """Means of 0.35 and 0.1; the human reward's runs lie 0.5 apart: its error is 0.25."""
    folders = [
        study(
            tmp_path / f"s{seed}",
            StudyConfig("franka-reach", seed=seed),
            (0.5, 0.4),
            [final("c000", 0.5, seed), final("human", human, seed), final("sparse", 0.1, seed)],
        )
        for seed, human in enumerate((0.1, 0.6))
    ]
    found = report(*folders)
    assert found.baselines[0].standard_error == pytest.approx(0.25)
    assert found.methods[0].human_normalised is None
