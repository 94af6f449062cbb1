"""What models really write is accepted, and what is accepted runs on what training will show it."""

from __future__ import annotations

import pytest
import torch
from lookalikes import LOOKALIKES
from ordinary_pushing import PUSH
from ordinary_reaching import REACH

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS
from rewardsmith.reward.extract import extract
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.program import RewardProgram

REWARDS = [
    *(("franka-reach", name, source) for name, source in REACH.items()),
    *(("franka-push", name, source) for name, source in PUSH.items()),
    *(("franka-reach", f"lookalike_{name}", source) for name, source in LOOKALIKES.items()),
]


@pytest.mark.parametrize(("task_name", "name", "source"), REWARDS, ids=[name for _, name, _ in REWARDS])
def test_accepted(task_name: str, name: str, source: str, guard: Guard) -> None:
    task = TASKS.load(task_name)
    verdict = guard.check(extract(source).source, task)
    assert verdict.text == "accepted", verdict.text
    assert verdict.message == ""
    signals = {signal.name: torch.rand(5, *signal.shape) for signal in task.signals}
    total, components = RewardProgram(verdict.program)(signals)
    assert total.shape == (5,)
    assert all(value.shape == (5,) for value in components.values())


def test_there_are_many() -> None:
    assert len(REWARDS) >= 40


def test_printing_is_stable(guard: Guard, reach: Task) -> None:
    """A printed program is itself acceptable, and printing it again changes nothing."""
    once = guard.check(extract(REACH["helper_without_types"]).source, reach).program
    again = guard.check(once, reach)
    assert again.accepted
    assert again.program == once


def test_rewrites_keep_the_meaning(guard: Guard, reach: Task) -> None:
    """Against the same formula in eager torch."""
    verdict = guard.check(extract(REACH["normalize_directions"]).source, reach)
    signals = {signal.name: torch.rand(7, *signal.shape) for signal in reach.signals}
    total, _ = RewardProgram(verdict.program)(signals)
    direction = torch.nn.functional.normalize(signals["goal_pos"] - signals["tcp_pos"], dim=-1)
    heading = torch.nn.functional.normalize(signals["tcp_lin_vel"], p=2.0, dim=1, eps=1e-6)
    expected = torch.tanh((direction * signals["tcp_lin_vel"]).sum(-1)) + 0.1 * (direction * heading).sum(-1)
    assert torch.allclose(total, expected)
