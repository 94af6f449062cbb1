"""Goals that follow one another: what reaching one pays, and the curve of how many were reached."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from rewardsmith.contracts import SPARSE, TrainingJob
from rewardsmith.records import Fault
from rewardsmith.training.curves import TrainingCurves, smoothed
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.ppo import PpoSettings

PROGRAM = """\
def compute_reward(height):
    return 2.0 * height, {"height": height}
"""
BROKEN = """\
def compute_reward(height):
    return torch.log(height), {"height": height}
"""
STEPS, ENVS = 3, 2
GOAL = torch.tensor([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
"""Where a goal was reached, ``(STEPS, ENVS)``."""


def experience(slots: int = 1) -> Experience:
    """Everything at height -1; environment 1 ends at the second step, having reached one goal."""
    score = GOAL.cumsum(dim=0)
    done = torch.zeros(STEPS, ENVS)
    done[1, 1] = 1.0
    score[2, 1] = 0.0
    parts = {
        field.name: torch.zeros(STEPS, slots, ENVS)
        for field in dataclasses.fields(Experience)
        if field.name != "signals"
    }
    known = {
        name: value[:, None].expand(-1, slots, -1)
        for name, value in (("success", GOAL), ("sparse", GOAL), ("true_score", score), ("done", done))
    }
    known["noise"] = torch.full((slots,), 0.5)
    return Experience(**(parts | known), signals={"height": -torch.ones(STEPS, slots, ENVS)})  # pyright: ignore[reportArgumentType]


def slot(program: str, bonus: float, smoothing: float = 0.0) -> Slot:
    return Slot(
        TrainingJob("a", program, 0, "/nowhere"), PpoSettings(goal_bonus=bonus, goal_smoothing=smoothing)
    )


def test_a_program_gets_the_bonus_where_a_goal_is_reached():
    assert slot(PROGRAM, 250.0).rewards(experience(), 0).tolist() == [
        [-2.0, 248.0],
        [-2.0, -2.0],
        [248.0, -2.0],
    ]


def test_without_a_bonus_a_program_is_alone():
    assert (slot(PROGRAM, 0.0).rewards(experience(), 0) == -2.0).all()


def test_the_sparse_reward_pays_each_goal_once():
    """The count of goals so far, which is the true score, is not paid at every step."""
    assert slot(SPARSE, 0.0).rewards(experience(), 0).tolist() == GOAL.tolist()
    assert slot(SPARSE, 250.0).rewards(experience(), 0).tolist() == (251.0 * GOAL).tolist()


def test_the_curves_show_the_program_without_the_bonus():
    """A writer is told what its own terms were; the bonus is none of them."""
    trained = slot(PROGRAM, 250.0)
    trained.rewards(experience(), 0)
    trained.rewards(experience(), 0)  # the first episode of an environment counts in no curve
    curves = {
        curve.name: curve.values for curve in (*trained.curves.components(), *trained.curves.progress())
    }
    assert curves["height"] == (-1.0, -1.0)
    assert curves["total"] == (-2.0, -2.0)
    assert curves["success"] == (None, 1.0)


def test_a_slot_that_failed_gets_no_bonus():
    broken = slot(BROKEN, 250.0)
    assert (broken.rewards(experience(), 0) == 0.0).all()
    assert broken.proxy.failure == Fault.DIVERGED
    assert (broken.rewards(experience(), 0) == 0.0).all()


def test_every_slot_gets_its_own_bonus():
    batch = experience(2)
    batch.success[:, 1] = 0.0
    assert (slot(PROGRAM, 250.0).rewards(batch, 1) == -2.0).all()


def test_smoothing_by_hand():
    # Step 0: two episodes end with 3 and 5 goals, mean 4: 0.1 * 4 = 0.4. Step 1:
    # none ends. Step 2: one ends with 10: 1 + 0.36.
    done = torch.tensor([[1.0, 1.0], [0.0, 0.0], [0.0, 1.0]])
    scores = torch.tensor([[3.0, 5.0], [0.0, 0.0], [0.0, 10.0]])
    assert smoothed(None, scores, done, 0.1) == pytest.approx(1.36)
    # An epoch later: an episode without a goal takes a tenth away.
    assert smoothed(1.36, torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), 0.1) == pytest.approx(1.224)


def test_smoothing_waits_for_an_episode_to_end():
    assert smoothed(None, torch.zeros(2, 2), torch.zeros(2, 2), 0.1) is None
    assert smoothed(0.7, torch.zeros(2, 2), torch.zeros(2, 2), 0.1) == 0.7


@pytest.mark.parametrize(("smoothing", "expected"), [(0.0, (4.0, None, 10.0)), (0.5, (2.0, 2.0, 6.0))])
def test_the_curve_of_goals(smoothing: float, expected: tuple[float | None, ...]):
    """Three epochs of one step: two episodes end with 3 and 5 goals, none,
    one with 10; unfinished counts never show."""
    curves = TrainingCurves(smoothing)
    curves.add_episodes(torch.ones(1, 2), torch.zeros(1, 2), torch.ones(1, 2))  # first episodes do not count
    for ended, score in (([1.0, 1.0], [3.0, 5.0]), ([0.0, 0.0], [7.0, 7.0]), ([0.0, 1.0], [8.0, 10.0])):
        curves.add_episodes(torch.tensor([ended]), torch.tensor([score]), torch.ones(1, 2))
    (success,) = (curve.values for curve in curves.progress() if curve.name == "success")
    assert success == pytest.approx((None, *expected))
