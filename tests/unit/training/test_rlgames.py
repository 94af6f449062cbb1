"""The rl-games trainer's settings, and what it says where the package is missing."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from rewardsmith.cli import main
from rewardsmith.contracts import Task, TrainingJob
from rewardsmith.execution.process import JsonProcess
from rewardsmith.records import RunState
from rewardsmith.training.population.learner import PopulationLearner
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.rlgames import trainer
from rewardsmith.training.rlgames.parameters import parameters
from tests.training import Feed, train

SETTINGS = PpoSettings(
    env_steps=1_000_000, envs=64, rollout=20, minibatches=5, hidden=(32, 16), initial_std=0.5, discount=0.98
)


def test_settings_keep_their_meaning():
    given = parameters(SETTINGS, 7, Path("somewhere"))
    config = given["config"]
    assert given["seed"] == 7
    assert (config["num_actors"], config["horizon_length"], config["minibatch_size"]) == (64, 20, 256)
    assert config["max_epochs"] == 781  # 1,000,000 / (64 * 20) = 781.25
    assert (config["gamma"], config["tau"], config["e_clip"], config["kl_threshold"]) == (
        0.98,
        0.95,
        0.2,
        0.012,
    )
    assert given["network"]["mlp"]["units"] == [32, 16]
    assert given["network"]["mlp"]["activation"] == "tanh"
    assert given["network"]["mlp"]["initializer"]["gain"] == pytest.approx(5 / 3)
    assert not config["clip_value"]
    assert parameters(replace(SETTINGS, value_clip=True), 7, Path("somewhere"))["config"]["clip_value"]
    assert (
        parameters(replace(SETTINGS, activation="elu"), 7, Path("somewhere"))["network"]["mlp"]["activation"]
        == "elu"
    )
    assert given["network"]["space"]["continuous"]["sigma_init"]["val"] == pytest.approx(math.log(0.5))


@pytest.mark.parametrize("value_clip", [False, True])
def test_both_trainers_have_the_same_loss(value_clip: bool):
    """Every constant of it: rl-games' own loss under our parameters
    has the gradient of the population's."""
    settings = replace(SETTINGS, hidden=(8,), clip=0.1, entropy=0.05, value_clip=value_clip)
    draw = torch.Generator().manual_seed(0)
    policy = StackedPolicy(3, 2, settings.hidden, 0.5, [0])
    policy.parameters.data += torch.randn(policy.parameters.shape, generator=draw)
    scalars = ("advantage", "returns", "value", "log_probability")
    shapes = {"observation": (3,), "action": (2,)} | dict.fromkeys(scalars, ())
    part = {name: torch.randn(1, 50, *shape, generator=draw) for name, shape in shapes.items()}
    mean = policy.mean(part["observation"]).detach()
    assert 0.1 < float((mean.abs() > 1.1).float().mean()) < 0.9
    part["action"] += mean
    part["log_probability"] -= 3.0
    (ours,) = torch.autograd.grad(PopulationLearner(policy, settings)._loss(part)[0], policy.parameters)
    (theirs,) = torch.autograd.grad(their_loss(policy, part, settings), policy.parameters)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def their_loss(policy: StackedPolicy, part: dict[str, Tensor], settings: PpoSettings) -> Tensor:
    """rl-games' loss of one slot: ``A2CAgent.calc_losses`` without the rest of the agent."""
    from rl_games.algos_torch.a2c_continuous import A2CAgent
    from rl_games.common.common_losses import actor_loss

    config = parameters(settings, 7, Path("somewhere"))["config"]
    names = ("critic_coef", "entropy_coef", "bounds_loss_coef", "clip_value", "ppo")
    constants = {name: config[name] for name in names}
    agent: Any = SimpleNamespace(has_value_loss=True, bound_loss_type="bound", model=None, **constants)
    agent.bound_loss = partial(A2CAgent.bound_loss, agent)
    observation, action, advantage, returns, former, log_probability = (x[0] for x in part.values())
    mean, value = policy.mean(observation[None])[0], policy.value(observation[None])[0]
    spread = torch.distributions.Normal(mean, policy.log_std()[0].exp())
    surprise, entropy = -spread.log_prob(action).sum(-1), spread.entropy().sum(-1)
    actor = (actor_loss, -log_probability, surprise, advantage, config["e_clip"])
    critic = (former[:, None], value[:, None], returns[:, None])
    return A2CAgent.calc_losses(agent, *actor, *critic, mean, entropy, None)[0]


def test_training_and_playing_use_the_same_device():
    config = parameters(replace(SETTINGS, device="cuda"), 1, Path("somewhere"))["config"]
    assert config["device"] == config["device_name"] == "cuda"


@pytest.mark.parametrize(
    "command",
    [["train", "franka-reach", "--reward", "sparse"], ["search", "franka-reach", "--candidates", "1"]],
    ids=["train", "search"],
)
def test_without_the_package_the_install_line_is_given(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(trainer, "find_spec", lambda name: None)
    assert main.run([*command, "--trainer", "rl-games", "--out", str(tmp_path / "out")]) == 2
    assert "pip install 'rewardsmith[rl-games]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


class Watched(JsonProcess):
    """A process that is given one order at a time, all of them by the thread that trains."""

    made: list[Watched]

    def __init__(self, module: str, *arguments: str) -> None:
        super().__init__("tests.children.obliging")
        self.open = 0
        Watched.made.append(self)

    def send(self, line: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.open += 1
        assert self.open == 1, "it was idle"
        super().send(line)

    def receive(self, timeout_s: float) -> str:
        self.open -= 1
        return super().receive(timeout_s)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watched]]:
    Watched.made = []
    monkeypatch.setattr(trainer, "JsonProcess", Watched)
    monkeypatch.setattr(trainer, "find_spec", lambda name: True)
    yield Watched.made
    for process in Watched.made:
        process.kill()


def test_processes_are_shared_by_jobs_and_no_two_jobs_get_the_same(
    watched: list[Watched], reach: Task, tmp_path: Path
):
    rl_games = trainer.RlGamesTrainer(reach, SETTINGS, threads=2)
    jobs = [TrainingJob(f"c{n:03d}", "program", n, str(tmp_path / f"{n}.pt")) for n in range(9)]
    for _ in range(2):
        results = train(rl_games, Feed(jobs, width=len(jobs)))
        assert sorted(results) == [job.run for job in jobs]
        assert {result.state for result in results.values()} == {RunState.TRAINED}
        assert len(watched) == 2
