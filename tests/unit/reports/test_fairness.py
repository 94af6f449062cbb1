"""Whether studies were made on equal terms: every field of a config that
decides what a search finds or costs is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import TOLD
from rewardsmith.reports.fairness import describe_terms, find_faults, method
from rewardsmith.settings import setting_names
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from tests.builders import keep, trained

CONFIG = StudyConfig("franka-push", writer="openai", racing="on", screening="drop")
COMPARED = {
    *("task", "strategy", "strategy_options", "seed", "feedback", "tell_goal", "fitness", "confirm"),
    *("tune", "start_policy", "start_share"),
}
"""What is compared, or what is said of it in words of its own."""
FREE = {"baselines", "training.slots", "training.overlap", "executor", "workers", "devices"} | {
    f"llm.{name}"
    for name in (
        "key_variable",
        "key_file",
        "concurrency",
        "retries",
        "pause_s",
        "threads",
        "replay",
        "logprobs",
    )
}
"""Decides neither what a search finds nor what it costs."""


def leaves(record: Any, path: str = "") -> Iterator[str]:
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if field.name == "training":
            yield from (f"training.{name}" for name in setting_names(PpoSettings))
        else:
            yield from (
                leaves(value, f"{path}{field.name}.")
                if dataclasses.is_dataclass(value)
                else [path + field.name]
            )


def changed(record: Any, path: str, value: object) -> Any:
    name, _, rest = path.partition(".")
    if isinstance(record, TrainingOverrides):
        return TrainingOverrides(record, **{name: value})
    return dataclasses.replace(
        record, **{name: changed(getattr(record, name), rest, value) if rest else value}
    )


def faults(folder: Path, *configs: StudyConfig) -> list[str]:
    with ExitStack() as stack:
        studies: list[Study] = []
        for number, config in enumerate(configs):
            studies.append(
                stack.enter_context(Study.create(folder / str(number), StudyConfig("franka-push")))
            )
            studies[-1].config = config
        return list(find_faults(studies))


@pytest.mark.parametrize("path", sorted(set(leaves(CONFIG)) - COMPARED))
def test_every_field_is_a_term_or_known_to_be_none(tmp_path: Path, path: str):
    named = [
        fault
        for fault in faults(tmp_path, CONFIG, changed(CONFIG, path, 99))
        if f"differ in {path} (" in fault
    ]
    assert len(named) == (path not in FREE)


def test_a_race_against_a_whole_training_is_not_fair(tmp_path: Path):
    plain = StudyConfig("franka-push")
    (fault,) = faults(tmp_path, plain, dataclasses.replace(plain, strategy="random", racing="on"))
    assert fault == "the studies of franka-push are not on equal terms: they differ in racing (off / on)."


def test_candidates_that_a_flag_of_resume_allowed_count(tmp_path: Path):
    """The config keeps what it said."""
    config = StudyConfig("franka-push", candidates=2)
    with Study.create(tmp_path / "a", config) as first, Study.create(tmp_path / "b", config) as second:
        keep(second, *(trained(f"c{number:03d}", 0.5) for number in range(3)))
        assert list(find_faults([first])) == []
        assert "they differ in candidates (2 / 3)" in next(find_faults([first, second]))
        assert next(describe_terms([second])).startswith("franka-push: 3 candidates per search")


@pytest.mark.parametrize("path", ["race.keep", "screen.drop", "llm.temperature"])
def test_what_nobody_used_is_no_term(tmp_path: Path, path: str):
    plain = StudyConfig("franka-push")
    assert faults(tmp_path, plain, changed(dataclasses.replace(plain, strategy="random"), path, 0.5)) == []


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "eureka"),
        ({"feedback": TOLD}, "eureka"),
        ({"tell_goal": "off"}, "eureka without goal"),
        ({"fitness": "posterior", "confirm": 0.5}, "eureka posterior confirm 0.5"),
        ({"start_policy": "parent"}, "eureka from parent"),
        ({"start_policy": "best", "start_share": 0.5, "confirm": 1.0}, "eureka confirm 1 from best by 0.5"),
        ({"start_share": 0.5}, "eureka"),
        ({"confirm": 1.0, "tell_goal": "off"}, "eureka confirm 1 without goal"),
        (
            {"feedback": ("goal", "scene", "training", "history", "progress")},
            "eureka without behaviour+diagnoses",
        ),
        ({"strategy_options": {"preset": "paper"}}, "eureka:paper"),
        ({"strategy_options": {"preset": "paper"}, "feedback": ("goal",)}, "eureka:paper with goal"),
        ({"tell_goal": "off", "writer": "grammar"}, "eureka"),
    ],
)
def test_what_a_model_was_not_told_is_part_of_the_methods_name(
    tmp_path: Path, changes: dict[str, Any], name: str
):
    """So a comparison shows what a part is worth. The grammar writer reads none of it."""
    with Study.create(tmp_path / "study", dataclasses.replace(CONFIG, strategy="eureka", **changes)) as study:
        assert method(study) == name
