"""Bare physics: the world moves as in a control step, and the episode does not notice."""

from __future__ import annotations

import torch

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS


def test_no_episode_ends(reach: Task):
    env = reach.make(2, 1)
    env.reset(torch.arange(2))
    ended = []
    for _ in range(reach.horizon):
        env.advance()
        ended.append(bool(env.step(torch.zeros(2, env.action_size)).truncated.any()))
    assert ended == [False] * (reach.horizon - 1) + [True]


def test_the_world_moves_as_in_a_step_with_the_same_controls():
    task = TASKS.load("cartpole")
    push = torch.full((2, 1), 0.3)
    one, two = task.make(2, 1), task.make(2, 1)
    for env in (one, two):
        env.reset(torch.arange(2))
        env.step(push)
    one.step(push)
    two.advance()
    a, b = one.step(push), two.step(push)
    assert torch.equal(a.signals["cart_pos"], b.signals["cart_pos"])
    assert torch.equal(a.signals["pole_vel"], b.signals["pole_vel"])
