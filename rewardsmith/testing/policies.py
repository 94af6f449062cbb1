"""Policies without a training."""

from __future__ import annotations

from pathlib import Path

from rewardsmith.contracts import Task
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy


def save_policy(path: Path, task: Task, seed: int = 0, gain: float = 1.0) -> None:
    """Write a policy that fits a task and has learnt nothing.

    Args:
        path: Absolute.
        task: Whose observations it reads.
        seed: Of its weights.
        gain: What these are multiplied by: with more, two policies differ more in what they do.
    """
    env = task.make(1, 1)
    policy = StackedPolicy(env.observation_size, env.action_size, (8,), 0.6, [seed])
    policy.parameters = gain * policy.parameters.detach()
    save_slot(path, TrainedPolicy(policy, RunningNormaliser(1, env.observation_size)), 0, (8,))
