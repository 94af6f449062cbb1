"""Every registered task, and the one that the documentation makes, keeps
the contract; and what ours promise beyond it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS
from rewardsmith.testing import tasks
from rewardsmith.testing.rolling import seeds, velocity_pairs
from tests import documented
from tests.training import preset_of

LARGE = {name for name in TASKS.names() if name.startswith(("shadow-", "allegro-", "anymal", "humanoid"))}
"""Their physics takes seconds."""
LONG = (tasks.staggered_episodes_end_at_different_times, tasks.a_batch_equals_its_members_alone)


@pytest.fixture(params=[*TASKS.names(), documented.NAME])
def task(request: pytest.FixtureRequest) -> Task:
    return load(request.param)


def load(name: str) -> Task:
    return documented.task() if name == documented.NAME else TASKS.load(name)


def pairs() -> list[Any]:
    """Every task and every check; some are for ``make test-slow``."""
    return [
        pytest.param(
            name,
            check,
            marks=[pytest.mark.slow] * (check in tasks.SLOW or (check in LONG and name in LARGE)),
        )
        for name in (*TASKS.names(), documented.NAME)
        for check in tasks.CHECKS
    ]


@pytest.mark.parametrize(("name", "check"), pairs())
def test_it_keeps_the_contract(name: str, check: Callable[[Task], None]):
    check(load(name))


def test_its_sheet_is_one_of_ours(task: Task):
    assert task.group in ("manipulation", "locomotion", "control", "dexterous", "bimanual")
    assert re.search(r"\d (m|rad|s|m/s)\b", task.success_rule)
    assert task.success_rule.startswith("metric: ") or not task.has_metric
    assert "actions" in {signal.name for signal in task.signals}
    assert velocity_pairs(task)


def test_a_broken_world_is_reset_counted_and_alone(task: Task):
    healthy, broken = task.make(3, 1), task.make(3, 1)
    healthy.reset(seeds(3))
    broken.reset(seeds(3))
    broken._sim["qpos"][1, 0] = float("nan")  # pyright: ignore[reportAttributeAccessIssue]
    still = torch.zeros(3, healthy.action_size)
    expected, step = healthy.step(still), broken.step(still)
    assert step.unstable.tolist() == [False, True, False]
    assert step.terminated.tolist() == [False, True, False]
    assert not step.truncated.any()
    assert all(value.isfinite().all() for value in step.signals.values())
    assert step.observation.isfinite().all()
    assert torch.equal(step.observation[[0, 2]], expected.observation[[0, 2]])
    assert not broken.step(still).unstable.any()


def test_minibatches_of_the_preset_are_whole(task: Task):
    assert preset_of(task).envs % preset_of(task).minibatches == 0
