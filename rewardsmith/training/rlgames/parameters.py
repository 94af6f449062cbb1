"""Our training settings in rl-games' words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rewardsmith.training.population.learner import BOUND_WEIGHT
from rewardsmith.training.population.policy import ACTION_GAIN, HIDDEN_GAINS
from rewardsmith.training.ppo import PpoSettings

ENVIRONMENT = "rewardsmith"
"""Name under which rl-games finds the environments."""


def parameters(settings: PpoSettings, seed: int, folder: Path) -> dict[str, Any]:
    """The configuration of ``rl_games.torch_runner.Runner.load_config``.

    What the settings do not say is as in the papers' configs (IsaacGymEnvs): adaptive learning
    rate, normalised observations, values and advantages, value bootstrap at time-outs. As in the
    population trainer, initial weights are orthogonal, the learning rate is adapted once per
    mini-epoch, and actor and critic are two networks, so that both trainers save the same policy;
    the papers' share a trunk outside of Bi-DexHands.

    Args:
        settings: PPO settings.
        seed: For weights and exploration noise, below 2^32.
        folder: Where rl-games may leave its files.
    """
    config = {
        "name": "candidate", "full_experiment_name": "candidate", "env_name": ENVIRONMENT, "env_config": {},
        "train_dir": str(folder),
        # one is for training, the other for playing
        "device": settings.device, "device_name": settings.device,
        "multi_gpu": False, "mixed_precision": False, "torch_compile": False,
        "ppo": True, "normalize_input": True, "normalize_value": True, "normalize_advantage": True,
        "value_bootstrap": True,
        "num_actors": settings.envs, "horizon_length": settings.rollout, "max_epochs": settings.epochs,
        "minibatch_size": settings.envs * settings.rollout // settings.minibatches,
        "mini_epochs": settings.mini_epochs,
        "learning_rate": settings.learning_rate, "lr_schedule": "adaptive", "schedule_type": "standard",
        "kl_threshold": settings.kl_target,
        "gamma": settings.discount, "tau": settings.gae_lambda, "e_clip": settings.clip,
        "entropy_coef": settings.entropy,
        "grad_norm": settings.max_grad_norm, "truncate_grads": True, "critic_coef": 2,
        "clip_value": settings.value_clip,
        "bounds_loss_coef": BOUND_WEIGHT,
        "reward_shaper": {"scale_value": 1.0},  # values and advantages are normalised, so the scale cancels
        "print_stats": False, "save_best_after": 10**9, "save_frequency": 0,
    }  # fmt: skip
    return {
        "seed": seed,
        "torch_threads": 1,
        "algo": {"name": "a2c_continuous"},
        "model": {"name": "continuous_a2c_logstd"},
        "network": _network(settings),
        "config": config,
    }


def _orthogonal(gain: float) -> dict[str, Any]:
    return {"name": "orthogonal_initializer", "gain": gain}


def _network(settings: PpoSettings) -> dict[str, Any]:
    sigma = {"name": "const_initializer", "val": math.log(settings.initial_std)}
    return {
        "name": "actor_critic", "separate": True,
        "space": {"continuous": {
            "mu_activation": "None", "sigma_activation": "None", "mu_init": _orthogonal(ACTION_GAIN),
            "sigma_init": sigma, "fixed_sigma": True,
        }},
        "mlp": {
            "units": list(settings.hidden), "activation": settings.activation, "d2rl": False,
            "initializer": _orthogonal(HIDDEN_GAINS[settings.activation]), "regularizer": {"name": "None"},
        },
    }  # fmt: skip
