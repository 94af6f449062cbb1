"""What the learner is given, epoch by epoch, with real physics at a tiny size."""

from __future__ import annotations

from copy import deepcopy
from functools import partial

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import SPARSE, TrainingJob
from rewardsmith.registry import TASKS
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.population import Population
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.population.slot import Slot
from tests.conftest import TINY


class Watched(Population):
    """Keeps what the learner was given, and the policies that acted."""

    def __init__(self, task: str, slots: int) -> None:
        super().__init__(TASKS.load(task).make(slots * TINY.envs, 1), TINY)
        self.given: list[Experience] = []
        self.acted: list[StackedPolicy] = []
        learn = self._learner.update

        def update(experience: Experience, rewards: Tensor) -> None:
            self.given.append(deepcopy(experience))
            self.acted.append(self._policy.select(torch.arange(len(self.slots))))
            learn(experience, rewards)

        self._learner.update = update

    def enter(self, name: str) -> None:
        self.exchange((), [Slot(TrainingJob(name, SPARSE, len(name), ""), TINY)])


def standardised(values: Tensor, past: Tensor) -> Tensor:
    """By hand: with mean and variance of all that is past, ``(T, N, inputs)``, cut at five."""
    mean, variance = past.double().mean((0, 1)), past.double().var((0, 1), unbiased=False)
    return ((values - mean) / (variance + 1e-5).sqrt()).clamp(-5.0, 5.0).float()


def raw(experience: Experience, slot: int = 0) -> Tensor:
    return experience.raw_observation[:, slot]


def test_inputs_are_normalised_by_all_that_was_seen_before_and_at_first_by_themselves():
    population = Watched("cartpole", 1)
    population.enter("a")
    for _ in range(3):
        population.epoch()
    one, two, three = population.given
    close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-4)
    close(one.observation[:, 0], standardised(raw(one), raw(one)))
    close(two.observation[:, 0], standardised(raw(two), raw(one)))
    past = torch.cat((raw(one), raw(two)))
    close(three.observation[:, 0], standardised(raw(three), past))
    close(one.last_observation[0], standardised(raw(two)[0], raw(one)))
    for experience, policy in zip(population.given, population.acted, strict=True):
        for observation, mean in zip(experience.observation, experience.mean, strict=True):
            torch.testing.assert_close(mean, policy.mean(observation))


@pytest.mark.parametrize("task", ["franka-push", "ant", "cartpole", "quadcopter"])
def test_few_inputs_are_cut_in_the_first_epoch(task: str):
    """Statistics of start states alone, all at rest, cut a third to two thirds of them."""
    population = Watched(task, 1)
    population.enter("a")
    population.epoch()
    assert float((population.given[0].observation.abs() >= 5.0).float().mean()) < 0.02


def test_whoever_enters_later_leaves_the_others_inputs_as_they_are():
    alone, beside = Watched("cartpole", 2), Watched("cartpole", 2)
    for population in (alone, beside):
        population.enter("a")
        population.epoch()
    beside.enter("bb")
    late = Watched("cartpole", 2)
    late.enter("bb")
    for population in (alone, beside, late):
        population.epoch()
    for name in ("observation", "mean", "action"):
        both = getattr(beside.given[1], name)
        assert torch.equal(both[:, 0], getattr(alone.given[1], name)[:, 0]), name
        assert torch.equal(both[:, 1], getattr(late.given[0], name)[:, 0]), name
    assert torch.equal(beside.given[1].last_observation[1], late.given[0].last_observation[0])
