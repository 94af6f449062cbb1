from pathlib import Path
from typing import Any

import pytest

from rewardsmith.config import LanguageModelOptions, ScreenOptions, StudyConfig, TrainingOverrides
from rewardsmith.config_file import from_mapping, read_yaml, to_yaml
from rewardsmith.contracts import TOLD, Race, Told
from rewardsmith.errors import UsageError
from rewardsmith.parts import assemble


def test_an_unknown_device_in_a_file_is_refused():
    with pytest.raises(UsageError, match="config key 'device' is 'tpu'"):
        from_mapping(StudyConfig, {"task": "t", "device": "tpu"})


def test_yaml_round_trip(tmp_path):
    config = StudyConfig(
        "franka-reach",
        candidates=3,
        strategy_options={"samples": 2},
        training=TrainingOverrides(hidden=(8, 8)),
    )
    (tmp_path / "c.yaml").write_text(to_yaml(config), encoding="utf-8")
    assert from_mapping(StudyConfig, read_yaml(tmp_path / "c.yaml")) == config


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"task": "t", "candidats": 3}, "Did you mean 'candidates'"),
        ({"task": "t", "race": {"kep": 3}}, "Did you mean 'race.keep'"),
        ({"task": "t", "training": 3}, "give a mapping"),
        ({"task": "t", "candidates": "many"}, "'candidates' is 'many'"),
        ({}, "'task' is missing"),
    ],
)
def test_wrong_keys_and_values_are_refused_with_their_path(data: dict[str, object], message: str):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        from_mapping(StudyConfig, data)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [", "\x00"])
def test_unreadable_files_are_refused(tmp_path, text: str):
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"c\.yaml"):
        read_yaml(tmp_path / "c.yaml")
    with pytest.raises(UsageError, match="cannot read"):
        read_yaml(tmp_path / "missing.yaml")


def test_counts_are_checked():
    with pytest.raises(UsageError, match="candidates is 0; give at least 1"):
        StudyConfig("t", candidates=0).check()


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (StudyConfig("t", race=Race(rungs=())), "race.rungs is "),
        (StudyConfig("t", race=Race(rungs=(0.5, 0.25))), "rising shares"),
        (StudyConfig("t", race=Race(rungs=(0.5, 1.0))), "below 1"),
        (StudyConfig("t", race=Race(keep=0.0)), "race.keep is 0.0"),
        (StudyConfig("t", race=Race(keep=1.5)), "at most 1"),
        (StudyConfig("t", race=Race(episodes=1)), "race.episodes is 1"),
        (StudyConfig("t", screen=ScreenOptions(drop=1.0)), "screen.drop is 1.0"),
        (StudyConfig("t", screen=ScreenOptions(twin=1.1)), "screen.twin is 1.1"),
        (StudyConfig("t", screen=ScreenOptions(remember=0)), "screen.remember is 0"),
    ],
)
def test_impossible_races_and_screens_are_refused(config: StudyConfig, complaint: str):
    with pytest.raises(UsageError, match=complaint):
        config.check()


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (
            StudyConfig("t", finalists=0),
            "finalists is 0; give at least 1, which trains none again, and at most the 8 candidates",
        ),
        (StudyConfig("t", candidates=4, finalists=5), "finalists is 5; .*at most the 4 candidates"),
        (StudyConfig("t", finalists=-1), "finalists is -1"),
        (StudyConfig("t", finalist_seeds=0), "finalist_seeds is 0"),
        (StudyConfig("t", finalist_seeds=1_001), "finalist_seeds is 1001"),
        (StudyConfig("t", workers=0), "workers is 0"),
        (
            StudyConfig("t", workers=2, device="cuda"),
            "workers is 2, but on GPUs there is one for each. Name them with --devices",
        ),
        (StudyConfig("t", workers=2, racing="on"), "racing needs one worker"),
        (StudyConfig("t", devices=(0,)), "devices is .*with --device cuda"),
        (StudyConfig("t", devices=(0, 0), device="cuda"), "numbers of different GPUs"),
        (StudyConfig("t", devices=(-1,), device="cuda"), "numbers of different GPUs"),
        (
            StudyConfig("t", devices=tuple(range(65)), device="cuda"),
            "devices has 65 numbers; give at most 64",
        ),
        (StudyConfig("t", devices=(0, 1), device="cuda", racing="on"), "racing needs one worker"),
        (StudyConfig("t", in_flight=0), "in_flight is 0"),
        (StudyConfig("t", start_share=0.0), "start_share is 0.0; give a share above 0 and at most 1"),
        (StudyConfig("t", start_share=1.5), "start_share is 1.5"),
        (StudyConfig("t", start_share=float("nan")), "start_share is nan"),
    ],
)
def test_impossible_finalists_and_workers_are_refused(config: StudyConfig, complaint: str):
    with pytest.raises(UsageError, match=complaint):
        config.check()


def test_one_in_four_is_trained_again_and_three_at_most():
    assert [StudyConfig("t", candidates=n).finalist_count for n in (1, 4, 7, 8, 12, 400)] == [
        1,
        1,
        1,
        2,
        3,
        3,
    ]
    assert StudyConfig("t", candidates=4, finalists=4).finalist_count == 4


def test_trainings_after_the_search_are_finalists_winner_and_baselines():
    assert StudyConfig("t", candidates=8).final_trainings(2) == 2 + 3
    assert StudyConfig("t", candidates=8, finalists=1).final_trainings(2) == 3  # one alone needs no choice
    assert (
        StudyConfig("t", candidates=12, finalist_seeds=2, final_seeds=3, baselines=False).final_trainings(2)
        == 3 * 2 + 3
    )


def test_racing_needs_a_trainer_that_can(tmp_path: Path):
    with pytest.raises(UsageError, match="--racing on needs a trainer"):
        assemble(StudyConfig("franka-reach", trainer="rl-games", racing="on"), tmp_path)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (
            StudyConfig("t", candidates=10**6 + 1),
            "candidates is 1000001; give at least 1, and at most 1,000,000",
        ),
        (StudyConfig("t", episodes=10**7), "episodes is 10000000"),
        (StudyConfig("t", final_seeds=1_001), "final_seeds is 1001"),
        (StudyConfig("t", repairs=10**9), "repairs is 1000000000"),
        (StudyConfig("t", seed=10**400), "seed is 1000"),
        *((StudyConfig("t", max_usd=bad), f"max_usd is {bad}") for bad in (NAN, INF, -1.0, 0.0)),
        *((StudyConfig("t", max_hours=bad), f"max_hours is {bad}") for bad in (NAN, INF, -1.0, 0.0)),
        (StudyConfig("t", max_tokens=10**16), "max_tokens is 1"),
        (StudyConfig("t", race=Race(rungs=(0.1, NAN))), "race.rungs"),
        (StudyConfig("t", race=Race(keep=NAN)), "race.keep is nan"),
        (StudyConfig("t", race=Race(episodes=10**9)), "race.episodes is 1000000000"),
        (StudyConfig("t", screen=ScreenOptions(drop=NAN)), "screen.drop is nan"),
        (StudyConfig("t", screen=ScreenOptions(twin=NAN)), "screen.twin is nan"),
        (StudyConfig("t", screen=ScreenOptions(remember=10**9)), "screen.remember"),
    ],
)
def test_absurd_numbers_are_refused(config: StudyConfig, complaint: str):
    with pytest.raises(UsageError, match=complaint):
        config.check()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("max_tokens", (0, 10**8)), ("concurrency", (0, 1025)),
        ("retries", (-1, 101)), ("threads", (0, 10**6)),
        ("temperature", (NAN, INF, -1.0)), ("pause_s", (NAN, INF, -1.0)),
        ("timeout_s", (NAN, INF, 0.0, -1.0)),
        ("price_prompt", (NAN, INF, -1.0, 1e9)), ("price_cached", (NAN, -1.0)),
    ],
)  # fmt: skip
def test_absurd_numbers_of_a_model_are_refused(name: str, values: tuple[float, ...]):
    for value in values:
        with pytest.raises(UsageError, match=rf"llm\.{name} is "):
            LanguageModelOptions(**{"price_completion": 1.0, "price_prompt": 1.0, name: value}).check()  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, TOLD),
        ({"tell_goal": "off"}, TOLD[1:]),
        ({"feedback": ()}, ()),
        ({"feedback": ("history", "goal", "goal")}, ("goal", "history")),
        ({"feedback": ("goal",), "tell_goal": "off"}, ()),
        ({"strategy_options": {"preset": "paper"}}, ()),
        ({"strategy_options": {"preset": "release"}}, ()),
        ({"strategy_options": {"preset": "corrected"}}, TOLD),
        ({"strategy_options": {"preset": "paper"}, "feedback": ("goal",)}, ("goal",)),
    ],
)
def test_what_a_model_is_told(changes: dict[str, Any], told: tuple[Told, ...]):
    """All by default; with the presets of papers what these told, which is nothing of it."""
    assert StudyConfig("franka-reach", **changes).told == told
