"""What diagnoses measure on curves: trends, shares of a rise, agreement of two curves."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rewardsmith.records import Curve, Run


def known(values: Sequence[float | None]) -> list[float]:
    """The values that are there."""
    return [value for value in values if value is not None]


def curve(run: Run, name: str) -> tuple[float | None, ...]:
    """A curve of a run's progress; empty where there is none of that name."""
    return next((found.values for found in run.progress if found.name == name), ())


def part(values: Sequence[float], start: float, end: float) -> list[float]:
    """Values between two shares of their number, one at least."""
    first = min(int(start * len(values)), len(values) - 1)
    return list(values[first : max(first + 1, round(end * len(values)))])


def rise(values: Sequence[float]) -> float:
    """Mean of the last fifth less mean of the first."""
    return fmean(part(values, 0.8, 1.0)) - fmean(part(values, 0.0, 0.2))


def both(a: Sequence[float | None], b: Sequence[float | None]) -> tuple[list[float], list[float]]:
    """Values of two curves at the epochs at which both are known; the ends of both are the same."""
    short = min(len(a), len(b))
    pairs = [
        (x, y)
        for x, y in zip(a[len(a) - short :], b[len(b) - short :], strict=True)
        if x is not None and y is not None
    ]
    return [x for x, _ in pairs], [y for _, y in pairs]


def smooth(values: Sequence[float], points: int = 20) -> list[float]:
    """Means of about so many equal stretches: the noise of single epochs goes, the trend stays."""
    width = max(1, len(values) // points)
    return [fmean(values[n : n + width]) for n in range(0, len(values) - width + 1, width)]


def correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Pearson's; 0 where one of them does not vary."""
    mean_a, mean_b = fmean(a), fmean(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    below = (sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)) ** 0.5
    return top / below if below > 0 else 0.0


def mean_of(found: Curve) -> float:
    """Mean absolute value of a curve, 0 where nothing is known of it."""
    values = [abs(value) for value in known(found.values)]
    return sum(values) / len(values) if values else 0.0
