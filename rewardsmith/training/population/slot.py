"""One slot: its reward program, and what it has seen of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rewardsmith.contracts import SPARSE, TrainingJob, TrainingSettings
from rewardsmith.records import Curve, State
from rewardsmith.reward.program import ProgramFailedError, RewardProgram
from rewardsmith.training.population.rollout import Experience

_RECENT = 10
"""Epochs that the success shown during training is averaged over."""


class Slot:
    """Computes one job's rewards and keeps the curves that its writer is told about."""

    def __init__(self, number: int, job: TrainingJob, settings: TrainingSettings) -> None:
        """Compile the job's program; a text that does not compile makes the slot fail at once."""
        self.number = number
        self.job = job
        self._settings = settings
        self._goals: float | None = None
        self.failure: State | None = None
        self.cause = ""
        self._program: RewardProgram | None = None
        self._components: dict[str, list[float | None]] = {}
        self._progress: dict[str, list[float | None]] = {"success": [], "episode_length": [], "total": []}
        if job.program != SPARSE:
            try:
                self._program = RewardProgram(job.program)
            except ProgramFailedError as error:
                self.fail(State.CRASHED, f"the program does not compile: {error}")

    def rewards(self, experience: Experience) -> Tensor:
        """The reward of every step, ``(T, N)``; zeros once the slot has failed.

        The program sees copies of the slot's own signals, all steps of the rollout at once, and what it returns is
        copied again. Physics and the true score have long moved on, so nothing it does can reach them.
        """
        shape = experience.done[:, self.number].shape
        if self.failure is None:
            self._record_episodes(experience)
            try:
                total, components = self._run(experience)
            except ProgramFailedError as error:
                self.fail(State.CRASHED, f"the program failed on real states: {error}")
            else:
                self._check(total, experience)
                self._progress["total"].append(_mean(total))
                for name, value in components.items():
                    self._components.setdefault(name, []).append(_mean(value))
                if self.failure is None:
                    return total.view(shape) + self._settings.goal_bonus * experience.success[:, self.number]
        return torch.zeros(shape)

    def fail(self, state: State, cause: str) -> None:
        """Stop learning; other slots are not touched."""
        self.failure, self.cause = state, cause

    @property
    def recent_success(self) -> float | None:
        """Success of the training episodes that ended in the last epochs."""
        known = [value for value in self._progress["success"][-_RECENT:] if value is not None]
        return sum(known) / len(known) if known else None

    def components(self) -> tuple[Curve, ...]:
        """Mean of every component, one value an epoch."""
        return tuple(Curve(name, tuple(values)) for name, values in self._components.items())

    def progress(self) -> tuple[Curve, ...]:
        """Training success, episode length and proxy reward, one value an epoch."""
        return tuple(Curve(name, tuple(values)) for name, values in self._progress.items())

    @torch.no_grad()
    def _run(self, experience: Experience) -> tuple[Tensor, dict[str, Tensor]]:
        if self._program is None:
            sparse = experience.true_score[:, self.number].flatten()
            return torch.zeros_like(sparse) if self._settings.goal_bonus else sparse, {}
        batch = {name: self._own_rows(value) for name, value in experience.signals.items() if name in self._program.parameters}
        total, components = self._program(batch)
        if total.shape != experience.done[:, self.number].flatten().shape:
            raise ProgramFailedError(f"the total has shape {tuple(total.shape)}")
        return total, components

    def _own_rows(self, signal: Tensor) -> Tensor:
        """``(T, K, N, *shape)`` to this slot's ``(T * N, *shape)``."""
        return signal[:, self.number].flatten(0, 1)

    def _check(self, total: Tensor, experience: Experience) -> None:
        bad = (~total.isfinite()).nonzero()
        if not len(bad) or self._program is None:
            return
        row = int(bad[0])
        values = {name: self._own_rows(experience.signals[name])[row].tolist() for name in self._program.parameters}
        shown = ", ".join(f"{name} = {_short(value)}" for name, value in values.items())
        self.fail(State.DIVERGED, f"the total became {float(total[row])} in epoch {len(self._progress['total'])} at {shown}"[:600])

    def _record_episodes(self, experience: Experience) -> None:
        done = experience.done[:, self.number]
        ended = float(done.sum())
        scores = experience.true_score[:, self.number] * done
        if self._settings.goal_smoothing:
            self._goals = smoothed(self._goals, scores, done, self._settings.goal_smoothing)
            self._progress["success"].append(self._goals)
        else:
            self._progress["success"].append(float(scores.sum()) / ended if ended else None)
        length = float((experience.age[:, self.number] * done).sum())
        self._progress["episode_length"].append(length / ended if ended else None)


def smoothed(mean: float | None, scores: Tensor, done: Tensor, weight: float) -> float | None:
    """The running mean of goals per episode that Isaac Gym's hands call ``consecutive_successes``.

    At each step at which episodes finished, ``c <- weight * (their mean score) + (1 - weight) * c``, from 0 on.

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
    mean = float(value.mean())
    return mean if math.isfinite(mean) else None


def _short(value: float | list[float]) -> str:
    numbers = value if isinstance(value, list) else [value]
    return "[" + ", ".join(f"{number:.4g}" for number in numbers) + "]" if isinstance(value, list) else f"{numbers[0]:.4g}"
