"""What every registered trainer must do, with real physics at a tiny size."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import SPARSE, Task, Trainer, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import Fault, RunState
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.training import policy_file
from rewardsmith.training.streams import environment_seeds
from tests.conftest import TINY
from tests.training import EPISODES, Feed, scored, train

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


@pytest.fixture(params=["population", pytest.param("rl-games", marks=pytest.mark.slow)])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def trainer(name: str, reach: Task) -> Trainer:
    return TRAINERS.load(name)(reach, TINY, threads=2)


def alone(trainer: Trainer, job: TrainingJob) -> TrainingResult:
    return train(trainer, [job])[job.run]


def test_every_job_gets_one_result(trainer: Trainer, job, human_program: str, reach: Task):
    jobs = [job("a", human_program), job("b", SPARSE)]
    found = train(trainer, jobs)
    assert sorted(found) == ["a", "b"]
    for result in found.values():
        assert (result.state, result.fault, result.cause) == (RunState.TRAINED, None, "")
        assert result.env_steps == TINY.env_steps
        assert all(len(curve.values) == 10 for curve in result.progress)
    for score in scored(reach, jobs, found).values():
        assert score.episodes == EPISODES
        assert 0.0 <= score.mean <= 1.0


def test_a_slot_equals_the_same_program_alone_bit_for_bit(trainer: Trainer, job, human_program: str):
    other = human_program.replace("5.0", "3.0")
    jobs = [job("a", human_program, 1), job("b", other, 2), job("c", SPARSE, 3), job("d", human_program, 4)]
    together = train(trainer, jobs)
    weights = {j.run: torch.load(j.policy, weights_only=True) for j in jobs}
    for j in jobs:
        assert alone(trainer, j) == together[j.run]
        again = torch.load(j.policy, weights_only=True)
        assert again.pop("activation") == weights[j.run].pop("activation")
        torch.testing.assert_close(again, weights[j.run], rtol=0, atol=0)


def test_jobs_may_come_while_others_are_trained(trainer: Trainer, job, human_program: str):
    jobs = [job("a", human_program, 1), job("b", SPARSE, 2), job("c", human_program, 3)]
    found = train(trainer, Feed(jobs[:1], (), jobs[1:2], *[()] * 20, jobs[2:], width=2))
    assert sorted(found) == ["a", "b", "c"]
    for j in jobs:
        assert alone(trainer, j) == found[j.run]


def test_without_jobs_it_is_over(trainer: Trainer):
    assert train(trainer, []) == {}


def test_the_seed_matters(trainer: Trainer, job, human_program: str):
    found = train(trainer, [job("a", human_program, 1), job("b", human_program, 2)])
    assert found["a"].components != found["b"].components


def test_bad_programs_cost_only_themselves(trainer: Trainer, job, human_program: str):
    good = alone(trainer, job("a", human_program, 1))
    jobs = [job("nan", NAN), job("a", human_program, 1), job("shape", WRONG_SHAPE), job("text", NO_PROGRAM)]
    found = train(trainer, jobs)
    assert found["a"] == good
    assert {found[name].state for name in ("nan", "shape", "text")} == {RunState.FAILED}
    assert [found[name].fault for name in ("nan", "shape", "text")] == [Fault.DIVERGED, Fault.CRASHED, Fault.CRASHED]
    assert "the total became nan" in found["nan"].cause
    assert "tcp_pos = [" in found["nan"].cause
    assert "shape" in found["shape"].cause
    assert [Path(j.policy).exists() for j in jobs] == [False, True, False, False]


def test_progress_is_told(trainer: Trainer, job, human_program: str):
    heard: list[TrainingProgress] = []
    train(trainer, [job("a", human_program)], heard.append)
    assert [progress.env_steps for progress in heard] == list(range(160, 1_601, 160))
    assert heard[-1].total_steps == TINY.env_steps
    assert heard[-1].success[0][0] == "a"


def test_missing_values_stay_missing(name: str, reach: Task, job, human_program: str):
    """In epochs in which no episode ended, there is no success rate: not a zero."""
    short = replace(TINY, env_steps=64, envs=2, rollout=2, minibatches=1)
    result = alone(TRAINERS.load(name)(reach, short, threads=1), job("a", human_program))
    success = next(curve for curve in result.progress if curve.name == "success")
    assert None in success.values


def test_the_times_of_trainings_add_up(trainer: Trainer, job, human_program: str):
    """Each has its share of the time. The second batch is timed: all is ready for it."""
    jobs = [job("a", human_program, 1), job("b", human_program, 2)]
    train(trainer, jobs)
    started = time.monotonic()
    shares = [result.wall_s for results in trainer.train(Feed(jobs), lambda _: None) for result in results]
    assert min(shares) > 0.0
    assert sum(shares) <= time.monotonic() - started


def test_no_score_counts_steps_that_were_not_played(name: str, job):
    """Cartpole's true score is the number of control steps, so both curves say the same."""
    settings = replace(TINY, env_steps=2_560, rollout=20, slots=1)
    result = alone(TRAINERS.load(name)(TASKS.load("cartpole"), settings, threads=1), job("a", SPARSE))
    curves = {curve.name: curve.values for curve in result.progress}
    assert curves["success"] == curves["episode_length"]
    assert any(curves["success"])


def test_a_saved_policy_plays_as_it_was_scored(trainer: Trainer, job, human_program: str, reach: Task):
    order = replace(job("a", human_program, 5), evaluation_seed=11)
    score = scored(reach, [order], train(trainer, [order]))["a"]
    env = reach.make(EPISODES, 1)
    policy = policy_file.load(Path(order.policy), env)
    observation = env.reset(environment_seeds("heldout", [11], EPISODES))
    step = env.step(policy.act(observation[None])[0])
    for _ in range(reach.horizon - 1):
        step = env.step(policy.act(step.observation[None])[0])
    assert float(step.true_score.mean()) == pytest.approx(score.mean)
