"""Trained policies on disk: plain tensors, loaded without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, get_args
from zipfile import is_zipfile

import torch
from torch import Tensor

from rewardsmith.contracts import Activation, TrainingSettings, VecEnv
from rewardsmith.errors import UsageError
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy


@dataclass(frozen=True)
class TrainedPolicy:
    """A deterministic policy: normalise the observation, take the actor's mean."""

    policy: StackedPolicy
    normaliser: RunningNormaliser

    @property
    def device(self) -> torch.device:
        """Where it acts."""
        return self.policy.parameters.device

    @torch.no_grad()
    def act(self, observation: Tensor) -> Tensor:
        """Actions in [-1, 1] for ``(slots, n, inputs)`` observations, ``(slots, n, actions)``."""
        return self.policy.mean(self.normaliser.normalise(observation)).clamp(-1.0, 1.0)


def save_slot(path: Path, trained: TrainedPolicy, slot: int, hidden: tuple[int, ...]) -> None:
    """Write one slot of a population as a policy of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(
        {
            "hidden": torch.tensor(hidden),
            "activation": trained.policy.activation,
            "parameters": trained.policy.parameters[slot].detach().cpu().clone(),
            "observation_mean": trained.normaliser.mean[slot].cpu().clone(),
            "observation_variance": trained.normaliser.variance[slot].cpu().clone(),
        },
        part,
    )
    part.replace(path)  # a policy file is whole or absent


def load(path: Path, env: VecEnv, device: torch.device | str = "cpu") -> TrainedPolicy:
    """Read a policy that :func:`save_slot` wrote, for an environment of the same task on the same device.

    Raises:
        UsageError: The file cannot be read, is no such policy, or belongs to another task.
    """
    data = _read(path)
    sizes, std = (env.observation_size, env.action_size), TrainingSettings.initial_std
    policy = StackedPolicy(*sizes, data["hidden"].tolist(), std, [0], activation=data["activation"])
    if policy.parameters.shape[1:] != data["parameters"].shape or data["observation_mean"].shape[-1] != env.observation_size:
        raise UsageError(
            f"{path} is a policy of another task: it reads {data['observation_mean'].shape[-1]} numbers, this task gives "
            f"{env.observation_size} and takes {env.action_size} actions. Give a policy that was trained on this task."
        )
    policy.parameters = data["parameters"][None].to(device)
    normaliser = RunningNormaliser(1, env.observation_size)
    normaliser.mean, normaliser.variance = data["observation_mean"][None].to(device), data["observation_variance"][None].to(device)
    return TrainedPolicy(policy, normaliser)


def _read(path: Path) -> dict[str, Any]:
    """What is in a file. Those from before there was a choice of activation have tanh."""
    try:
        with path.open("rb") as file:  # as torch writes it, it is a zip archive
            data = torch.load(path, weights_only=True) if is_zipfile(file) else None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}. Give a policy that rewardsmith saved.") from None
    except (RuntimeError, UnpicklingError):
        data = None
    names = {"hidden", "parameters", "observation_mean", "observation_variance"}
    whole = isinstance(data, dict) and names <= data.keys() and all(isinstance(data[name], Tensor) for name in names)
    if not isinstance(data, dict) or not whole or data.setdefault("activation", "tanh") not in get_args(Activation):
        raise UsageError(f"{path} is not a policy that rewardsmith saved. Give a policy.pt of a study or of `rewardsmith train`.")
    return data
