"""Random streams of environments: training and held-out episodes never meet."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rewardsmith.seeds import derive


def environment_seeds(
    purpose: str, seeds: Sequence[int], count: int, device: torch.device | str = "cpu"
) -> Tensor:
    """One stream per environment, ``(len(seeds) * count,)`` int64, slot by slot.

    Args:
        purpose: ``training`` or ``heldout``.
        seeds: One seed per slot; equal seeds give equal environments.
        count: Environments per slot.
        device: Where the environments are.
    """
    first = torch.tensor([derive("environment", purpose, seed) for seed in seeds], dtype=torch.int64)
    return (first[:, None] + torch.arange(count)).flatten().to(device)
