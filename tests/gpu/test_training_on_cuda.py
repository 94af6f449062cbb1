"""Training on a GPU. Last run: never; no GPU was at hand.

    python -m pytest -m gpu tests/gpu

The first run compiles the simulator's kernels, which takes minutes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Device, ScoringJob, Task, TrainingJob, VecEnv
from rewardsmith.records import RunState
from rewardsmith.training import policy_file
from rewardsmith.training.heldout import HeldOutScorer
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.rollout import Collector, Experience
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.speed import measure
from rewardsmith.training.streams import environment_seeds
from tests.training import preset_of, train

pytestmark = pytest.mark.gpu

ENVS, STEPS = 512, 50
SHORT = PpoSettings(env_steps=16_384, envs=512, rollout=16, minibatches=4, mini_epochs=5, device="cuda")


def first_rollout(task: Task, device: Device) -> Experience:
    """One episode of the untrained policy; both devices start with the
    same weights and the same start states."""
    env = task.make(ENVS, 2, device)
    first = env.reset(environment_seeds("training", [0], ENVS, device))
    policy = StackedPolicy(env.observation_size, env.action_size, (32, 32), 0.6, [0], device)
    normaliser = RunningNormaliser(1, env.observation_size, device)
    normaliser.update(first[None])
    collector = Collector(env, policy, normaliser, ENVS)
    collector.exchange([], [1], first)
    return collector.collect(STEPS, [signal.name for signal in task.signals])


def test_weights_and_start_states_are_those_of_the_cpu(reach: Task):
    seeds = environment_seeds("training", [0], 64)
    there, here = (reach.make(64, 1, device).reset(seeds.to(device)) for device in ("cuda", "cpu"))
    assert there.device.type == "cuda"
    assert torch.allclose(there.cpu(), here, atol=1e-4)
    weights = [
        StackedPolicy(7, 3, (8,), 0.6, [5], device).parameters.detach().cpu() for device in ("cuda", "cpu")
    ]
    assert torch.equal(*weights)


def test_the_first_rollout_is_that_of_the_cpu_but_for_the_noise(reach: Task):
    """Noise is drawn by another generator, so only distributions can be compared: means
    within five standard errors of their difference."""
    there, here = first_rollout(reach, "cuda"), first_rollout(reach, "cpu")
    assert {value.device.type for value in vars(there).values() if isinstance(value, Tensor)} == {"cuda"}
    assert bool(there.done[-1].all())
    for name in ("tcp_pos", "joint_vel", "goal_pos", "actions"):
        # One number per environment: its mean over the episode.
        # Environments are independent of one another.
        ours, theirs = (x.signals[name].double().mean(0)[0].cpu() for x in (there, here))
        error = (ours.var(0) / ENVS + theirs.var(0) / ENVS).sqrt()
        assert bool(((ours.mean(0) - theirs.mean(0)).abs() < 5 * error + 1e-4).all()), name
        assert torch.allclose(ours.std(0), theirs.std(0), rtol=0.25, atol=1e-3), name


def test_a_policy_learns_and_plays_on_the_cpu(reach: Task, human_program: str, tmp_path: Path):
    jobs = [TrainingJob(f"c{n}", human_program, n, str(tmp_path / f"{n}.pt")) for n in range(2)]
    results = train(PopulationTrainer(reach, replace(preset_of(reach), device="cuda")), jobs)
    assert [result.state for result in results.values()] == [RunState.TRAINED] * 2
    scores = HeldOutScorer(reach, "cuda", 2).score(
        [ScoringJob(job.run, job.policy, 0, 64) for job in jobs], lambda: None
    )
    for job, score in zip(jobs, scores, strict=True):
        assert score.mean >= 0.5
        assert abs(played(reach, Path(job.policy), reach.make(64, 2)) - score.mean) < 0.2


def played(task: Task, path: Path, env: VecEnv) -> float:
    """Success of a saved policy on the CPU."""
    policy = policy_file.load(path, env)
    observation, score = env.reset(environment_seeds("heldout", [0], env.num_envs)), torch.zeros(env.num_envs)
    for _ in range(task.horizon):
        step = env.step(policy.act(observation[None])[0])
        observation, score = step.observation, step.true_score
    return float(score.mean())


def test_programs_that_make_tensors_run_there(reach: Task, guard, tmp_path: Path):
    source = (
        "def compute_reward(tcp_pos, goal_pos):\n    offset = torch.tensor([0.0, 0.0, 0.0])\n"
        "    near = -torch.norm(goal_pos - tcp_pos + offset, dim=-1) + torch.zeros(tcp_pos.shape[0])\n"
        "    return near, {'near': near}\n"
    )
    verdict = guard.check(source, reach)
    assert verdict.accepted, verdict.text
    job = TrainingJob("c", verdict.program, 0, str(tmp_path / "p.pt"))
    result = train(PopulationTrainer(reach, SHORT), [job])["c"]
    assert result.state == RunState.TRAINED, result.cause


def test_measuring(reach: Task):
    found = measure(reach, SHORT)
    assert (found.device, found.envs) == ("cuda", SHORT.envs)
    assert 0.0 < found.simulation_s < 1_000.0
