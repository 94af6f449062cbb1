"""Studies side by side: the same task, strategy against strategy, by the winners' fresh trainings.

The best score inside a search is the highest of many noisy ones, so it is biased upwards, and the
more so the more was tried. Methods are compared by the winners as they were trained again, on seeds
and episodes that their search never saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rewardsmith.errors import UsageError
from rewardsmith.reports.best_so_far import Curve, best_so_far
from rewardsmith.reports.comparison_rows import (
    MethodRow,
    SearchRow,
    baseline_rows,
    floor_of,
    method_rows,
    overall_rows,
    search_row,
)
from rewardsmith.reports.fairness import describe_origins, describe_terms, find_faults, method
from rewardsmith.reports.statistics import Estimate, Runs, estimate_improvement
from rewardsmith.study import Study

NOTHING = float("-inf")
"""Stands below every score where only the order counts: a search that
found nothing loses to one that found something."""


@dataclass(frozen=True)
class Improvement:
    """How surely the first method beats the second."""

    first: str
    second: str
    probability: Estimate


@dataclass(frozen=True)
class ComparisonReport:
    """Everything a comparison has to say."""

    tasks: tuple[str, ...]
    notices: tuple[str, ...]
    """What the writers say of themselves, such as that no language model was used."""
    setup: tuple[str, ...]
    """The terms, one line per task."""
    warnings: tuple[str, ...]
    """Why the comparison is not a fair or not a finished one."""
    searches: tuple[SearchRow, ...]
    methods: tuple[MethodRow, ...]
    baselines: tuple[MethodRow, ...]
    improvements: tuple[Improvement, ...]
    overall: tuple[MethodRow, ...]
    """Human-normalised scores over several tasks, clipped to 0 to 3
    as Eureka does; empty for one task."""
    curves: tuple[Curve, ...]


def compare(studies: Sequence[Study], note: str = "") -> ComparisonReport:
    """Compare studies by what they found.

    Args:
        studies: Finished or not; those that are not are shown and left out.
        note: What the caller knows against the comparison, such as searches that have not begun.

    Raises:
        UsageError: There is none.
    """
    if not studies:
        raise UsageError("no studies were given. Name their folders: rewardsmith compare STUDY...")
    names = [study.folder.name for study in studies]
    searches = tuple(
        search_row(s, name if names.count(name) == 1 else str(s.folder))
        for s, name in zip(studies, names, strict=True)
    )
    ended = [row for row in searches if not row.left_out]
    baselines = tuple(
        baseline_rows([study for study, row in zip(studies, searches, strict=True) if not row.left_out])
    )
    return ComparisonReport(
        tasks=tuple(dict.fromkeys(row.task for row in searches)),
        notices=tuple(dict.fromkeys(study.store.value("notice") or "" for study in studies)),
        setup=(*describe_terms(studies), *describe_origins(studies)),
        warnings=(*([note] if note else []), *find_faults(studies), *_lost(searches, baselines)),
        searches=searches,
        methods=tuple(method_rows(ended, baselines)),
        baselines=baselines,
        improvements=tuple(_improvements(ended)),
        overall=tuple(overall_rows(ended, baselines)),
        curves=tuple(
            best_so_far(study.config.task, method(study), study.config.seed, study.trials)
            for study in studies
        ),
    )


def _runs(searches: Sequence[SearchRow], task: str, name: str) -> Runs:
    """All runs of a method on a task; one without a score stands below all others."""
    rows = [row for row in searches if (row.task, row.method) == (task, name)]
    return Runs(
        task,
        tuple(row.seed for row in rows),
        tuple(NOTHING if row.score is None else row.score for row in rows),
    )


def _improvements(searches: Sequence[SearchRow]) -> Iterator[Improvement]:
    """Every pair of methods that have tasks in common."""
    for first, second in combinations(dict.fromkeys(row.method for row in searches), 2):
        shared = [
            task
            for task in dict.fromkeys(row.task for row in searches)
            if all(
                any((row.task, row.method) == (task, name) for row in searches) for name in (first, second)
            )
        ]
        if shared:
            pairs = [(_runs(searches, task, first), _runs(searches, task, second)) for task in shared]
            yield Improvement(first, second, estimate_improvement(pairs))


def _lost(searches: Sequence[SearchRow], baselines: Sequence[MethodRow]) -> Iterator[str]:
    for row in searches:
        if row.left_out:
            yield f"{row.folder} is left out: {row.left_out}."
        elif row.score is None:
            floor = floor_of(row.task, baselines)
            unknown = "leaves its method without a mean: what a failure is worth there is not known"
            worth = unknown if floor is None else f"counts as {floor:.4g} in the means"
            yield f"{row.folder} has no winner with a fresh score; it loses every pair, and {worth}."
