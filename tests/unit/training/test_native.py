"""Trainings on the suite's own reward: it is what a program that computes the same would be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import NATIVE, Device, Step, TrainingJob, VecEnv
from rewardsmith.records import Fault, RunState
from rewardsmith.reward.guard.static import check_source
from rewardsmith.testing.feeding import TINY, train
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.proxy import ProxyReward
from tests.native_point import NATIVE_POINT, NEAR, NativeEnv, NativePoint
from tests.point import POINT

SETTINGS = replace(TINY, goal_bonus=2.0)


class Broken(NativeEnv):
    """Its reward is no number after some steps."""

    def step(self, actions: torch.Tensor) -> Step:
        step = super().step(actions)
        assert step.native is not None
        return replace(step, native=step.native / (self.state["age"] != 5))


class BrokenPoint(NativePoint):
    env = Broken


def one(task: NativePoint, tmp_path: Path, program: str, name: str = "a"):
    job = TrainingJob(name, program, 3, str(tmp_path / f"{name}.pt"))
    return train(PopulationTrainer(task, SETTINGS, 2), [job])[name]


def test_it_trains_as_a_program_that_says_the_same_to_the_bit(tmp_path: Path):
    program = check_source(NEAR, NATIVE_POINT.signals).program
    native, written = one(NATIVE_POINT, tmp_path, NATIVE, "n"), one(NATIVE_POINT, tmp_path, program, "w")
    assert native.state == written.state == RunState.TRAINED
    assert (native.components, native.progress) == ((), written.progress)
    assert (tmp_path / "n.pt").read_bytes() != b""
    policies = [torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in "nw"]
    for name, value in policies[0].items():
        other = policies[1][name]
        assert torch.equal(value, other) if isinstance(value, torch.Tensor) else value == other


def test_beside_others_it_is_what_it_is_alone(tmp_path: Path):
    alone = one(NATIVE_POINT, tmp_path, NATIVE, "n")
    jobs = [TrainingJob(n, p, 3, str(tmp_path / f"{n}.pt")) for n, p in (("s", "sparse"), ("n", NATIVE))]
    found = train(PopulationTrainer(NATIVE_POINT, SETTINGS, 2), jobs)
    assert found["n"].progress == alone.progress
    assert found["s"].progress != alone.progress


def test_a_task_that_gives_none_is_told(tmp_path: Path):
    result = one(POINT, tmp_path, NATIVE)  # pyright: ignore[reportArgumentType]
    assert (result.state, result.fault) == (RunState.FAILED, Fault.CRASHED)
    assert result.cause == "the environment gives no native reward, though its task says so"


def test_one_that_is_not_finite_ends_the_training(tmp_path: Path):
    result = one(BrokenPoint(), tmp_path, NATIVE)
    assert (result.state, result.fault) == (RunState.FAILED, Fault.DIVERGED)
    assert result.cause in ("the total became -inf in epoch 0", "the total became -inf in epoch 1")


def test_the_proxy_gives_it_without_components_and_with_the_bonus():
    proxy = ProxyReward(TrainingJob("a", NATIVE, 0, ""), SETTINGS)
    native, sparse = torch.tensor([-0.5, 2.0]), torch.tensor([0.0, 1.0])
    terms = proxy.terms({}, sparse, native, 0)
    assert terms is not None
    assert terms[0].tolist() == [-0.5, 2.0]
    assert terms[1] == {}
    assert proxy.with_bonus(terms[0], sparse).tolist() == [-0.5, 4.0]
    assert proxy.parameters == ()


def test_rl_games_gets_it_too():
    pytest.importorskip("rl_games")
    from rewardsmith.training.curves import TrainingCurves
    from rewardsmith.training.rlgames.environment import RewardedEnv

    device: Device = "cpu"
    env: VecEnv = NATIVE_POINT.make(2, 1, device)
    first = env.reset(torch.arange(2))
    proxy = ProxyReward(TrainingJob("a", NATIVE, 0, ""), SETTINGS)
    rewarded = RewardedEnv(env, first, proxy, TrainingCurves(0))
    # the goal is to the right, and nobody moves
    _, reward, _, _ = rewarded.step(torch.zeros(2, 1))
    torch.testing.assert_close(reward, first[:, 0] - first[:, 1])
    env.close()
