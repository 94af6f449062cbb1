"""The true score, on an environment whose episodes end early and whose observations drift away."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith.training.heldout import play
from rewardsmith.training.policy_file import TrainedPolicy
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from tests.point import Point
from tests.toys import Bare

SLOTS, EPISODES, HORIZON = 2, 3, 6


class Blind(Point):
    """Episodes of a task in which nothing can be read."""

    signals, horizon = (), HORIZON


LENGTHS = torch.tensor([1, 2, 3, 4, 6, 6])
"""Of the episodes of every environment; the last two end at the horizon."""


class Counting(Bare):
    """An episode's score is the sum of its actions; all that is
    seen is how many steps were made."""

    observation_size, action_size, num_envs = 1, 1, SLOTS * EPISODES

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        assert not stagger
        self.steps, self.elapsed, self.sums = 0, torch.zeros(self.num_envs), torch.zeros(self.num_envs)
        return self._seen()

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        raise NotImplementedError

    def step(self, actions: Tensor) -> Step:
        self.steps += 1
        self.elapsed += 1
        self.sums += actions[:, 0]
        score, ended, late = self.sums.clone(), self.elapsed == LENGTHS, self.elapsed == HORIZON
        self.elapsed[ended], self.sums[ended] = 0.0, 0.0
        never = torch.zeros(self.num_envs, dtype=torch.bool)
        seen = self._seen()
        return Step(seen, {}, score, never, ended & ~late, ended & late, score, never, seen)

    def _seen(self) -> Tensor:
        return torch.full((self.num_envs, 1), float(self.steps))


@pytest.fixture
def trained() -> TrainedPolicy:
    """Statistics of steps 0 to 4, and a spread of the actor that noise would show."""
    normaliser = RunningNormaliser(SLOTS, 1)
    normaliser.update(torch.arange(5.0).expand(SLOTS, 5)[..., None])
    policy = StackedPolicy(1, 1, (16,), 0.6, [1, 2])
    policy.parameters.data += 0.05
    return TrainedPolicy(policy, normaliser)


def test_the_first_episode_counts_without_noise_and_with_the_statistics_of_training(trained: TrainedPolicy):
    steps = (torch.arange(float(HORIZON)) - 2.0) / (2.0 + 1e-5) ** 0.5  # mean and variance of 0 to 4 are 2
    actions = trained.policy.mean(steps.expand(SLOTS, HORIZON)[..., None])[..., 0].detach()
    assert actions.abs().max() < 1.0
    assert actions.std(dim=1).min() > 0.01
    sums = actions.cumsum(dim=1)
    expected = [sums[slot, LENGTHS.view(SLOTS, EPISODES)[slot] - 1] for slot in range(SLOTS)]
    for _ in range(2):  # and scoring leaves no trace
        outcomes = play(Counting(), Blind(), trained, SLOTS, 7, EPISODES)
        for outcome, values in zip(outcomes, expected, strict=True):
            assert outcome.score.mean == pytest.approx(float(values.mean()), abs=1e-5)
            error = float(values.std()) / EPISODES**0.5
            assert outcome.score.standard_error == pytest.approx(error, abs=1e-5)
            assert outcome.episodes.true_score.tolist() == pytest.approx(values.tolist(), abs=1e-5)
    assert trained.normaliser.mean.flatten().tolist() == [2.0, 2.0]
