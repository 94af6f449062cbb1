"""Figures of a comparison, built with plotly (the extra ``figures``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import kaleido
import plotly.graph_objects as go
from kaleido.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError
from plotly.subplots import make_subplots

from rewardsmith.errors import RewardsmithError
from rewardsmith.reports.best_so_far import Curve, bands
from rewardsmith.reports.comparison_report import ComparisonReport
from rewardsmith.reports.comparison_rows import MethodRow
from rewardsmith.reports.statistics import LEAST_RUNS
from rewardsmith.shown import html, one_line

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f00", "#5f5f5f")
"""Okabe and Ito's, told apart by colour-blind readers."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
"""Searches from the same seed often begin alike; a dash lets the line below shine through."""
_GREY = "#888888"
_AXES = (("trainings", "trainings"), ("env_steps", "environment steps"))
_WIDTH, _HEIGHT = 1000, 440
_LONGEST = 80
"""Characters of a name, at most."""
_END = 1.03
"""Where curves end, in what was spent at most."""


def figures(report: ComparisonReport) -> Iterator[tuple[str, go.Figure]]:
    """All figures of a report with the stems of their files."""
    for task in report.tasks:
        suffix = f"-{_in_file_name(task)}" if len(report.tasks) > 1 else ""
        yield f"winners{suffix}", winners(report, task)
        yield f"best-so-far{suffix}", best_so_far(report, task)


def _in_file_name(task: str) -> str:
    """A task's name may be forged; a file's never leaves its folder."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", task)[:_LONGEST]


def _text(name: str) -> str:
    """A name as plotly shows it: its labels are a kind of HTML."""
    return html(one_line(name, _LONGEST))


def winners(report: ComparisonReport, task: str) -> go.Figure:
    """Every winner's fresh score, with interquartile mean and interval.

    The baselines beside them.
    """
    figure = go.Figure()
    rows = [row for row in (*report.methods, *report.baselines) if row.task == task and row.iqm]
    colours = _colours(report)
    for row in rows:
        colour = colours.get(row.name, _GREY)
        figure.add_trace(_strip(row, colour))
        figure.add_trace(_middle(row, colour))
    figure.update_xaxes(type="category")
    figure.update_yaxes(title="true score, fresh seeds and episodes", rangemode="tozero")
    figure.update_traces(cliponaxis=False)
    legend = "dots: runs, bar: their interquartile mean (IQM)" + (
        ", whisker: 95 % bootstrap interval" if _interval(rows) else ""
    )
    return _styled(figure, f"{_text(task)}: rewards trained again", legend, names=False)


def _interval(rows: Sequence[MethodRow]) -> bool:
    return any(row.iqm and row.iqm.low is not None for row in rows)


def _strip(row: MethodRow, colour: str) -> go.Scatter:
    marker = {"color": colour, "opacity": 0.45, "size": 9}
    return go.Scatter(
        x=[_text(row.name)] * len(row.scores),
        y=list(row.scores),
        mode="markers",
        marker=marker,
        name=_text(row.name),
    )


def _middle(row: MethodRow, colour: str) -> go.Scatter:
    """The interquartile mean as a bar, with its interval where there is one."""
    assert row.iqm
    error = None
    if row.iqm.low is not None and row.iqm.high is not None:
        up, down = row.iqm.high - row.iqm.value, row.iqm.value - row.iqm.low
        error = {
            "type": "data",
            "symmetric": False,
            "array": [up],
            "arrayminus": [down],
            "color": colour,
            "thickness": 2,
            "width": 8,
        }
    marker = {"symbol": "line-ew", "size": 34, "line": {"color": colour, "width": 3}}
    return go.Scatter(
        x=[_text(row.name)],
        y=[row.iqm.value],
        mode="markers",
        marker=marker,
        error_y=error,
        name=f"{_text(row.name)}, IQM",
    )


def best_so_far(report: ComparisonReport, task: str) -> go.Figure:
    """The best score in the search over trainings and over environment steps.

    Each search is thin, their middle thick, with its interval.
    """
    figure = make_subplots(cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    for number, (name, colour) in enumerate(_colours(report).items()):
        curves = [curve for curve in report.curves if (curve.task, curve.method) == (task, name)]
        for column, (axis, _) in enumerate(_AXES, 1):
            for trace in _method_traces(
                curves, axis, _Style(_text(name), colour, _DASHES[number % len(_DASHES)])
            ):
                figure.add_trace(
                    trace.update(showlegend=bool(trace.showlegend) and column == 1), row=1, col=column
                )
    for column, (_, title) in enumerate(_AXES, 1):
        figure.update_xaxes(title=title, rangemode="tozero", nticks=9, row=1, col=column)
    figure.update_yaxes(title="best true score so far", rangemode="tozero", col=1)
    legend = "thin: searches, thick: their interquartile mean (IQM)" + (
        ", band: 95 % bootstrap interval" if _interval(report.methods) else ""
    )
    return _styled(
        figure,
        f"{_text(task)}: best score inside the search (the highest of many, so biased upwards)",
        legend,
        names=True,
    )


@dataclass(frozen=True)
class _Style:
    name: str
    colour: str
    dash: str


def _method_traces(curves: Sequence[Curve], axis: str, style: _Style) -> Iterator[go.Scatter]:
    end = _END * max((getattr(point, axis) for curve in curves for point in curve.points), default=0)
    for curve in curves:
        thin = [(getattr(point, axis), point.best) for point in curve.points]
        yield _staircase(thin, end, style, 1, opacity=0.35, hover=f"{style.name}, seed {curve.seed}")
    middle = bands(curves, axis)
    if middle and len(curves) >= LEAST_RUNS:
        for edge, fill in (("low", None), ("high", "tonexty")):  # the upper edge fills down to the lower one
            bounds = [
                (band.spent, band.best.value if band.best.low is None else getattr(band.best, edge))
                for band in middle
            ]
            trace = _staircase(bounds, end, style, 0, hover=f"{style.name}, 95 %")
            yield trace.update(fill=fill, fillcolor=_translucent(style.colour))
    thick = _staircase([(band.spent, band.best.value) for band in middle], end, style, 3, hover=style.name)
    yield thick.update(showlegend=True)


def _staircase(
    points: Sequence[tuple[float, float | None]],
    end: float,
    style: _Style,
    width: int,
    *,
    hover: str,
    opacity: float = 1.0,
) -> go.Scatter:
    """Each value holds until the next, and the last one a little longer, so that it is seen."""
    points = [*points, *((end, value) for _, value in points[-1:])]
    line = {"color": style.colour, "width": width, "shape": "hv", "dash": style.dash}
    x, y = [x for x, _ in points], [y for _, y in points]
    return go.Scatter(x=x, y=y, mode="lines", line=line, opacity=opacity, name=hover, showlegend=False)


def _colours(report: ComparisonReport) -> dict[str, str]:
    names = dict.fromkeys(row.name for row in report.methods)
    return {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}


def _translucent(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.12)"


def _styled(figure: go.Figure, title: str, legend: str, *, names: bool) -> go.Figure:
    return figure.update_layout(
        template="simple_white",
        title={"text": title, "font": {"size": 16}, "subtitle": {"text": legend}},
        width=_WIDTH,
        height=_HEIGHT,
        showlegend=names,
        legend={"orientation": "h", "y": -0.25},
        margin={"l": 70, "r": 20, "t": 80, "b": 60},
    )


def save(report: ComparisonReport, folder: Path) -> list[str]:
    """Write every figure of a comparison: see :func:`write`."""
    return write(list(figures(report)), folder, "compare again")


def write(drawn: Sequence[tuple[str, go.Figure]], folder: Path, again: str) -> list[str]:
    """Write figures, each as an interactive page and as static pictures (SVG and PNG).

    Nothing is loaded from a network: plotly's script lies beside the pages.

    Args:
        drawn: Figures with the stems of their files.
        folder: Where they go.
        again: What to do once a browser is there.

    Returns:
        The names of the SVG files.

    Raises:
        RewardsmithError: Chrome or Chromium, which draws the static pictures, is missing or fails;
            the pages are there all the same.
    """
    for stem, figure in drawn:
        figure.write_html(folder / f"{stem}.html", include_plotlyjs="directory")
    pictures = [
        {"fig": figure, "path": folder / f"{stem}.{kind}", "opts": {"format": kind, "scale": scale}}
        for stem, figure in drawn
        for kind, scale in (("svg", 1), ("png", 2))
    ]
    try:
        kaleido.write_fig_from_object_sync(pictures, kopts={"mathjax": False})
    except (ChromeNotFoundError, BrowserFailedError, BrowserClosedError) as error:
        raise RewardsmithError(
            "static pictures need Chrome or Chromium, and it did not work "
            f"({str(error).splitlines()[0]}). The interactive pages are in {folder}. Install a "
            f"browser (Debian: `apt-get install chromium`, else `plotly_get_chrome`), then {again}."
        ) from error
    return [f"{stem}.svg" for stem, _ in drawn]
