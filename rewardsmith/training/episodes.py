"""Held-out episodes on disk: what a policy did, in snapshots, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Step, Task, readable
from rewardsmith.errors import UsageError
from rewardsmith.files import write_whole
from rewardsmith.records.limits import EPISODES_BYTES
from rewardsmith.reward.past import Past
from rewardsmith.tensor_file import UNREADABLE, read_tensors

KEPT = 32
"""Episodes that are kept of one scoring."""
SNAPSHOTS = 25
"""Moments of an episode, evenly spaced over its horizon."""


@dataclass(frozen=True)
class Episodes:
    """``E`` episodes at ``T`` moments, all on the CPU."""

    signals: dict[str, Tensor]
    """Every signal that a program may read, ``(E, T, *shape)`` float32."""
    alive: Tensor
    """Whether the episode was still going on, its last step included, ``(E, T)`` bool."""
    true_score: Tensor
    """Of the whole episode, ``(E,)`` float32."""
    success: Tensor
    """Whether the sparse goal was met at its end, ``(E,)`` bool; false for tasks with a metric."""


class EpisodeRecorder:
    """Keeps snapshots of the first episodes of every slot while they are played."""

    def __init__(self, slots: int, episodes: int, task: Task) -> None:
        """Prepare for ``slots`` blocks of ``episodes`` environments of a task."""
        self._slots, self._episodes = slots, episodes
        self._stride = -(-task.horizon // SNAPSHOTS)
        self._past, self._names = Past(), [signal.name for signal in readable(task.signals)]
        self._signals: dict[str, list[Tensor]] = {}
        self._alive: list[Tensor] = []
        self._success: Tensor | None = None

    def note(self, number: int, step: Step, running: Tensor) -> None:
        """Take in one control step.

        Args:
            number: From 1.
            step: What it gave.
            running: Whether the environment was in its first episode until now, ``(slots *
                episodes,)`` bool.
        """
        ended = self._kept(running & (step.terminated | step.truncated))
        success = self._kept(step.success)
        self._success = success & ended if self._success is None else self._success | (success & ended)
        # A copy: a view would keep the signals of all episodes in memory.
        now = {name: self._kept(value).flatten(0, 1).clone() for name, value in step.signals.items()}
        first = torch.full_like(self._kept(running).flatten(), number == 1)
        seen = self._past.read(self._names, now, first)
        if number % self._stride == 0:
            self._alive.append(self._kept(running))
            for name, value in seen.items():
                moment = value.view(self._slots, -1, *value.shape[1:])
                self._signals.setdefault(name, []).append(moment)

    def join(self, later: EpisodeRecorder) -> None:
        """Put episodes behind these that were played by themselves, as far as they are kept."""
        assert self._success is not None, "note a step before"
        assert later._success is not None, "note a step before"
        self._success = torch.cat((self._success, later._success), dim=1)[:, :KEPT]
        self._alive = [torch.cat(pair, 1)[:, :KEPT] for pair in zip(self._alive, later._alive, strict=True)]
        for name, moments in self._signals.items():
            pairs = zip(moments, later._signals[name], strict=True)
            self._signals[name] = [torch.cat(pair, 1)[:, :KEPT] for pair in pairs]

    def episodes(self, slot: int, true_score: Tensor) -> Episodes:
        """What was kept of one slot.

        ``true_score`` is that of all its episodes, ``(episodes,)``.
        """
        assert self._success is not None, "note a step before"
        alive = torch.stack([moment[slot] for moment in self._alive], dim=1).cpu()
        signals = {
            name: torch.stack([moment[slot] for moment in moments], dim=1).cpu()
            for name, moments in self._signals.items()
        }
        return Episodes(signals, alive, true_score[: len(alive)].clone(), self._success[slot].cpu().clone())

    def _kept(self, value: Tensor) -> Tensor:
        """The first episodes of every slot, ``(slots, kept, ...)``."""
        return value.view(self._slots, self._episodes, *value.shape[1:])[:, :KEPT]


def save(path: Path, episodes: Episodes) -> None:
    """Write a file that is whole or absent.

    Args:
        path: Absolute; no part of it may be a link.
        episodes: What is in it.
    """
    content = {field.name: getattr(episodes, field.name) for field in fields(Episodes)}
    write_whole(path, lambda file: torch.save(content, file))


def load(path: Path) -> Episodes:
    """Read what :func:`save` wrote; nothing in it is run.

    Raises:
        UsageError: The file cannot be read or holds no episodes.
    """
    try:
        return _episodes(read_tensors(path, EPISODES_BYTES))
    except UNREADABLE as error:
        raise UsageError(f"{path} holds no episodes that rewardsmith saved: {str(error)[:200]}.") from error


def _episodes(data: object) -> Episodes:
    """Episodes whose parts have the right kinds and shapes.

    Raises:
        ValueError: Something does not.
        LookupError: Something is missing.
    """
    if not isinstance(data, dict) or not isinstance(data["signals"], dict) or not data["signals"]:
        raise ValueError("no dictionary of signals")
    alive, score, success = (_plain(data[name]) for name in ("alive", "true_score", "success"))
    signals = {name: _plain(values) for name, values in data["signals"].items()}
    kinds = [alive.dtype, success.dtype, score.dtype, *(values.dtype for values in signals.values())]
    if kinds != [torch.bool, torch.bool] + [torch.float32] * (1 + len(signals)) or not all(
        isinstance(name, str) for name in signals
    ):
        raise ValueError("a part of another kind")
    episodes = alive.shape[:1]
    if (
        alive.dim() != 2
        or score.shape != episodes
        or success.shape != episodes
        or any(v.shape[:2] != alive.shape for v in signals.values())
    ):
        raise ValueError("parts that do not fit each other")
    return Episodes(signals, alive, score, success)


def _plain(value: object) -> Tensor:
    """A tensor that is as large as what it takes on disk."""
    if type(value) is not Tensor or not value.is_contiguous():
        raise ValueError("no plain tensor")
    return value.detach()
