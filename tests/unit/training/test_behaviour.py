"""How quantities stood at the end and at their extremes, by hand on four short episodes."""

from __future__ import annotations

import pytest
import torch

from rewardsmith.contracts import Role, Signal, Step
from rewardsmith.records import Behaviour, Quartiles
from rewardsmith.training.behaviour import BehaviourRecorder
from tests.point import Point

WAYS = torch.tensor([[3.0, 1.0, 2.0, 9.0], [5.0, 4.0, 0.5, 0.25], [2.0, 3.0, 9.0, 9.0], [8.0, 7.0, 6.0, 5.0]])
"""Distance at every step of every episode."""
LENGTHS = torch.tensor([3, 4, 2, 4])
MET = WAYS < 2.5


class Line(Point):
    signals = (
        Signal("tool_pos", (3,), "m", "line", "tool", Role.EFFECTOR, -1.0, 1.0),
        Signal("goal_pos", (3,), "m", "line", "goal", Role.GOAL, -1.0, 1.0),
    )


def played(task: Point, scores: list[float]) -> Behaviour:
    """What is told of an episode that another one precedes."""
    recorder = BehaviourRecorder(task, 5, "cpu")
    for number in range(4):
        ways = torch.cat((torch.zeros(1), WAYS[:, number]))
        zero = torch.zeros(5, 3)
        signals = {"tool_pos": torch.stack((ways, *zero.T[1:]), dim=1), "goal_pos": zero}
        met = torch.cat((torch.zeros(1, dtype=torch.bool), MET[:, number]))
        none = torch.zeros_like(met)
        step = Step(ways[:, None], signals, ways, met, none, none, ways, none, ways[:, None])
        recorder.note(step, torch.cat((torch.ones(1, dtype=torch.bool), number < LENGTHS)))
    return recorder.behaviour(slice(1, 5), torch.tensor(scores))


def test_successes_and_failures_apart():
    """The first and the second episode succeed; the third met the goal and lost it."""
    found = played(Line(), [1.0, 1.0, 0.0, 0.0])
    assert [(group.label, group.episodes) for group in found.groups] == [("successes", 2), ("failures", 2)]
    success, failure = (group.readings[0] for group in found.groups)
    assert (success.name, success.unit) == ("distance of tool_pos and goal_pos", "m")
    assert success.end == Quartiles(0.6875, 1.125, 1.5625)  # of 2 and 0.25
    assert success.least == Quartiles(0.4375, 0.625, 0.8125)  # of 1 and 0.25
    assert success.most == Quartiles(3.5, 4.0, 4.5)  # of 3 and 5
    assert failure.end == Quartiles(3.5, 4.0, 4.5)  # of 3 and 5
    assert found.groups[0].steps == Quartiles(3.25, 3.5, 3.75)


def test_the_goal_is_met_and_lost():
    found = played(Line(), [1.0, 1.0, 0.0, 0.0])
    assert (found.met, found.lost) == (3, 1)
    assert found.first_met == Quartiles(1.5, 2.0, 2.5)  # at steps 2, 3 and 1


def test_a_metric_has_halves_and_no_goal():
    class Metric(Line):
        has_metric = True

    found = played(Metric(), [0.5, 0.1, 0.2, 0.9])
    assert [(group.label, group.episodes) for group in found.groups] == [
        ("better half", 2),
        ("worse half", 2),
    ]
    assert found.groups[0].readings[0].end.median == pytest.approx(3.5)  # of 2 and 5
    assert (found.met, found.first_met) == (0, None)


def test_an_episode_that_the_simulator_lost_at_once_is_in_no_group():
    recorder = BehaviourRecorder(Line(), 1, "cpu")
    assert recorder.behaviour(slice(0, 1), torch.tensor([0.0])) == Behaviour()
