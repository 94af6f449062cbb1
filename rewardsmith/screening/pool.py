"""The episodes of all earlier candidates, as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.errors import UsageError
from rewardsmith.training.episodes import Episodes, load

_MOST_BYTES = 256_000_000
"""Of all signals together."""


@dataclass(frozen=True)
class Pool:
    """``E`` episodes at ``T`` moments, of which ``M`` count: those of episodes under way."""

    moments: dict[str, Tensor]
    """Every signal of the task at the moments that count, episode by episode, ``(M, *shape)``."""
    alive: Tensor
    """Which moments count, ``(E, T)`` bool; at least one in every episode."""
    true_score: Tensor
    """Of the whole episode, ``(E,)``."""
    success: Tensor
    """Whether the sparse goal was met, ``(E,)`` bool."""

    @property
    def count(self) -> int:
        """``M``."""
        return int(self.alive.sum())

    def spread(self, values: Tensor) -> Tensor:
        """Values of the moments that count, ``(M,)``, in the places of these moments, ``(E, T)``.

        0 elsewhere.
        """
        return torch.zeros(self.alive.shape, dtype=values.dtype).masked_scatter(self.alive, values)


def load_pool(paths: Iterable[Path]) -> Pool | None:
    """Read and join files of episodes.

    Files that are missing, broken or of another kind than the first are left out, and those beyond
    what memory is meant for. So are episodes that have no moment or that the simulator lost to
    non-finite states: no program could be right about these.

    Returns:
        ``None`` where nothing is left.
    """
    files: list[Episodes] = []
    size = 0
    for path in paths:
        try:
            found = load(path)
        except UsageError:
            continue
        size += _bytes(found)
        if size > _MOST_BYTES:
            break
        if not files or _kind(found) == _kind(files[0]):
            files.append(found)
    return _join([_sound(episodes) for episodes in files])


def _bytes(episodes: Episodes) -> int:
    return sum(values.nbytes for values in episodes.signals.values())


def _kind(episodes: Episodes) -> dict[str, torch.Size]:
    """What must be the same in all files: the signals, their shapes, and the number of moments."""
    return {name: values.shape[1:] for name, values in episodes.signals.items()}


def _sound(episodes: Episodes) -> Episodes:
    finite = episodes.true_score.isfinite()
    for values in episodes.signals.values():
        finite = finite & (values.isfinite().unsqueeze(-1).flatten(2).all(2) | ~episodes.alive).all(1)
    kept = finite & episodes.alive.any(1)
    signals = {name: values[kept] for name, values in episodes.signals.items()}
    return Episodes(signals, episodes.alive[kept], episodes.true_score[kept], episodes.success[kept])


def _join(files: list[Episodes]) -> Pool | None:
    if not sum(len(episodes.alive) for episodes in files):
        return None
    return Pool(
        {
            name: torch.cat([episodes.signals[name][episodes.alive] for episodes in files])
            for name in files[0].signals
        },
        torch.cat([episodes.alive for episodes in files]),
        torch.cat([episodes.true_score for episodes in files]),
        torch.cat([episodes.success for episodes in files]),
    )
