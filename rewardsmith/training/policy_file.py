"""Trained policies on disk: plain tensors, loaded without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor

from rewardsmith.contracts import VecEnv
from rewardsmith.errors import UsageError
from rewardsmith.files import write_whole
from rewardsmith.records.limits import POLICY_BYTES
from rewardsmith.tensor_file import UNREADABLE, read_tensors
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy, parameter_count
from rewardsmith.training.ppo import Activation, PpoSettings

_MOST_LAYERS, _MOST_WIDTH = 64, 65_536
_MOST_SEEN, _USUALLY_SEEN = 1e15, 1e5
"""Observations behind a normaliser: at most, and where a file from before they were counted does
not say. So many are a short training's: what such a policy goes on to see moves its statistics
slowly, and it is not thrown off by its first rollout."""


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
    """Write one slot of a population as a policy of its own, whole or not at all.

    Args:
        path: Absolute; no part of it may be a link.
        trained: The population.
        slot: Which of it.
        hidden: Widths of its hidden layers.
    """
    content = {
        "hidden": torch.tensor(hidden),
        "activation": trained.policy.activation,
        "parameters": trained.policy.parameters[slot].detach().cpu().clone(),
        "observation_mean": trained.normaliser.mean[slot].cpu().clone(),
        "observation_variance": trained.normaliser.variance[slot].cpu().clone(),
        "observation_count": trained.normaliser.count[slot].cpu().clone(),
    }
    write_whole(path, lambda file: torch.save(content, file))


def load(path: Path, env: VecEnv, device: torch.device | str = "cpu") -> TrainedPolicy:
    """Read a policy that :func:`save_slot` wrote, for an environment of its task on its device.

    Raises:
        UsageError: The file cannot be read, is no such policy, or belongs to another task.
    """
    data = _read(path)
    inputs, actions = env.observation_size, env.action_size
    # before anything of that size is built
    fits = parameter_count(inputs, actions, data.hidden) == len(data.parameters)
    if not fits or data.mean.shape[-1] != inputs:
        raise UsageError(
            f"{path} is a policy of another task: it reads {data.mean.shape[-1]} numbers, this task gives "
            f"{inputs} and takes {actions} actions. Give a policy that was trained on this task."
        )
    policy = StackedPolicy(
        inputs, actions, data.hidden, PpoSettings.initial_std, [], activation=data.activation
    )
    policy.parameters = data.parameters[None].to(device)
    normaliser = RunningNormaliser(1, inputs)
    normaliser.mean, normaliser.variance = data.mean[None].to(device), data.variance[None].to(device)
    normaliser.count = data.count[None].to(device)
    return TrainedPolicy(policy, normaliser)


def stack(policies: Sequence[TrainedPolicy]) -> TrainedPolicy:
    """Policies of the same shape side by side, each as it was.

    Raises:
        UsageError: They do not have the same layers.
    """
    first = policies[0].policy
    if any(
        (other.policy.hidden, other.policy.activation) != (first.hidden, first.activation)
        for other in policies
    ):
        raise UsageError("policies with different layers cannot act side by side. Score them one by one.")
    policy = first.select(torch.tensor([0]))
    normaliser = RunningNormaliser(len(policies), policies[0].normaliser.mean.shape[-1])
    policy.parameters = torch.cat([trained.policy.parameters for trained in policies])
    normaliser.mean = torch.cat([trained.normaliser.mean for trained in policies])
    normaliser.variance = torch.cat([trained.normaliser.variance for trained in policies])
    normaliser.count = torch.cat([trained.normaliser.count for trained in policies])
    return TrainedPolicy(policy, normaliser)


@dataclass(frozen=True)
class _Saved:
    """What is in a file."""

    hidden: tuple[int, ...]
    activation: Activation
    parameters: Tensor
    """``(n,)`` float32."""
    mean: Tensor
    """Of the observations, ``(1, inputs)`` float64."""
    variance: Tensor
    """Likewise, and nowhere below 0."""
    count: Tensor
    """Observations behind these, ``(1, 1)`` float64."""


def _read(path: Path) -> _Saved:
    """What is in a file.

    Those from before there was a choice of activation have tanh.
    """
    try:
        return _saved(read_tensors(path, POLICY_BYTES))
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror or error}. Give a policy that rewardsmith saved."
        ) from None
    except UNREADABLE as error:
        raise UsageError(
            f"{path} is not a policy that rewardsmith saved. Give a policy.pt of a study or of "
            "`rewardsmith train`."
        ) from error


def _saved(data: object) -> _Saved:
    """The parts of a policy, each of the right kind and size.

    Raises:
        ValueError: Something is not.
        LookupError: Something is missing.
    """
    if not isinstance(data, dict):
        raise ValueError("no dictionary")
    hidden = _tensor(data["hidden"], torch.int64, 1)
    widths = tuple(int(width) for width in hidden) if len(hidden) <= _MOST_LAYERS else ()
    if len(widths) != len(hidden) or not all(0 < width <= _MOST_WIDTH for width in widths):
        raise ValueError("absurd layers")
    activation = data.get("activation", "tanh")
    if activation not in get_args(Activation):
        raise ValueError("unknown activation")
    found = _Saved(
        widths,
        activation,
        _tensor(data["parameters"], torch.float32, 1),
        _tensor(data["observation_mean"], torch.float64, 2),
        _tensor(data["observation_variance"], torch.float64, 2),
        _tensor(data.get("observation_count", torch.tensor([[_USUALLY_SEEN]]).double()), torch.float64, 2),
    )
    if found.count.shape != (1, 1) or not 0 <= float(found.count) <= _MOST_SEEN:
        raise ValueError("no count of observations")
    if found.mean.shape != found.variance.shape or len(found.mean) != 1:
        raise ValueError("mean and variance do not fit")
    if not all(
        bool(part.isfinite().all()) for part in (found.parameters, found.mean, found.variance)
    ) or bool((found.variance < 0).any()):
        raise ValueError("not finite, or a variance below 0")
    return found


def _tensor(value: object, kind: torch.dtype, dimensions: int) -> Tensor:
    """A plain tensor that is as large as what it takes on disk."""
    if (
        type(value) is not Tensor
        or value.dtype != kind
        or value.dim() != dimensions
        or not value.is_contiguous()
    ):
        raise ValueError(f"no plain tensor of {kind} with {dimensions} dimensions")
    return value.detach()
