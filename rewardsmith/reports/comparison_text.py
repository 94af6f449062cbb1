"""A comparison as Markdown.

Names, notices and warnings come from studies, which anybody may have made: they are shown as text
and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

from rewardsmith import shown
from rewardsmith.reports.comparison_report import ComparisonReport
from rewardsmith.reports.comparison_rows import MethodRow, SearchRow
from rewardsmith.reports.statistics import LEAST_RUNS, Estimate
from rewardsmith.shown import count, number
from rewardsmith.usage import Usage

_UNKNOWN = "-"
_MOST = 1e300
_LONGEST = 400
"""Characters of one name or notice, at most."""


def markdown(report: ComparisonReport, figures: Sequence[str] = ()) -> str:
    """The whole report.

    Args:
        report: What to tell.
        figures: Picture files beside the report, to be shown in it.
    """
    return "\n".join(
        [
            *_head(report),
            *_winners(report),
            *_pairs(report),
            *_spending(report),
            *_pictures(figures),
            *_each(report),
        ]
    )


def _text(text: str) -> str:
    return shown.markdown(text, _LONGEST)


def _head(report: ComparisonReport) -> Iterator[str]:
    yield f"# Comparison on {' and '.join(_text(task) for task in report.tasks)}"
    yield ""
    for notice in report.notices:
        yield _text(notice)
        yield ""
    for line in report.setup:
        yield f"{_text(line)}."
        yield ""
    for warning in report.warnings:
        yield f"- **{_text(warning)}**"
    if report.warnings:
        yield ""


def _winners(report: ComparisonReport) -> Iterator[str]:
    yield "## Winners, trained again on fresh seeds and scored on fresh episodes"
    yield ""
    yield (
        "No search saw these seeds and episodes. IQM: mean of the middle half of the runs. A search that "
        "found nothing counts as no"
    )
    yield "success, and in a metric as the sparse reward."
    few = min((row.runs for row in report.methods), default=0)
    if few >= LEAST_RUNS:
        yield (
            "In brackets: 95 % interval, by stratified bootstrap over the runs; none where all runs came "
            "to the same."
        )
    elif few:
        yield f"No intervals: they take at least {LEAST_RUNS} repeats, and there are {few}."
    yield (
        "Human-normalised: (score - sparse) / |human - sparse|, of means; none where the two are less than "
        "two standard errors apart, or unknown."
    )
    yield ""
    for task in report.tasks:
        if len(report.tasks) > 1:
            yield f"### {_text(task)}"
            yield ""
        rows = [row for row in (*report.methods, *report.baselines) if row.task == task]
        yield from _table(
            ("reward from", "IQM", "mean", "human-normalised", "runs"), [_method(row) for row in rows]
        )
    if report.overall:
        yield "### All tasks, human-normalised and clipped to 0 to 3"
        yield ""
        yield from _table(
            ("reward from", "IQM", "mean", "runs"),
            [(_text(r.name), _estimate(r.iqm), _mean(r), str(r.runs)) for r in report.overall],
        )


def _method(row: MethodRow) -> tuple[str, ...]:
    runs = " ".join(map(number, row.scores))
    lost = row.runs - len(row.scores)
    return (
        _text(row.name),
        _estimate(row.iqm),
        _mean(row),
        number(row.human_normalised, 2),
        runs + (f" ({lost} without a score)" if lost else ""),
    )


def _pairs(report: ComparisonReport) -> Iterator[str]:
    if not report.improvements:
        return
    yield "## Probability that one search does better than the other"
    yield ""
    yield "Over all pairs of runs, a tie counted half; 0.5 is no difference."
    yield ""
    rows = [
        (f"{_text(pair.first)} over {_text(pair.second)}", _estimate(pair.probability, 2))
        for pair in report.improvements
    ]
    yield from _table(("pair", "probability"), rows)


def _spending(report: ComparisonReport) -> Iterator[str]:
    yield "## What was spent, per search"
    yield ""
    yield (
        "Means over the searches; the winners' fresh trainings and the baselines come on top and are the "
        "same for all. A training that"
    )
    yield "two searches have in common, to the bit, is counted for both."
    yield ""
    rows: list[tuple[str, ...]] = []
    counted = [row for row in report.searches if not row.left_out]
    for name in dict.fromkeys(row.method for row in counted):
        searches = [row for row in counted if row.method == name]
        rows.append((_text(name), str(len(searches)), *_means(searches)))
    yield from _table(
        (
            "strategy",
            "searches",
            "candidates",
            "trainings",
            "environment steps",
            "training",
            "calls",
            "tokens",
            "USD",
        ),
        rows,
    )


def _means(searches: Sequence[SearchRow]) -> Iterator[str]:
    yield f"{_average(row.candidates for row in searches):g}"
    yield f"{_average(row.trainings for row in searches):g}"
    yield count(_average(row.env_steps for row in searches))
    yield f"{count(_average(row.training_s for row in searches))} s"
    usage = sum((row.usage for row in searches), Usage())
    lost = (
        f" ({_average(row.usage.unmetered for row in searches):g} without a count)" if usage.unmetered else ""
    )
    yield f"{_average(row.usage.calls for row in searches):g}{lost}"
    yield count(_average(row.usage.prompt_tokens + row.usage.completion_tokens for row in searches))
    yield "0" if not usage.calls else "unknown" if usage.usd is None else number(usage.usd / len(searches), 4)


def _average(values: Iterable[float]) -> float:
    """The mean, also of whole numbers that are too large to be computed with."""
    return fmean(max(-_MOST, min(value, _MOST)) for value in values)


def _pictures(figures: Sequence[str]) -> Iterator[str]:
    if figures:
        yield "## Figures"
        yield ""
    for figure in figures:
        yield f"![{_text(figure.rpartition('.')[0].replace('-', ' '))}]({figure})"
        yield ""


def _each(report: ComparisonReport) -> Iterator[str]:
    yield "## Every search"
    yield ""
    yield "The score in the search is the highest of many, so it is biased upwards; the fresh one is not."
    yield ""
    rows = [
        (
            *(_text(text) for text in (row.folder, row.task, row.method)),
            str(row.seed),
            _text(row.winner or "none"),
            number(row.search_score),
            number(row.score),
            str(row.trainings),
        )
        for row in report.searches
    ]
    yield from _table(
        ("study", "task", "strategy", "seed", "winner", "score in the search", "fresh", "trainings"), rows
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _estimate(estimate: Estimate | None, digits: int = 3) -> str:
    if estimate is None:
        return _UNKNOWN
    interval = (
        "" if estimate.low is None else f" [{number(estimate.low, digits)}, {number(estimate.high, digits)}]"
    )
    return f"{number(estimate.value, digits)}{interval}"


def _mean(row: MethodRow) -> str:
    return _UNKNOWN if row.mean is None else number(row.mean)
