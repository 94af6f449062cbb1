"""What is looked at in an episode, and its numbers by hand."""

from __future__ import annotations

import math

import pytest
import torch

from rewardsmith.feedback.quantities import Quantity, watched
from rewardsmith.registry import TASKS


def names(task: str) -> list[str]:
    return [quantity.name for quantity in watched(TASKS.load(task).signals)]


def test_pushing_is_seen_as_a_person_would_look_at_it():
    assert names("franka-push") == [
        "distance of cube_pos and goal_pos",
        "distance of tcp_pos and cube_pos",
        "height of cube_pos",
        "size of cube_lin_vel",
    ]


def test_without_an_object_the_robot_is_looked_at():
    assert names("franka-reach") == [
        "distance of tcp_pos and goal_pos",
        "height of tcp_pos",
        "size of tcp_lin_vel",
    ]
    assert "difference of base_lin_vel and goal_lin_vel" in names("anymal")


@pytest.mark.parametrize("task", TASKS.names())
def test_every_task_has_something_to_look_at_and_not_too_much(task: str):
    assert 1 <= len(names(task)) <= 9


def test_numbers():
    signals = {
        "a": torch.tensor([[1.0, 2.0, 2.0]]),
        "b": torch.tensor([[1.0, -1.0, -2.0]]),
        "p": torch.tensor([[1.0, 0.0, 0.0, 0.0]]),
        "q": torch.tensor([[-math.cos(0.3), 0.0, 0.0, math.sin(0.3)]]),
        "s": torch.tensor([0.7]),
    }

    def value(kind: str, *given: str) -> float:
        return Quantity("", "", kind, given).of(signals).item()  # pyright: ignore[reportArgumentType]

    assert value("gap", "a", "b") == 5.0
    assert value("turn", "p", "q") == pytest.approx(0.6), "the shorter way round"
    assert value("height", "a") == 2.0
    assert value("size", "a") == 3.0
    assert value("value", "s") == pytest.approx(0.7)
