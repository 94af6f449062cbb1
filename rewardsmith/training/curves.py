"""What a training looked like, epoch by epoch: what its writer is told about."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from rewardsmith.records import Curve

_RECENT = 10
"""Epochs that the score shown during training is averaged over."""


class TrainingCurves:
    """Curves of one training. A value that was not to be had stays missing.

    The first episode of every environment is in none of them: trainers let it begin at a random
    time of its horizon, and a true score that counts steps counts those, too, that nobody played.
    """

    def __init__(self, goal_smoothing: float = 0.0) -> None:
        """Start empty.

        Args:
            goal_smoothing: See :class:`rewardsmith.training.ppo.PpoSettings`.
        """
        self._smoothing = goal_smoothing
        self._goals: float | None = None
        self._ends: Tensor | None = None
        """Episodes that every environment ended so far, ``(N,)``."""
        self._components: dict[str, list[float | None]] = {}
        self._spreads: dict[str, list[float | None]] = {}
        self._progress: dict[str, list[float | None]] = {"success": [], "episode_length": [], "total": []}

    def add_episodes(self, done: Tensor, true_score: Tensor, age: Tensor) -> None:
        """Take in an epoch's episodes; those that are not the first of their environment count.

        Args:
            done: 1 where an episode ended, ``(T, N)``.
            true_score: The episode's score so far, ``(T, N)``.
            age: Control steps since it began, ``(T, N)``.
        """
        ends = done.cumsum(dim=0) + (torch.zeros_like(done[0]) if self._ends is None else self._ends)
        self._ends = ends[-1]
        done = done * (ends > 1)
        ended = float(done.sum())
        scores = true_score * done
        if self._smoothing:
            self._goals = smoothed(self._goals, scores, done, self._smoothing)
            self._progress["success"].append(self._goals)
        else:
            self._progress["success"].append(float(scores.sum()) / ended if ended else None)
        self._progress["episode_length"].append(float((age * done).sum()) / ended if ended else None)

    def add_terms(self, total: Tensor, components: Mapping[str, Tensor]) -> None:
        """Take in an epoch's rewards, each of any shape."""
        self._progress["total"].append(_mean(total))
        for name, value in components.items():
            self._components.setdefault(name, []).append(_mean(value))
            self._spreads.setdefault(name, []).append(_finite(float(value.std(correction=0))))

    def add_noise(self, std: float) -> None:
        """Take in how much an epoch's actions were varied, the mean standard deviation."""
        self._progress.setdefault("action_noise", []).append(_finite(std))

    @property
    def epochs(self) -> int:
        """Epochs whose rewards are known."""
        return len(self._progress["total"])

    @property
    def recent_success(self) -> float | None:
        """True score of the training episodes that ended in the last epochs."""
        known = [value for value in self._progress["success"][-_RECENT:] if value is not None]
        return sum(known) / len(known) if known else None

    def components(self) -> tuple[Curve, ...]:
        """Mean of every component, one value an epoch."""
        return tuple(Curve(name, tuple(values)) for name, values in self._components.items())

    def spreads(self) -> tuple[Curve, ...]:
        """Standard deviation of every component over all steps of an epoch, one value an epoch."""
        return tuple(Curve(name, tuple(values)) for name, values in self._spreads.items())

    def progress(self) -> tuple[Curve, ...]:
        """True score (``success``) and length of training episodes, proxy reward, action noise.

        One value an epoch.
        """
        return tuple(Curve(name, tuple(values)) for name, values in self._progress.items())


def smoothed(mean: float | None, scores: Tensor, done: Tensor, weight: float) -> float | None:
    """The running mean of goals per episode that Isaac Gym's hands call ``consecutive_successes``.

    At each step at which episodes finished, ``c <- weight * (their mean score) + (1 - weight) *
    c``, from 0 on.

    Args:
        mean: ``c`` so far; ``None`` before any episode finished.
        scores: Final scores where an episode finished, 0 elsewhere, ``(T, N)``.
        done: 1 where an episode finished, ``(T, N)``.
        weight: Of the latest episodes; 0.1 there.
    """
    ended, total = done.sum(1).tolist(), scores.sum(1).tolist()
    for count, score in zip(ended, total, strict=True):
        if count:
            mean = weight * score / count + (1.0 - weight) * (mean or 0.0)
    return mean


def _mean(value: Tensor) -> float | None:
    return _finite(float(value.mean()))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
