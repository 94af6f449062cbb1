"""Every registered trainer keeps the contract; and what ours promise beyond it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rewardsmith.contracts import SPARSE, Task, Trainer, TrainingProgress
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.testing.programs import diverging, misshapen
from rewardsmith.testing.trainers import CHECKS, TrainerCase
from tests.conftest import TINY
from tests.training import train

SLOW = ("rl-games",)


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in TRAINERS.names()]
)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def trainer(name: str, reach: Task) -> Trainer:
    return TRAINERS.load(name)(reach, TINY, threads=2)


@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps_the_contract(name: str, check: Callable[[TrainerCase], None]):
    check(TrainerCase(TRAINERS.load(name)))


def test_steps_and_epochs_are_those_of_the_settings(trainer: Trainer, job, human_program: str):
    heard: list[TrainingProgress] = []
    found = train(trainer, [job("a", human_program), job("b", SPARSE)])
    for result in found.values():
        assert result.env_steps == TINY.env_steps
        assert all(len(curve.values) == 10 for curve in result.progress)
    train(trainer, [job("a", human_program)], heard.append)
    assert [progress.env_steps for progress in heard] == list(range(160, 1_601, 160))
    assert heard[-1].success[0][0] == "a"


def test_causes_tell_a_writer_what_to_repair(trainer: Trainer, job, reach: Task):
    found = train(trainer, [job("nan", diverging(reach)), job("shape", misshapen(reach))])
    assert "the total became nan" in found["nan"].cause
    assert f"{reach.signals[0].name} = [" in found["nan"].cause
    assert "shape" in found["shape"].cause


def test_missing_values_stay_missing(name: str, reach: Task, job, human_program: str):
    """In epochs in which no episode ended, there is no success rate: not a zero."""
    short = replace(TINY, env_steps=64, envs=2, rollout=2, minibatches=1)
    result = train(TRAINERS.load(name)(reach, short, threads=1), [job("a", human_program)])["a"]
    success = next(curve for curve in result.progress if curve.name == "success")
    assert None in success.values


def test_no_score_counts_steps_that_were_not_played(name: str, job):
    """Cartpole's true score is the number of control steps, so both curves say the same."""
    settings = replace(TINY, env_steps=2_560, rollout=20, slots=1)
    result = train(TRAINERS.load(name)(TASKS.load("cartpole"), settings, threads=1), [job("a", SPARSE)])["a"]
    curves = {curve.name: curve.values for curve in result.progress}
    assert curves["success"] == curves["episode_length"]
    assert any(curves["success"])
