"""What the papers' PPO has in common over their tasks (IsaacGymEnvs, Bi-DexHands as Eureka and RF-Agent train them)."""

from __future__ import annotations

from rewardsmith.contracts import TrainingSettings

PAPERS_PPO = TrainingSettings(envs=4096, activation="elu", kl_target=0.008, discount=0.99, value_clip=True, initial_std=1.0)
"""To be changed by each task's number of steps, environments, networks and minibatches."""
