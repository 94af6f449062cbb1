"""Held-out episodes on disk: what a policy did, in snapshots, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

KEPT = 32
"""Episodes that are kept of one scoring."""
SNAPSHOTS = 25
"""Moments of an episode, evenly spaced over its horizon."""


@dataclass(frozen=True)
class Episodes:
    """``E`` episodes at ``T`` moments, all on the CPU."""

    signals: dict[str, Tensor]
    """Every signal of the task, ``(E, T, *shape)`` float32."""
    alive: Tensor
    """Whether the episode was still going on, its last step included, ``(E, T)`` bool."""
    true_score: Tensor
    """Of the whole episode, ``(E,)`` float32."""
    success: Tensor
    """Whether the sparse goal was met at its end, ``(E,)`` bool; false for tasks with a metric."""


def save(path: Path, episodes: Episodes) -> None:
    """Write a file that is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({field.name: getattr(episodes, field.name) for field in fields(Episodes)}, part)
    part.replace(path)


def load(path: Path) -> Episodes:
    """Read what :func:`save` wrote; nothing in it is run."""
    return Episodes(**torch.load(path, weights_only=True))
