"""``docs/tasks.md`` tells of every task, and of no other, what the task says itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "tasks.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells
    for line in PAGE.splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")]) and len(cells) == 6
}
BUILT_IN = [
    name for name in TASKS.names() if type(TASKS.load(name)).__module__.startswith("rewardsmith_envs.")
]


def thresholds(text: str) -> set[str]:
    return set(re.findall(r"\d+\.\d+", text))


def test_every_task_has_a_row_and_every_row_a_task():
    assert ROWS.keys() - {"task", "---"} == set(BUILT_IN)
    assert f" {len(BUILT_IN)} tasks " in (DOCS.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_row_says_what_the_task_says(name: str):
    task: Task = TASKS.load(name)
    _, _, rule, _, difficulty, on_cpu = ROWS[name]
    assert (difficulty, on_cpu) == (task.difficulty, "yes" if task.on_cpu else "no")
    assert thresholds(rule) <= thresholds(task.success_rule) | ({"1.5"} if name == "ball-balance" else set())


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_task_has_a_picture_on_the_page(name: str):
    assert f"](tasks/{name}.png)" in PAGE
    assert (DOCS / "tasks" / f"{name}.png").is_file(), f"make pictures TASKS={name}"
