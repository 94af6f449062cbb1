"""The states that a program is tried on: made up from the signal table, and recorded from the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rewardsmith.contracts import Signal

Batch = Mapping[str, Tensor]
"""Every signal of a task, ``(n, *shape)``."""

FEW = 64
MANY = 32_768
WIDE = 10.0


@dataclass(frozen=True)
class States:
    """Batches of states, each for another kind of mistake."""

    ordinary: Batch
    """``FEW`` states within the ranges of the signal table."""
    wide: Batch
    """States up to ten times outside of them."""
    zero: Batch
    """All zero: every difference and every norm vanishes."""
    recorded: Batch
    """States of a real rollout; empty where the task cannot be run."""
    many: Batch
    """The ordinary states followed by others, as many as one rollout in training has."""


def make_states(signals: tuple[Signal, ...], rows: int, recorded: Batch) -> States:
    """Draw made-up states, always the same.

    Args:
        signals: The task's signal table, which says what ordinary values are.
        rows: Size of the large batch, as far as ``MANY``.
        recorded: Real states, or nothing.
    """
    generator = torch.Generator().manual_seed(0)
    ordinary, wide = _draw(signals, FEW, 1.0, generator), _draw(signals, FEW, WIDE, generator)
    rest = _draw(signals, min(max(FEW, rows), MANY) - FEW, 1.0, generator)
    return States(
        ordinary=ordinary,
        wide=wide,
        zero={name: torch.zeros_like(value) for name, value in ordinary.items()},
        recorded=recorded,
        many={name: torch.cat([value, rest[name]]) for name, value in ordinary.items()},
    )


def _draw(signals: tuple[Signal, ...], count: int, width: float, generator: torch.Generator) -> dict[str, Tensor]:
    """Uniform values of every signal in ``width`` times its range; quaternions are of unit length."""
    batch: dict[str, Tensor] = {}
    for signal in signals:
        values = torch.rand((count, *signal.shape), generator=generator)
        middle, half = (signal.high + signal.low) / 2, (signal.high - signal.low) / 2 * width
        values = middle + half * (2.0 * values - 1.0)
        batch[signal.name] = torch.nn.functional.normalize(values, dim=-1) if signal.unit == "quat" else values
    return batch
