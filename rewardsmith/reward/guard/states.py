"""The states that a program is tried on: made up from its signal table, recorded from the task."""

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
_SIZES = (1, 2, 5, 17, FEW - 1, FEW, FEW + 1, 1023, 1024, 1025)
"""One state, a few, odd numbers, and what screening computes at once. Not 3: torch.cross without an
axis takes the first that has 3."""


@dataclass(frozen=True)
class Kind:
    """Some rows of a batch."""

    name: str
    """In words for messages."""
    rows: slice
    bounded: bool
    """Whether rewards must keep within bounds there."""
    finite: bool = True
    """Whether 0 / 0 is refused there, too."""


@dataclass(frozen=True)
class States:
    """Batches of states, each for another kind of mistake."""

    ordinary: Batch
    """``FEW`` states within the ranges of the signal table."""
    wide: Batch
    """States up to ten times outside of them."""
    zero: Batch
    """All signals at rest, or one of them and the others ordinary: zero, and quaternions that turn
    nothing. Norms vanish, and differences where all rest."""
    recorded: Batch
    """States of a real rollout; empty where the task cannot be run."""
    many: Batch
    """Ordinary, recorded, wide and zero ones, and then more ordinary ones, until there are as many
    as one rollout in training has."""
    sizes: tuple[int, ...]
    """Sizes of smaller batches to try them in, those of training and screening among them."""

    @property
    def kinds(self) -> list[Kind]:
        """What stands where in :attr:`many`."""
        kinds, start = list[Kind](), 0
        for name, batch, bounded, finite in (
            ("ordinary states", self.ordinary, True, True),
            ("states of a real episode", self.recorded, True, True),
            ("states far outside the ordinary range", self.wide, False, True),
            ("states where signals are zero", self.zero, False, False),
        ):
            if batch:
                kinds.append(Kind(name, slice(start, start + size_of(batch)), bounded, finite))
                start += size_of(batch)
        more = Kind(f"{size_of(self.many)} states at once", slice(start, None), True)
        return [*kinds, more] if start < size_of(self.many) else kinds


def size_of(batch: Batch) -> int:
    """How many states there are."""
    return len(next(iter(batch.values())))


def make_states(signals: tuple[Signal, ...], rows: int, recorded: Batch, envs: int = FEW) -> States:
    """Draw made-up states, always the same.

    Args:
        signals: The task's signal table, which says what ordinary values are.
        rows: Size of the large batch, as far as ``MANY``; at least all kinds of states are in it.
        recorded: Real states, or nothing.
        envs: Size of another batch that training shows.
    """
    generator = torch.Generator().manual_seed(0)
    ordinary, wide = _draw(signals, FEW, 1.0, generator), _draw(signals, FEW, WIDE, generator)
    zero = {
        signal.name: _resting(signal, ordinary[signal.name], place, len(signals) + 1)
        for place, signal in enumerate(signals, 1)
    }
    kinds = [ordinary, *([recorded] if recorded else []), wide, zero]
    known = sum(size_of(batch) for batch in kinds)
    rest = _draw(signals, max(min(rows, MANY) - known, 0), 1.0, generator)
    many = {name: torch.cat([batch[name] for batch in [*kinds, rest]]) for name in ordinary}
    sizes = {*_SIZES, rows, envs, size_of(many) // 2 - 1}
    return States(
        ordinary=ordinary,
        wide=wide,
        zero=zero,
        recorded=recorded,
        many=many,
        sizes=tuple(sorted(size for size in sizes if size < size_of(many))),
    )


def _resting(signal: Signal, ordinary: Tensor, place: int, turns: int) -> Tensor:
    """A signal at rest where all are, and at its turn. No quaternion is ever zero."""
    rest = torch.zeros_like(ordinary)
    if signal.unit == "quat":
        rest[..., 0] = 1.0
    turn = torch.arange(len(ordinary)) % turns
    return torch.where(((turn == 0) | (turn == place)).view(-1, *[1] * len(signal.shape)), rest, ordinary)


def _draw(
    signals: tuple[Signal, ...], count: int, width: float, generator: torch.Generator
) -> dict[str, Tensor]:
    """Uniform values of every signal in ``width`` times its range.

    Quaternions are of unit length.
    """
    batch: dict[str, Tensor] = {}
    for signal in signals:
        values = torch.rand((count, *signal.shape), generator=generator)
        middle, half = (signal.high + signal.low) / 2, (signal.high - signal.low) / 2 * width
        values = middle + half * (2.0 * values - 1.0)
        batch[signal.name] = (
            torch.nn.functional.normalize(values, dim=-1) if signal.unit == "quat" else values
        )
    return batch
