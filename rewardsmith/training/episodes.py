"""Held-out episodes on disk: what a policy did, in snapshots, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Step

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


class EpisodeRecorder:
    """Keeps snapshots of the first episodes of every slot while they are played."""

    def __init__(self, slots: int, episodes: int, horizon: int) -> None:
        """Prepare for ``slots`` blocks of ``episodes`` environments; an episode has ``horizon`` control steps at most."""
        self._slots, self._episodes = slots, episodes
        self._stride = -(-horizon // SNAPSHOTS)
        self._signals: dict[str, list[Tensor]] = {}
        self._alive: list[Tensor] = []
        self._success: Tensor | None = None

    def note(self, number: int, step: Step, running: Tensor) -> None:
        """Take in one control step.

        Args:
            number: From 1.
            step: What it gave.
            running: Whether the environment was in its first episode until now, ``(slots * episodes,)`` bool.
        """
        ended = self._kept(running & (step.terminated | step.truncated))
        success = self._kept(step.success)
        self._success = success & ended if self._success is None else self._success | (success & ended)
        if number % self._stride == 0:
            self._alive.append(self._kept(running))
            for name, value in step.signals.items():
                # A copy: a view would keep the signals of all episodes in memory.
                self._signals.setdefault(name, []).append(self._kept(value).clone())

    def episodes(self, slot: int, true_score: Tensor) -> Episodes:
        """What was kept of one slot; ``true_score`` is that of all its episodes, ``(episodes,)``."""
        assert self._success is not None, "note a step before"
        alive = torch.stack([moment[slot] for moment in self._alive], dim=1).cpu()
        signals = {name: torch.stack([moment[slot] for moment in moments], dim=1).cpu() for name, moments in self._signals.items()}
        return Episodes(signals, alive, true_score[: len(alive)].clone(), self._success[slot].cpu().clone())

    def _kept(self, value: Tensor) -> Tensor:
        """The first episodes of every slot, ``(slots, kept, ...)``."""
        return value.view(self._slots, self._episodes, *value.shape[1:])[:, :KEPT]


def save(path: Path, episodes: Episodes) -> None:
    """Write a file that is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({field.name: getattr(episodes, field.name) for field in fields(Episodes)}, part)
    part.replace(path)


def load(path: Path) -> Episodes:
    """Read what :func:`save` wrote; nothing in it is run."""
    return Episodes(**torch.load(path, weights_only=True))
