"""The template that tells a writer where episodes start and what a person would measure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rewardsmith import templates
from rewardsmith.contracts import TaskSheet
from rewardsmith.registry import TASKS
from tests.toys import TOY


def scene(sheet: TaskSheet) -> str:
    return templates.render("scene", task=sheet)


def test_it_is_a_line_of_starts_and_a_paragraph_of_facts():
    assert scene(TaskSheet.of(TOY, ["scene"])) == (
        "At an episode's start: `hand_pos` is (0, 0, 0.5); `finger_opening` is 0.08; "
        "`ball_pos` between (0.1, -0.25, 0.03) and (0.4, 0.25, 0.03).\n\n"
        "The ball has a radius of 0.03 m. Nothing ends an episode early."
    )


def test_a_task_may_have_only_one_of_both_or_none():
    sheet = TaskSheet.of(TOY, ["scene"])
    assert scene(replace(sheet, starts={})) == " ".join(TOY.facts)
    assert scene(replace(sheet, facts=())).endswith("(0.4, 0.25, 0.03).")
    assert scene(replace(sheet, facts=(), starts={})) == ""


@pytest.mark.parametrize("name", TASKS.names())
def test_it_is_compact_and_tells_of_no_success(name: str):
    text = scene(TaskSheet.of(TASKS.load(name), ["scene"]))
    assert "\n\nActions are clipped to [-1, 1]. " in text
    assert len(text) < 2000, "some five hundred tokens"
    assert "success" not in text.lower()
    assert "reward" not in text.lower()
