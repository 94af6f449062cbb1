"""The sparse reward of a step: goals met, or what the step added to a metric."""

from __future__ import annotations

import pytest
import torch

from rewardsmith.contracts import Step
from rewardsmith.registry import TASKS

N, STEPS = 4, 40


def steps(name: str, *, stagger: bool = False) -> list[Step]:
    env = TASKS.load(name).make(N, 1)
    env.reset(torch.arange(N), stagger=stagger)
    plan = 0.4 * torch.randn(STEPS, N, env.action_size, generator=torch.Generator().manual_seed(1))
    return [env.step(actions) for actions in plan]


@pytest.mark.parametrize(
    ("name", "start"), [("cartpole", 0.0), ("ant", 0.0), ("anymal", -6.0), ("quadcopter", -3.0)]
)
def test_the_steps_of_an_episode_add_up_to_its_score(name: str, start: float):
    """An episode counts from where a score begins, also the second one in the same environment."""
    total = torch.full((N,), start)
    for step in steps(name):
        total += step.sparse
        torch.testing.assert_close(total, step.true_score, atol=1e-4, rtol=1e-4)
        total[step.terminated | step.truncated] = start


def test_a_mean_metric_never_punishes_going_on():
    assert min(float(step.sparse.min()) for step in steps("anymal")) >= 0.0


def test_a_pole_earns_one_for_each_step_also_in_an_episode_that_began_before():
    for step in steps("cartpole", stagger=True):
        assert step.sparse.tolist() == [1.0] * N


def test_a_goal_pays_whenever_it_is_met():
    for step in steps("franka-reach"):
        assert torch.equal(step.sparse, step.success.float())
