"""A scripted controller solves each manipulation task: the sparse
goal can be met with the actions there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step, Task
from rewardsmith.registry import TASKS
from tests import controllers, documented

CONTROLLERS = {
    "franka-reach": (controllers.reach, 1.0),
    "franka-push": (controllers.push, 0.7),
    "franka-lift": (controllers.lift, 0.95),
    "franka-pick-place": (controllers.pick_place, 0.8),
    "franka-stack": (controllers.stack, 0.9),
    "franka-peg": (controllers.peg, 0.9),
    "franka-drawer": (controllers.drawer, 0.9),
    "franka-door": (controllers.door, 0.95),
}
"""Controller of each task, and the success rate that it must reach."""


def run(task: Task, control: Callable[[Mapping[str, Tensor]], Tensor], count: int = 32) -> list[Step]:
    """One episode of ``count`` environments."""
    env = task.make(count, 2)
    env.reset(torch.arange(count))
    steps = [env.step(torch.zeros(count, env.action_size))]
    for _ in range(task.horizon - 1):
        steps.append(env.step(control(steps[-1].signals)))
    return steps


def test_every_manipulation_task_has_a_controller():
    assert {name for name in TASKS.names() if TASKS.load(name).group == "manipulation"} == set(CONTROLLERS)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_a_controller_meets_the_goal(name: str):
    control, least = CONTROLLERS[name]
    steps = run(TASKS.load(name), control)
    assert steps[-1].truncated.all()
    assert not any(step.unstable.any() for step in steps)
    assert float(steps[-1].true_score.mean()) >= least


@pytest.mark.parametrize("name", CONTROLLERS)
def test_chance_does_not_meet_the_goal(name: str):
    """Random actions, each held for six steps so that the arm gets somewhere."""
    generator = torch.Generator().manual_seed(0)
    held = [torch.zeros(0)]

    def wander(signals: Mapping[str, Tensor]) -> Tensor:
        held.append(
            0.8 * torch.randn(signals["actions"].shape, generator=generator)
            if len(held) % 6 == 1
            else held[-1]
        )
        return held[-1]

    steps = run(TASKS.load(name), wander, 64)
    assert float(steps[-1].true_score.mean()) <= 0.05


def test_the_documented_task_takes_60_lines_and_is_solved():
    assert len(documented.source().splitlines()) <= 60
    steps = run(documented.task(), controllers.button)
    assert steps[-1].true_score.mean() == 1.0


def test_a_balancing_controller_keeps_the_pole_up():
    """Pole placement by hand: push towards where the pole leans."""

    def balance(signals: Mapping[str, Tensor]) -> Tensor:
        return (
            3.0 * signals["pole_angle"]
            + 0.8 * signals["pole_vel"]
            + 0.1 * signals["cart_pos"]
            + 0.2 * signals["cart_vel"]
        )[:, None]

    assert run(TASKS.load("cartpole"), balance)[-1].true_score.mean() == 500.0


def test_a_fallen_pole_scores_its_steps():
    steps = run(TASKS.load("cartpole"), lambda signals: torch.zeros_like(signals["actions"]))
    first = torch.stack([step.terminated for step in steps]).int().argmax(dim=0)
    for env, end in enumerate(first.tolist()):
        assert float(steps[end].true_score[env]) == end + 1 < 500


def test_the_ant_scores_its_way():
    """Standing still scores nothing, and the score is the
    distance over the time of a whole episode."""
    task = TASKS.load("ant")
    steps = run(task, lambda signals: torch.zeros_like(signals["actions"]), 4)
    assert not any(step.terminated.any() for step in steps)
    assert steps[-1].true_score.abs().max() < 0.05
    assert torch.allclose(steps[-1].true_score, steps[-1].signals["base_pos"][:, 0] / 16.0)
