"""What every registered trainer must do, with real physics at a tiny size."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import SPARSE, Task, Trainer, TrainingProgress
from rewardsmith.records import State, TrainingResult
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.training import policy_file
from rewardsmith.training.streams import environment_seeds
from tests.conftest import TINY

EPISODES = 8
NAN = """
def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    bad = torch.sqrt(tcp_pos[:, 0] - 10.0)
    return (bad, {'bad': bad})
"""
WRONG_SHAPE = """
def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    return (torch.sum(tcp_pos), {'a': tcp_pos[:, 0]})
"""
NO_PROGRAM = "def compute_reward(:"


@pytest.fixture(params=TRAINERS.names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def trainer(name: str, reach: Task) -> Trainer:
    return TRAINERS.load(name)(reach, TINY, EPISODES, threads=2)


def results(trainer: Trainer, jobs) -> dict[str, TrainingResult]:
    found = list(trainer.train(jobs, 0, lambda _: None))
    return {result.candidate: replace(result, wall_s=0.0, policy=Path(result.policy).name) for result in found}


def test_every_job_gets_one_result(trainer: Trainer, job, human_program: str):
    found = list(trainer.train([job("a", human_program), job("b", SPARSE)], 0, lambda _: None))
    assert sorted(result.candidate for result in found) == ["a", "b"]
    for result in found:
        assert result.state == State.SCORED
        assert result.env_steps == TINY.env_steps
        assert result.score
        assert result.score.episodes == EPISODES
        assert 0.0 <= result.score.mean <= 1.0
        assert all(len(curve.values) == 10 for curve in result.progress)


def test_a_slot_equals_the_same_program_alone_bit_for_bit(trainer: Trainer, job, human_program: str):
    other = human_program.replace("5.0", "3.0")
    jobs = [job("a", human_program, 1), job("b", other, 2), job("c", SPARSE, 3), job("d", human_program, 4)]
    together = results(trainer, jobs)
    weights = {j.candidate: torch.load(j.policy, weights_only=True) for j in jobs}
    for j in jobs:
        assert results(trainer, [j]) == {j.candidate: together[j.candidate]}
        alone = torch.load(j.policy, weights_only=True)
        assert alone.pop("activation") == weights[j.candidate].pop("activation")
        torch.testing.assert_close(alone, weights[j.candidate], rtol=0, atol=0)


def test_the_seed_matters(trainer: Trainer, job, human_program: str):
    found = results(trainer, [job("a", human_program, 1), job("b", human_program, 2)])
    assert found["a"].components != found["b"].components


def test_bad_programs_cost_only_themselves(trainer: Trainer, job, human_program: str):
    good = results(trainer, [job("a", human_program, 1)])["a"]
    jobs = [job("nan", NAN), job("a", human_program, 1), job("shape", WRONG_SHAPE), job("text", NO_PROGRAM)]
    found = results(trainer, jobs)
    assert found["a"] == good
    assert [found[name].state for name in ("nan", "shape", "text")] == [State.DIVERGED, State.CRASHED, State.CRASHED]
    assert "the total became nan" in found["nan"].cause
    assert "tcp_pos = [" in found["nan"].cause
    assert "shape" in found["shape"].cause
    assert all(found[name].score is None and not found[name].policy for name in ("nan", "shape", "text"))


def test_progress_is_told(trainer: Trainer, job, human_program: str):
    heard: list[TrainingProgress] = []
    list(trainer.train([job("a", human_program)], 0, heard.append))
    assert [progress.env_steps for progress in heard] == list(range(160, 1_601, 160))
    assert heard[-1].total_steps == TINY.env_steps
    assert heard[-1].success[0][0] == "a"


def test_missing_values_stay_missing(name: str, reach: Task, job, human_program: str):
    """In epochs in which no episode ended, there is no success rate: not a zero."""
    short = replace(TINY, env_steps=64, envs=2, rollout=2, minibatches=1)
    (result,) = TRAINERS.load(name)(reach, short, EPISODES, threads=1).train([job("a", human_program)], 0, lambda _: None)
    success = next(curve for curve in result.progress if curve.name == "success")
    assert None in success.values


def test_the_times_of_trainings_add_up(trainer: Trainer, job, human_program: str):
    """Each has its share of the time. The second batch is timed: all is ready for it."""
    jobs = [job("a", human_program, 1), job("b", human_program, 2)]
    list(trainer.train(jobs, 0, lambda _: None))
    started = time.monotonic()
    shares = [result.wall_s for result in trainer.train(jobs, 0, lambda _: None)]
    assert min(shares) > 0.0
    assert sum(shares) <= time.monotonic() - started


def test_no_score_counts_steps_that_were_not_played(name: str, job):
    """Cartpole's true score is the number of control steps, so both curves say the same."""
    settings = replace(TINY, env_steps=2_560, rollout=20, slots=1)
    trainer = TRAINERS.load(name)(TASKS.load("cartpole"), settings, EPISODES, threads=1)
    (result,) = trainer.train([job("a", SPARSE)], 0, lambda _: None)
    curves = {curve.name: curve.values for curve in result.progress}
    assert curves["success"] == curves["episode_length"]
    assert any(curves["success"])


def test_a_saved_policy_plays_as_it_was_scored(trainer: Trainer, job, human_program: str, reach: Task):
    order = job("a", human_program, 5)
    (result,) = trainer.train([order], 11, lambda _: None)
    env = reach.make(EPISODES, 1)
    policy = policy_file.load(Path(order.policy), env)
    observation = env.reset(environment_seeds("heldout", [11], EPISODES))
    step = env.step(policy.act(observation[None])[0])
    for _ in range(reach.horizon - 1):
        step = env.step(policy.act(step.observation[None])[0])
    assert result.score
    assert float(step.true_score.mean()) == pytest.approx(result.score.mean)
