"""How well early scores and the screen foretell the final scores of programs.

For ``benchmarks/racing.py``; nothing to run by itself.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from rewardsmith.contracts import Race
from rewardsmith.records import Screening, Trial
from rewardsmith.study import Study

WATCH = Race(rungs=(0.15, 0.2, 0.25, 0.35, 0.5, 0.7), keep=1.0)
"""Looks at every training on its way and evicts nobody."""
RESAMPLES = 10_000


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0, means of them for ties."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    starts = (
        [0] + [n + 1 for n, (a, b) in enumerate(pairwise(order)) if values[a] != values[b]] + [len(values)]
    )
    for start, end in pairwise(starts):
        for index in order[start:end]:
            found[index] = (start + end - 1) / 2
    return found


def correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's rank correlation."""
    a, b = (ranks(column) for column in zip(*pairs, strict=True))
    return statistics.correlation(a, b) if len(set(a)) > 1 and len(set(b)) > 1 else float("nan")


def interval(samples: Sequence[float]) -> tuple[float, float]:
    """The middle 95 %."""
    known = sorted(value for value in samples if value == value) or [float("nan")]
    return known[round(0.025 * (len(known) - 1))], known[round(0.975 * (len(known) - 1))]


def foretold(folders: Sequence[Path]) -> Iterator[str]:
    """Rows of early scores and of the screen against the final score.

    Over all programs that were trained to the end.
    """
    rng = random.Random(0)
    trained: list[Trial] = []
    for folder in folders:
        with Study.open(folder) as study:
            trained += [trial for trial in study.trials if trial.score]
    for number, share in enumerate(WATCH.rungs):
        pairs = [
            (trial.run.rungs[number].score.mean, trial.score.mean)
            for trial in trained
            if trial.run and trial.score
        ]
        yield _row(f"true score at {share:.0%} of the training", [pairs], rng)
    screens: dict[str, Callable[[Screening], float | None]] = {
        "screen": lambda seen: seen.score,
        "screen, outcome alone": lambda seen: seen.outcome,
        "screen, progress alone": lambda seen: seen.progress,
    }
    for name, read in screens.items():
        pairs = [pair for trial in trained if (pair := _pair(trial, read))]
        yield _row(name, [pairs], rng)
    for name, read in screens.items():
        yield _row(f"{name}, within an iteration", list(_by_iteration(folders, read)), rng)
    yield from _firsts(list(_by_iteration(folders, screens["screen"])))


Pairs = Sequence[tuple[float, float]]
"""What foretells, and the final true score, of several programs."""


def _pair(trial: Trial, read: Callable[[Screening], float | None]) -> tuple[float, float] | None:
    """What the screen said of a program, and its score, where there are both."""
    seen = trial.candidate.screening
    value = read(seen) if seen else None
    return (value, trial.score.mean) if trial.score and value is not None else None


def _by_iteration(folders: Sequence[Path], read: Callable[[Screening], float | None]) -> Iterator[Pairs]:
    """Programs of one iteration of one search together: only these ever stand in one queue."""
    for folder in folders:
        with Study.open(folder) as study:
            found: dict[int, list[tuple[float, float]]] = {}
            for trial in study.trials:
                if pair := _pair(trial, read):
                    found.setdefault(trial.candidate.iteration, []).append(pair)
        yield from (pairs for pairs in found.values() if len(pairs) > 1)


def within(groups: Sequence[Pairs]) -> float:
    """Rank correlation within groups, averaged with the sizes of the groups as weights.

    How groups differ plays no part.
    """
    known = [(correlation(pairs), len(pairs)) for pairs in groups]
    known = [(value, size) for value, size in known if value == value]
    return (
        sum(value * size for value, size in known) / sum(size for _, size in known) if known else float("nan")
    )


def _firsts(groups: Sequence[Pairs]) -> Iterator[str]:
    """How often the screen's first of an iteration is its best, which is what orders are for."""
    if groups:
        tops = [max(score for _, score in pairs) for pairs in groups]
        hits = sum(max(pairs)[1] == top for pairs, top in zip(groups, tops, strict=True))
        chance = sum(
            sum(score == top for _, score in pairs) / len(pairs)
            for pairs, top in zip(groups, tops, strict=True)
        )
        yield (
            f"\nThe screen's first was the best of its iteration in {hits} of {len(groups)} iterations; "
            f"by chance {chance:.1f}.\n"
        )


def _row(name: str, groups: Sequence[Pairs], rng: random.Random) -> str:
    """Rank correlation within groups, and a percentile interval over resampled programs of each."""
    count = sum(map(len, groups))
    if count < 3:
        return f"| {name} | {count} | - | - |"
    low, high = interval(
        [within([rng.choices(pairs, k=len(pairs)) for pairs in groups]) for _ in range(RESAMPLES // 5)]
    )
    return f"| {name} | {count} | {within(groups):.2f} | {low:.2f} to {high:.2f} |"
