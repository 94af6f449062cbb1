"""The numbers of a comparison as CSV: its searches, and the curves of their scores."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from rewardsmith.reports.comparison_report import ComparisonReport
from rewardsmith.shown import csv_cell

_SEARCHES = (
    "task", "method", "seed", "study", "winner", "search_score", "fresh_score", "candidates", "trainings",
    "env_steps", "training_s", "calls", "unmetered", "prompt_tokens", "completion_tokens", "usd",
)  # fmt: skip


def searches_csv(report: ComparisonReport) -> str:
    """One line per search, and one per training of a baseline."""
    rows: list[tuple[object, ...]] = [
        (
            row.task,
            row.method,
            row.seed,
            row.folder,
            row.winner,
            row.search_score,
            row.score,
            row.candidates,
            row.trainings,
            row.env_steps,
            round(row.training_s, 1),
            row.usage.calls,
            row.usage.unmetered,
            row.usage.prompt_tokens,
            row.usage.completion_tokens,
            row.usage.usd if row.usage.calls else 0,
        )
        for row in report.searches
    ]
    blank = ("",) * (len(_SEARCHES) - 7)
    for row in report.baselines:
        rows += [
            (row.task, row.name, seed, "", "", "", score, *blank)
            for seed, score in zip(row.seeds, row.scores, strict=True)
        ]
    return _csv(_SEARCHES, rows)


def curves_csv(report: ComparisonReport) -> str:
    """One line per candidate of every search."""
    head = ("task", "method", "seed", "candidate", "trainings", "env_steps", "score", "best_so_far")
    return _csv(
        head,
        [
            (
                curve.task,
                curve.method,
                curve.seed,
                point.candidate,
                point.trainings,
                point.env_steps,
                point.score,
                point.best,
            )
            for curve in report.curves
            for point in curve.points
        ],
    )


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)  # a missing value is an empty cell
    return text.getvalue()
