"""Signals of the step before and of the episode's start."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith.contracts import Role, Signal, readable
from rewardsmith.reward.past import Past

NAMES = ["x", "previous_x", "initial_x", "nowhere", "previous_nowhere"]


def read(past: Past, values: list[float], first: list[bool]) -> dict[str, list[float]]:
    found = past.read(NAMES, {"x": torch.tensor(values)}, torch.tensor(first))
    return {name: value.tolist() for name, value in found.items()}


def test_every_row_has_the_past_of_its_own_episode():
    past = Past()
    first = read(past, [1.0, 10.0], [True, True])
    assert first == {"x": [1.0, 10.0], "previous_x": [1.0, 10.0], "initial_x": [1.0, 10.0]}
    second = read(past, [2.0, 20.0], [False, True])
    assert second == {"x": [2.0, 20.0], "previous_x": [1.0, 20.0], "initial_x": [1.0, 20.0]}
    third = read(past, [3.0, 30.0], [False, False])
    assert third == {"x": [3.0, 30.0], "previous_x": [2.0, 20.0], "initial_x": [1.0, 20.0]}


def test_rows_are_exchanged_with_their_past():
    past = Past()
    read(past, [1.0, 10.0, 100.0], [True, True, True])
    past.exchange(torch.tensor([2, 0]), 1)
    found = read(past, [101.0, 2.0, 7.0], [False, False, True])
    assert found["previous_x"] == found["initial_x"] == [100.0, 1.0, 7.0]


def test_vectors_and_groups_of_points():
    past, points = Past(), torch.arange(12.0).view(2, 2, 3)
    name, first = ["previous_points"], torch.tensor([True, True])
    past.read(name, {"points": points}, first)
    found = past.read(name, {"points": points + 1.0}, torch.tensor([True, False]))["previous_points"]
    assert torch.equal(found[0], points[0] + 1.0)
    assert torch.equal(found[1], points[1])


def test_what_nobody_asks_for_is_not_kept():
    past = Past()
    read(past, [1.0], [True])
    assert past.read(["x"], {"x": torch.tensor([2.0])}, torch.tensor([False])).keys() == {"x"}
    assert read(past, [3.0], [False])["previous_x"] == [3.0], "it has no past again"


def test_what_is_read_is_not_changed_later():
    """A rollout keeps what every step gave."""
    past, seen = Past(), list[Tensor]()
    for number in range(3):
        first = torch.tensor([number == 0])
        seen.append(past.read(["initial_x"], {"x": torch.tensor([float(number)])}, first)["initial_x"])
    assert [value.item() for value in seen] == [0.0, 0.0, 0.0]


def signal(name: str, unit: str, role: Role = Role.OBJECT) -> Signal:
    return Signal(name, (3,), unit, "world", "what it is", role, -1.0, 1.0)


def test_the_table_of_what_can_be_read():
    table = (
        signal("cube_pos", "m"),
        signal("cube_force", "N"),
        signal("actions", "m", Role.ACTION),
        signal("previous_goal_pos", "m"),
        signal("goal_pos", "m", Role.GOAL),
    )
    found = readable(table)
    assert found[:5] == table
    assert [one.name for one in found[5:]] == [
        "previous_cube_pos",
        "previous_previous_goal_pos",
        "initial_cube_pos",
        "initial_previous_goal_pos",
        "initial_goal_pos",
    ], "a name of the table stays what it is"
    assert found[5].meaning == "what it is, one control step before"
