"""A population learns: all other tests would pass with one that computes nothing, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

from rewardsmith.contracts import TrainingJob
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.population.trainer import PopulationTrainer
from tests.training import preset_of, scored, train

SEEDS = 4
"""Of twelve seeds, the worst balances for 155 steps and the worst four for 243 on average."""


def test_cartpole_balances_for_200_steps(guard: Guard, tmp_path: Path):
    task = TASKS.load("cartpole")
    program = guard.check(task.human_reward, task).program
    jobs = [
        TrainingJob(f"seed-{seed}", program, seed, str(tmp_path / f"{seed}.pt"), 7) for seed in range(SEEDS)
    ]
    results = train(PopulationTrainer(task, replace(preset_of(task), env_steps=150_000), threads=2), jobs)
    scores = scored(task, jobs, results, count=64)
    assert len(scores) == SEEDS
    assert fmean(score.mean for score in scores.values()) > 200.0
