"""What trains on a GPU never meets the CPU: shown without a GPU, with torch's ``meta`` device.

A tensor there has a shape and no numbers. An operation on it together with a tensor of the CPU is
refused, and so is anything that waits for a number, as ``if x.any()`` or ``float(x)`` do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Role, Signal, Step
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import ProgramFailedError, RewardProgram
from rewardsmith.training.policy_file import TrainedPolicy
from rewardsmith.training.population.learner import PopulationLearner
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.rollout import Collector
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.streams import environment_seeds
from tests.toys import Bare

SLOTS, ENVS, STEPS, INPUTS, ACTIONS = 3, 4, 5, 6, 2
SETTINGS = PpoSettings(envs=ENVS, rollout=STEPS, hidden=(8,), minibatches=2, mini_epochs=2)
Parts = tuple[Collector, StackedPolicy, RunningNormaliser]


class Elsewhere(Bare):
    """Environments whose tensors are all on another device, and that want their actions there."""

    num_envs, observation_size, action_size = SLOTS * ENVS, INPUTS, ACTIONS

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        return self._numbers(INPUTS) + seeds[:, None].float()

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        return self.reset(seeds, stagger=stagger)

    def step(self, actions: Tensor) -> Step:
        assert actions.device.type == "meta"
        never = self._numbers() > 1.0
        return Step(
            self._numbers(INPUTS),
            {"tip_pos": self._numbers(3)},
            self._numbers(),
            never,
            never,
            never,
            self._numbers(),
            never,
            self._numbers(INPUTS),
        )

    def _numbers(self, *shape: int) -> Tensor:
        return torch.zeros(self.num_envs, *shape, device="meta")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    first = Elsewhere().reset(environment_seeds("training", range(SLOTS), ENVS, "meta"))
    policy = StackedPolicy(INPUTS, ACTIONS, SETTINGS.hidden, 0.6, range(SLOTS), "meta")
    normaliser = RunningNormaliser(SLOTS, INPUTS, "meta")
    generator = torch.Generator
    with monkeypatch.context() as patch:
        patch.setattr(torch, "Generator", lambda device: generator())  # this device has none of its own
        collector = Collector(Elsewhere(), policy, normaliser, ENVS)
        collector.exchange([], range(SLOTS), first)
    return collector, policy, normaliser


def test_the_device_refuses_what_a_gpu_refuses_or_waits_for():
    there = torch.zeros(3, device="meta")
    with pytest.raises(RuntimeError, match="device"):
        _ = there + torch.zeros(3)
    with pytest.raises(RuntimeError, match="item"):
        bool(there.any())


def test_collecting_and_learning_stay_on_their_device_and_wait_for_nothing(parts: Parts):
    collector, policy, normaliser = parts
    experience = collector.collect(STEPS, ["tip_pos"])
    assert {value.device.type for value in vars(experience).values() if isinstance(value, Tensor)} == {"meta"}
    assert experience.signals["tip_pos"].device.type == "meta"
    learner = PopulationLearner(policy, SETTINGS)
    learner.update(experience, experience.true_score)
    normaliser.update(experience.raw_observation.transpose(0, 1).flatten(1, 2))
    kept = (normaliser.mean, normaliser.variance, policy.parameters, learner.optimiser.learning_rate)
    assert {tensor.device.type for tensor in kept} == {"meta"}


def test_acting_stays_on_its_device(parts: Parts):
    trained = TrainedPolicy(*parts[1:])
    assert trained.device.type == "meta"
    assert trained.act(torch.zeros(SLOTS, ENVS, INPUTS, device="meta")).device.type == "meta"


SOURCE = """
def scaled(x, weight):
    return x * weight * torch.full((3,), 2.0)

def compute_reward(tip_pos):
    far = torch.norm(scaled(tip_pos, 0.5) - torch.tensor([0.1, 0.2, 0.3]), dim=-1)
    return far + torch.zeros(tip_pos.shape[0]) + torch.ones(1), {"far": far}
"""


def test_programs_compute_where_their_signals_are():
    """The guard writes the device into everything that a program makes."""
    signals = {"tip_pos": torch.zeros(7, 3, device="meta")}
    printed = check_source(
        SOURCE, (Signal("tip_pos", (3,), "m", "world", "the tip", Role.EFFECTOR, -1.0, 1.0),)
    ).program
    total, components = RewardProgram(printed)(signals)
    assert (total.device.type, components["far"].device.type) == ("meta", "meta")
    with pytest.raises(ProgramFailedError, match="operation failed"):
        RewardProgram(printed.replace(", device=tip_pos.device", ""))(signals)
