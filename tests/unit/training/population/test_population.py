"""What the learner is given, epoch by epoch, with real physics at a tiny size."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import SPARSE, TrainingJob
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
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

    def enter(self, *names: str, start: str = "", share: float = 1.0) -> None:
        jobs = [TrainingJob(name, SPARSE, len(name), "") for name in names]
        jobs[0] = replace(jobs[0], start=start, start_share=share)
        self.exchange((), [Slot(job, TINY) for job in jobs])


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


def saved(population: Watched, path: Path) -> TrainedPolicy:
    """Its only slot's policy, which is written into a file."""
    trained = population.trained(population.slots)
    save_slot(path, trained, 0, TINY.hidden)
    return trained


@pytest.fixture
def parent(tmp_path: Path) -> tuple[str, TrainedPolicy]:
    """A policy after three epochs, and its file."""
    population = Watched("cartpole", 1)
    population.enter("parent")
    for _ in range(3):
        population.epoch()
    return str(tmp_path / "policy.pt"), saved(population, tmp_path / "policy.pt")


@pytest.mark.parametrize("share", [1.0, 0.25])
def test_networks_are_mixed_of_the_parents_and_new_ones(parent: tuple[str, TrainedPolicy], share: float):
    """By hand, layer by layer; the critic, of which no layers can be had, as a row of numbers."""
    path, known = parent
    carried, new = Watched("cartpole", 1), Watched("cartpole", 1)
    carried.enter("child", start=path, share=share)
    new.enter("child")
    policy, fresh, old = carried._policy, new._policy, known.policy
    for mine, theirs, drawn in zip(policy.actor(0), old.actor(0), fresh.actor(0), strict=True):
        for part, other, first in zip(mine, theirs, drawn, strict=True):
            assert torch.equal(part, share * other + (1.0 - share) * first)
            assert share == 1.0 or not torch.equal(part, other)
    assert torch.equal(policy.log_std(), share * old.log_std() + (1.0 - share) * fresh.log_std())
    mixed = share * old.parameters + (1.0 - share) * fresh.parameters
    assert torch.equal(policy.parameters, mixed)
    learner = carried._learner
    assert float(learner._returns.count) == 0.0
    assert torch.equal(learner.optimiser.learning_rate, new._learner.optimiser.learning_rate)


def test_its_inputs_are_normalised_by_what_the_parent_saw_from_the_first_step_on(
    parent: tuple[str, TrainedPolicy],
):
    """They are not seen again: it acted by these statistics, and what it did is judged by them."""
    path, known = parent
    population = Watched("cartpole", 3)
    population.enter("child", "xx", start=path)
    population.epoch()
    (given,), (acted,) = population.given, population.acted
    mine = given.raw_observation[:, :1]
    wanted = torch.stack([known.normaliser.normalise(step) for step in mine])
    assert torch.equal(given.observation[:, :1], wanted)
    assert torch.equal(given.mean[:, 0], torch.stack([known.policy.mean(step)[0] for step in wanted]))
    torch.testing.assert_close(
        given.observation[:, 1], standardised(raw(given, 1), raw(given, 1)), rtol=1e-4, atol=1e-4
    )
    for observation, mean in zip(given.observation, given.mean, strict=True):
        torch.testing.assert_close(mean, acted.mean(observation))
    count = float(known.normaliser.count)
    seen = population.trained(population.slots).normaliser
    rows = mine.double().flatten(0, 2)
    assert seen.count.flatten().tolist() == [count + len(rows), len(rows)]
    middle = (count * known.normaliser.mean[0, 0] + rows.sum(0)) / (count + len(rows))
    torch.testing.assert_close(seen.mean[0, 0], middle)


def test_who_begins_from_a_policy_changes_nothing_for_others(parent: tuple[str, TrainedPolicy]):
    alone, beside = Watched("cartpole", 1), Watched("cartpole", 2)
    alone.enter("xx")
    beside.enter("child", "xx", start=parent[0], share=0.5)
    for population in (alone, beside):
        population.epoch()
        population.epoch()
    assert torch.equal(alone._policy.parameters[0], beside._policy.parameters[1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"hidden": (16, 32)}, r"the hidden layers \(16, 32\) and tanh"), ({"activation": "elu"}, "and elu")],
)
def test_a_policy_with_other_layers_is_no_start(tmp_path: Path, settings: dict[str, Any], message: str):
    env, other = TASKS.load("cartpole").make(TINY.envs, 1), replace(TINY, **settings)
    population = Population(env, other)
    population.exchange((), [Slot(TrainingJob("a", SPARSE, 1, ""), other)])
    save_slot(tmp_path / "other.pt", population.trained(population.slots), 0, other.hidden)
    with pytest.raises(UsageError, match=f"a policy with .*{message} cannot begin a training with"):
        Watched("cartpole", 1).enter("child", start=str(tmp_path / "other.pt"))
