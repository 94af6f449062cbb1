"""Where the variance of scores comes from, and what a score foretells: the maths of `noise.py`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rewardsmith.records import Score
from rewardsmith.reports.statistics import Estimate

Array = NDArray[np.float64]
_DRAWS = 1000


@dataclass(frozen=True)
class Scores:
    """Held-out scores of some programs on some seeds at some moments of their training."""

    means: Array
    """``(programs, seeds, moments)``; the first moment is half of the steps, the others are the
    last third."""
    errors: Array
    """Standard errors over the episodes, of the same shape."""

    @classmethod
    def of(cls, scores: Sequence[Sequence[Sequence[Score]]]) -> Self:
        """From records: by program, seed and moment."""
        by_field = [
            [[[getattr(score, field) for score in run] for run in program] for program in scores]
            for field in ("mean", "standard_error")
        ]
        return cls(np.array(by_field[0]), np.array(by_field[1]))


@dataclass(frozen=True)
class Parts:
    """Variances of one score at the end of a training, by where they come from."""

    program: float
    seed: float
    moment: float
    episodes: float

    @property
    def total(self) -> float:
        """Of one score."""
        return self.program + self.seed + self.moment + self.episodes


def parts(scores: Scores) -> Parts:
    """Estimates of the variances by their moments, none below 0.

    Searle, Casella & McCulloch, *Variance Components* (1992), 3.5: with ``S`` seeds of each program
    the mean square between programs has the expectation ``S * program + within``, where ``within``
    is the mean square within programs: seeds, moments and episodes together. How a run's scores in
    the last third differ, once what all runs gained there is taken off, is moments and episodes.
    """
    last, third = scores.means[:, :, -1], scores.means[:, :, 1:]
    programs, seeds = last.shape
    moments = third.shape[2]
    within = float(last.var(axis=1, ddof=1).mean())
    between = float(seeds * last.mean(axis=1).var(ddof=1))
    episodes = float((scores.errors[:, :, -1] ** 2).mean())
    rest = third - third.mean(axis=(0, 1), keepdims=True)
    spread = rest - rest.mean(axis=2, keepdims=True)
    freedom = (programs * seeds - 1) * (moments - 1)
    shaken = float((spread**2).sum() / freedom)
    moment = max(0.0, shaken - float((scores.errors[:, :, 1:] ** 2).mean()))
    return Parts(max(0.0, (between - within) / seeds), max(0.0, within - moment - episodes), moment, episodes)


def parts_table(groups: Mapping[str, Scores]) -> str:
    """A line per task: spreads (standard deviations) and shares of the variance of one score."""
    lines = [
        "| task | programs x seeds | mean | program | seed | moment | episodes | share of the program |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for task, scores in groups.items():
        found = parts(scores)
        programs, seeds, _ = scores.means.shape
        spreads = " | ".join(
            f"{np.sqrt(part):.3f}" for part in (found.program, found.seed, found.moment, found.episodes)
        )
        share = found.program / found.total if found.total else 0.0
        mean = scores.means[:, :, -1].mean()
        lines.append(f"| {task} | {programs} x {seeds} | {mean:.3f} | {spreads} | {share:.0%} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Protocol:
    """A way to score a program, and what it costs."""

    name: str
    seeds: int
    score: Callable[[Array], Array]
    """From ``(programs, seeds of the protocol, moments)`` to ``(programs,)``."""
    trainings: float
    """Whole trainings that it takes."""
    looks: int
    """Times that a policy is scored."""


PROTOCOLS = (
    Protocol("once, at the end", 1, lambda s: s[:, 0, -1], 1.0, 1),
    Protocol("once, mean over the last third", 1, lambda s: s[:, 0, 1:].mean(axis=1), 1.0, 4),
    Protocol("once, best of the last third", 1, lambda s: s[:, 0, 1:].max(axis=1), 1.0, 4),
    Protocol("half as long", 1, lambda s: s[:, 0, 0], 0.5, 1),
    Protocol("half as long on two seeds", 2, lambda s: s[:, :, 0].mean(axis=1), 1.0, 2),
    Protocol("on two seeds", 2, lambda s: s[:, :, -1].mean(axis=1), 2.0, 2),
    Protocol("on two seeds, mean over the last third", 2, lambda s: s[:, :, 1:].mean(axis=(1, 2)), 2.0, 8),
)


def foretelling(scores: Array, protocol: Protocol) -> float:
    """How well a protocol's scores rank programs as fresh trainings do.

    Args:
        scores: ``(programs, seeds, moments)``.
        protocol: Is given some of the seeds; the truth is the mean at the end over two others.

    Returns:
        Spearman's correlation, the mean over all choices of seeds.
    """
    seeds, found = range(scores.shape[1]), list[float]()
    for own in itertools.combinations(seeds, protocol.seeds):
        said = protocol.score(scores[:, list(own)])
        for others in itertools.combinations([seed for seed in seeds if seed not in own], 2):
            truth = scores[:, list(others), -1].mean(axis=1)
            found.append(rank_correlation(said, truth))
    return float(np.mean(found))


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's: Pearson's of the ranks, ties in the middle; 0 where one of both is constant."""
    ranks = [(one[:, None] > one).sum(1) + ((one[:, None] == one).sum(1) - 1) / 2 for one in (first, second)]
    if not all(rank.std() for rank in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def protocols_table(groups: Mapping[str, Scores]) -> str:
    """A line per protocol: its rank correlation with fresh trainings, on every task."""
    lines = [
        f"| a program is scored | trainings | looks | {' | '.join(groups)} |",
        f"|---|---:|---:|{'---:|' * len(groups)}",
    ]
    for protocol in PROTOCOLS:
        cells = [_cell(_estimated(scores.means, protocol)) for scores in groups.values()]
        lines.append(f"| {protocol.name} | {protocol.trainings:g} | {protocol.looks} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _estimated(scores: Array, protocol: Protocol) -> Estimate:
    """With an interval over the choice of programs, by the percentiles of a bootstrap."""
    chance = np.random.default_rng(0)
    drawn = [
        foretelling(scores[chance.integers(len(scores), size=len(scores))], protocol) for _ in range(_DRAWS)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(foretelling(scores, protocol), float(low), float(high))


def _cell(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
