"""Policies on disk, and as networks that run without rewardsmith."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from rewardsmith.contracts import VecEnv
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.training.policy_file import TrainedPolicy, load, save_slot
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.portable import PortablePolicy
from rewardsmith.training.ppo import Activation

HIDDEN = (16, 8)


@pytest.fixture(scope="module")
def env() -> VecEnv:
    return TASKS.load("franka-reach").make(1, 1)


def policy_of(env: VecEnv, activation: Activation) -> TrainedPolicy:
    """Two slots that have seen some observations, and whose actions are large enough to differ."""
    policy = StackedPolicy(env.observation_size, env.action_size, HIDDEN, 0.6, [1, 2], activation=activation)
    policy.parameters = 3.0 * policy.parameters.detach()
    normaliser = RunningNormaliser(2, env.observation_size)
    normaliser.update(torch.randn(2, 50, env.observation_size, generator=torch.Generator().manual_seed(0)))
    return TrainedPolicy(policy, normaliser)


@pytest.mark.parametrize("activation", ["tanh", "elu"])
def test_a_slot_acts_alike_in_the_population_on_disk_and_as_a_network(
    env: VecEnv, tmp_path: Path, activation: Activation
):
    trained = policy_of(env, activation)
    save_slot(tmp_path / "policy.pt", trained, 1, HIDDEN)
    loaded = load(tmp_path / "policy.pt", env)
    x = torch.randn(2, 9, env.observation_size, generator=torch.Generator().manual_seed(1))
    wanted = trained.act(x)[1]
    assert loaded.policy.activation == activation
    assert torch.equal(loaded.act(x[1:])[0], wanted)
    assert torch.allclose(PortablePolicy(loaded)(x[1]), wanted, atol=1e-6)
    other = policy_of(env, "elu" if activation == "tanh" else "tanh")
    assert not torch.allclose(other.act(x)[1], wanted, atol=1e-3)


def rewrite(path: Path, **changes: Any) -> None:
    """Change what a file says; ``None`` leaves it out."""
    data = {**torch.load(path, weights_only=True), **changes}
    torch.save({name: value for name, value in data.items() if value is not None}, path)


def test_a_file_from_before_there_was_a_choice_is_read(env: VecEnv, tmp_path: Path):
    trained = policy_of(env, "tanh")
    save_slot(tmp_path / "policy.pt", trained, 0, HIDDEN)
    rewrite(tmp_path / "policy.pt", activation=None)
    x = torch.ones(2, 1, env.observation_size)
    assert torch.equal(load(tmp_path / "policy.pt", env).act(x[:1])[0], trained.act(x)[0])


def test_what_was_seen_is_counted_and_taken_for_a_short_training_where_it_was_not(
    env: VecEnv, tmp_path: Path
):
    path = tmp_path / "policy.pt"
    save_slot(path, policy_of(env, "tanh"), 1, HIDDEN)
    assert load(path, env).normaliser.count.tolist() == [[[50.0]]]
    rewrite(path, observation_count=None)
    assert load(path, env).normaliser.count.tolist() == [[[100_000.0]]]


@pytest.mark.parametrize(
    "count",
    [torch.tensor([[-1.0]]), torch.tensor([[torch.nan]]), torch.tensor([[1e16]]), torch.ones(1, 2)],
    ids=["negative", "none", "absurd", "two"],
)
def test_an_odd_count_is_refused(env: VecEnv, tmp_path: Path, count: torch.Tensor):
    save_slot(tmp_path / "policy.pt", policy_of(env, "tanh"), 0, HIDDEN)
    rewrite(tmp_path / "policy.pt", observation_count=count.double())
    with pytest.raises(UsageError, match="is not a policy that rewardsmith saved"):
        load(tmp_path / "policy.pt", env)


def test_a_file_with_an_unknown_activation_is_refused(env: VecEnv, tmp_path: Path):
    save_slot(tmp_path / "policy.pt", policy_of(env, "tanh"), 0, HIDDEN)
    rewrite(tmp_path / "policy.pt", activation="swish")
    with pytest.raises(UsageError, match="is not a policy that rewardsmith saved"):
        load(tmp_path / "policy.pt", env)
