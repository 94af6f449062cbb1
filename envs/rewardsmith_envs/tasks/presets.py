"""Presets for trainers that train by PPO, by the names of their settings."""

from __future__ import annotations

from types import MappingProxyType

from rewardsmith.contracts import Preset, Setting

PPO_TRAINERS = frozenset({"population", "rl-games"})
"""Both take the same settings."""
_NOTHING: Preset = MappingProxyType({})


def ppo(base: Preset = _NOTHING, /, **changes: Setting) -> Preset:
    """A preset, or another one with changes; what it leaves out is as the trainer has it."""
    return MappingProxyType({**base, **changes})


PAPERS_PPO = ppo(
    envs=4096, activation="elu", kl_target=0.008, discount=0.99, value_clip=True, initial_std=1.0
)
"""What the papers' PPO has in common over their tasks (IsaacGymEnvs, Bi-DexHands as Eureka and
RF-Agent train them).

To be changed by each task's number of steps, environments, networks and minibatches.
"""
