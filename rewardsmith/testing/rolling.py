"""Playing environments on fixed seeds and actions, and comparing what came out to the bit."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from rewardsmith.contracts import Step, Task, VecEnv

N = 6
"""Environments, where a check does not say otherwise."""
_FIELDS = ("observation", "true_score", "sparse", "success", "terminated", "truncated", "unstable")


def seeds(count: int = N) -> Tensor:
    """One random stream per environment."""
    return torch.arange(count) * 1_000 + 17


def actions(env: VecEnv, steps: int) -> Tensor:
    """Random actions, some beyond the range, ``(steps, num_envs, action_size)``."""
    chance = torch.Generator().manual_seed(5)
    return torch.rand((steps, env.num_envs, env.action_size), generator=chance) * 2.4 - 1.2


def roll(env: VecEnv, plan: Tensor) -> list[Step]:
    """Every step of a plan of actions."""
    return [env.step(action) for action in plan]


def differences(one: Step, other: Step, ours: Sequence[int] = (), theirs: Sequence[int] = ()) -> str:
    """What is not the same to the bit in two steps, by name.

    Args:
        one: A step.
        other: Another.
        ours: Environments of the first that are compared; none: all.
        theirs: Those of the other, in the same order.
    """
    left, right = (list(chosen) if chosen else slice(None) for chosen in (ours, theirs))
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in _FIELDS}
    pairs |= {name: (one.signals[name], value) for name, value in other.signals.items()}
    return ", ".join(name for name, (a, b) in pairs.items() if not torch.equal(a[left], b[right]))


def velocity_pairs(task: Task) -> list[tuple[str, str]]:
    """Positions with velocities of the same shape, by name.

    Such as ``cube_pos`` and ``cube_lin_vel`` or ``cube_vel``.
    """
    shapes = {signal.name: signal.shape for signal in task.signals}
    names = list(shapes)
    stems = {name: re.sub(r"(_pos)?(_angle)?(_opening)?$", "", name) for name in names}
    ends = ("_lin_vel", "_vel")
    return [
        (name, stem + end)
        for name, stem in stems.items()
        for end in ends
        if stem + end != name and shapes.get(stem + end) == shapes[name]
    ]
