"""A task whose goal counts once it was met: for the rest of the episode, and no longer."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.tasks.cartpole import Cartpole


class Outing(Cartpole):
    """The cart must have been beyond 0.5 m."""

    latched = True

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        return signals["cart_pos"] > 0.5

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        return success.float()


def visits(task: Cartpole, places: list[float]) -> list[tuple[bool, float, bool]]:
    """Put the cart of the first of two environments to each place in turn:
    success, score and end there, none in the second."""
    env = task.make(2, 1)
    assert isinstance(env, SimulatedEnv)
    env.reset(torch.arange(2))
    seen: list[tuple[bool, float, bool]] = []
    for place in places:
        env._sim["qpos"][0] = torch.tensor([place, 0.0]).double()
        env._sim["qvel"][0] = 0.0
        step = env.step(torch.zeros(2, 1))
        assert not step.success[1]
        assert not step.true_score[1]
        seen.append((bool(step.success[0]), float(step.true_score[0]), bool(step.terminated[0])))
    return seen


def test_a_goal_once_met_counts_until_the_episode_ends():
    """The cart leaves the track at 3 m, which ends the episode;
    the next one starts without the goal."""
    assert visits(Outing(), [0.0, 1.0, 0.0, -3.5, 0.0]) == [
        (False, 0.0, False),
        (True, 1.0, False),
        (True, 1.0, False),
        (True, 1.0, True),
        (False, 0.0, False),
    ]


def test_without_it_the_goal_counts_where_it_is_met():
    task = Outing()
    task.latched = False
    assert [success for success, _, _ in visits(task, [0.0, 1.0, 0.0])] == [False, True, False]


def test_a_world_that_explodes_has_not_met_its_goal():
    assert visits(Outing(), [1.0, float("nan"), 0.0]) == [
        (True, 1.0, False),
        (False, 0.0, True),
        (False, 0.0, False),
    ]
