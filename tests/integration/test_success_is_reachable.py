"""A scripted controller solves each task: the sparse goal can be met with the actions there are."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from rewardsmith.contracts import Step, Task

STEP_M = 0.06
"""What action 1 commands."""


def solve(task: Task, control, count: int = 64) -> Tensor:
    env = task.make(count, 2)
    env.reset(torch.arange(count))
    step: Step = env.step(torch.zeros(count, env.action_size))
    for _ in range(task.horizon - 1):
        step = env.step(control(step.signals))
    assert step.truncated.all()
    return step.true_score


def reach_control(signals: Mapping[str, Tensor]) -> Tensor:
    return (signals["goal_pos"] - signals["tcp_pos"]) / STEP_M


def push_control(signals: Mapping[str, Tensor]) -> Tensor:
    """Go round to the far side of the cube, then push it along the line to the goal."""
    tcp, cube, goal = signals["tcp_pos"], signals["cube_pos"], signals["goal_pos"]
    way = (goal - cube)[:, :2]
    distance = way.norm(dim=1, keepdim=True)
    direction = way / (distance + 1e-6)
    side = torch.stack((-direction[:, 1], direction[:, 0]), dim=1)
    offset = tcp[:, :2] - cube[:, :2]
    along, across = (offset * direction).sum(1, keepdim=True), (offset * side).sum(1, keepdim=True)
    behind = (along < -0.03) & (across.abs() < 0.02)
    turn = torch.where(across >= 0, 1.0, -1.0)
    detour = cube[:, :2] - 0.07 * direction + side * turn * torch.where(along > -0.045, 0.09, 0.0)
    target = torch.where(behind, cube[:, :2] + 0.04 * direction, detour)
    target = torch.where(distance < 0.015, tcp[:, :2], target)
    planar = (target - tcp[:, :2]) / STEP_M * 0.7
    height = (0.03 - tcp[:, 2:]) / STEP_M
    return torch.cat((planar, height), dim=1)


def test_reach(reach: Task):
    assert solve(reach, reach_control).mean() == 1.0


def test_push(push: Task):
    assert solve(push, push_control).mean() > 0.7
