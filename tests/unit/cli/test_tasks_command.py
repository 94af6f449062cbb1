"""``rewardsmith tasks``: the list by groups, and one task's sheet."""

from __future__ import annotations

import json

import pytest

from rewardsmith.cli.tasks import run
from rewardsmith.registry import TASKS


def test_the_list_has_every_task_by_group_and_difficulty(capsys: pytest.CaptureFixture[str]):
    assert run([]) == 0
    words = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    order = [row[0] for row in words if row and (row[0] in TASKS.names() or row[0] in ("control", "locomotion", "manipulation"))]
    assert order[:4] == ["control", "cartpole", "locomotion", "ant"]
    assert order.index("franka-reach") < order.index("franka-push") < order.index("franka-drawer")
    assert set(TASKS.names()) < set(order)
    push = next(row for row in words if row[:1] == ["franka-push"])
    assert push[1:] == ["medium", str(len(TASKS.load("franka-push").signals))]


def test_a_sheet_says_group_and_difficulty(capsys: pytest.CaptureFixture[str]):
    assert run(["franka-drawer", "--json"]) == 0
    sheet = json.loads(capsys.readouterr().out)
    assert (sheet["group"], sheet["difficulty"], sheet["horizon"]) == ("manipulation", "hard", 100)
    assert run(["franka-drawer"]) == 0
    assert "manipulation, hard" in capsys.readouterr().out
