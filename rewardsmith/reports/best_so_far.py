"""How the best score of a search grew with what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rewardsmith.records import Trial
from rewardsmith.reports.statistics import Estimate, Runs, estimate_mean


@dataclass(frozen=True)
class Point:
    """A search after one more candidate."""

    candidate: str
    trainings: int
    """Trainings so far, failed ones included."""
    env_steps: int
    score: float | None
    best: float | None
    """Best held-out score so far; the highest of many, so biased upwards."""


@dataclass(frozen=True)
class Curve:
    """One search, candidate by candidate, in the order of proposal."""

    task: str
    method: str
    seed: int
    points: tuple[Point, ...]

    def at(self, axis: str, spent: float) -> float | None:
        """The best score once ``spent`` trainings or steps were made.

        Args:
            axis: ``trainings`` or ``env_steps``.
            spent: Where on it.
        """
        return next((point.best for point in reversed(self.points) if getattr(point, axis) <= spent), None)


@dataclass(frozen=True)
class Band:
    """The interquartile mean of several curves at one place."""

    spent: float
    best: Estimate


def best_so_far(task: str, method: str, seed: int, trials: Sequence[Trial]) -> Curve:
    """The curve of one search."""
    points: list[Point] = []
    trainings = env_steps = 0
    best: float | None = None
    for trial in trials:
        trainings += len(trial.runs) + len(trial.further)
        env_steps += trial.env_steps
        score = trial.fitness if trial.score else None
        best = best if score is None or (best is not None and best >= score) else score
        points.append(Point(trial.id, trainings, env_steps, score, best))
    return Curve(task, method, seed, tuple(points))


def bands(curves: Sequence[Curve], axis: str) -> list[Band]:
    """Curves of one method on one task as one, wherever all of them have a score."""
    places = sorted({getattr(point, axis) for curve in curves for point in curve.points})
    found: list[Band] = []
    for place in places:
        known = [best for curve in curves if (best := curve.at(axis, place)) is not None]
        if len(known) == len(curves):
            found.append(
                Band(
                    place,
                    estimate_mean(
                        [Runs(curves[0].task, tuple(curve.seed for curve in curves), tuple(known))]
                    ),
                )
            )
    return found
