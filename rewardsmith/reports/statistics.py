"""Statistics of a few runs: what Agarwal et al. recommend (arXiv 2108.13264, sections 3 and 4).

Runs come as one group per task: an array of scores and the seed of each. Resampling is stratified:
every group is drawn from itself. Groups of one task that share their seeds are drawn together,
since equal seeds mean equal luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewardsmith.seeds import derive

LEAST_RUNS = 5
"""With fewer runs a 95 % interval covers far less than 95 %
(about 73 % with three), so none is given."""
_DRAWS = 4000

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """The runs of one method on one task."""

    task: str
    seeds: tuple[int, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval.

    No bounds below :data:`LEAST_RUNS` runs, and none where no draw differs from another: runs that
    all came to the same tell nothing of how far the next one may lie off, and an interval of no
    width would say that it cannot.
    """

    value: float
    low: float | None = None
    high: float | None = None


def interquartile_mean(scores: Scores) -> Scores:
    """Mean of the middle half (IQM), along the last axis.

    As with ``scipy.stats.trim_mean(scores, 0.25)``, a quarter of the runs is left out at each end,
    rounded down.

    Args:
        scores: Shape ``(..., runs)``.

    Returns:
        Shape ``(...)``.
    """
    count = scores.shape[-1]
    cut = count // 4
    return np.sort(scores, axis=-1)[..., cut : count - cut].mean(axis=-1)


def human_normalised(score: float, human: float, sparse: float) -> float | None:
    """Human-normalised score, ``(score - sparse) / |human - sparse|``.

    It is Eureka's (arXiv 2310.12931, section 4.1). The absolute value keeps "higher is better"
    where the sparse reward beats the human one. ``None`` where the two are equal, so that no unit
    is left to measure in.
    """
    unit = abs(human - sparse)
    return (score - sparse) / unit if unit > 1e-9 else None


def error_of_mean(scores: Sequence[float], errors: Sequence[float]) -> float | None:
    """Standard error of the mean of a few runs.

    It is the larger of two: what the runs' spread says, and what the episodes of each say, which is
    all that is known of a single run.

    Args:
        scores: One per run.
        errors: The standard error of each.

    Returns:
        ``None`` without runs.
    """
    if not scores:
        return None
    played = float(np.linalg.norm(errors)) / len(errors)
    return max(played, float(np.std(scores, ddof=1)) / len(scores) ** 0.5) if len(scores) > 1 else played


def estimate_mean(groups: Sequence[Runs]) -> Estimate:
    """The interquartile mean of all runs, with a stratified bootstrap interval."""
    return _estimate(lambda drawn: interquartile_mean(np.concatenate(drawn, axis=-1)), groups)


def estimate_improvement(pairs: Sequence[tuple[Runs, Runs]]) -> Estimate:
    """Probability that a run of the first method beats one of the second on a task drawn at random.

    A tie counts half.

    Over all pairs of runs, as Agarwal et al., equation 3 (a Mann-Whitney U statistic).

    Args:
        pairs: For every task, the runs of both methods; ``-inf`` is a search that found nothing.
    """

    def statistic(drawn: Sequence[Scores]) -> Scores:
        wins = [_win_rate(first, second) for first, second in zip(drawn[::2], drawn[1::2], strict=True)]
        return np.mean(wins, axis=0)

    return _estimate(statistic, [runs for pair in pairs for runs in pair])


def _win_rate(first: Scores, second: Scores) -> Scores:
    a, b = first[..., :, None], second[..., None, :]
    return ((a > b) + 0.5 * (a == b)).mean(axis=(-2, -1))


def _estimate(statistic: Callable[[Sequence[Scores]], Scores], groups: Sequence[Runs]) -> Estimate:
    scores = [np.asarray(runs.scores, dtype=np.float64) for runs in groups]
    value = float(statistic(scores))
    if min(len(runs.scores) for runs in groups) < LEAST_RUNS:
        return Estimate(value)
    drawn = statistic([values[_picks(runs)] for values, runs in zip(scores, groups, strict=True)])
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(value) if np.isclose(low, high, 1e-9, 1e-12) else Estimate(value, float(low), float(high))


def _picks(runs: Runs) -> NDArray[np.int64]:
    """Which runs each draw takes, ``(draws, runs)``.

    They are the same for equal tasks and seeds, and the same at every call.
    """
    random = np.random.default_rng(derive("bootstrap", runs.task, *runs.seeds))
    return random.integers(len(runs.seeds), size=(_DRAWS, len(runs.seeds)))
