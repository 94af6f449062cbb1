"""The figure of a tuning: every setting's score over its most important numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rewardsmith.shown import html, one_line
from rewardsmith.tuning.folder import Setting
from rewardsmith.tuning.numbers import Number

_COLUMNS, _MOST = 3, 6
_HEIGHT, _WIDTH = 280, 1000
_STATES = {"SCORED": ("#0072b2", "trained to the end"), "EVICTED": ("#bbbbbb", "ended early, last score")}


def figure(
    settings: Sequence[Setting], numbers: Sequence[Number], importance: Mapping[str, float]
) -> go.Figure:
    """Small pictures side by side, the most important number first; a line where it was written."""
    shown = sorted(numbers, key=lambda one: -importance.get(one.name, 0.0))[:_MOST]
    rows = -(-len(shown) // _COLUMNS)
    titles = [html(one_line(number.name, 34)) for number in shown]
    drawn = make_subplots(rows=rows, cols=min(_COLUMNS, len(shown)), subplot_titles=titles, shared_yaxes=True)
    for place, number in enumerate(shown):
        row, column = place // _COLUMNS + 1, place % _COLUMNS + 1
        for state, (colour, label) in _STATES.items():
            points = [
                (abs(setting.values[number.name]), setting.last_score)
                for setting in settings
                if setting.state == state and setting.last_score is not None
            ]
            drawn.add_trace(
                go.Scatter(
                    x=[x for x, _ in points], y=[y for _, y in points], mode="markers", name=label,
                    marker_color=colour, showlegend=not place,
                ),
                row, column,
            )  # fmt: skip
        drawn.update_xaxes(type="log", row=row, col=column)
        cell: dict[str, Any] = {"row": row, "col": column}  # which plotly's own types take for words
        drawn.add_vline(abs(number.value), line_dash="dot", line_color="#888888", **cell)
    drawn.update_yaxes(title_text="true score", col=1)
    drawn.update_layout(
        template="plotly_white", width=_WIDTH, height=_HEIGHT * rows + 80, legend_orientation="h",
        legend_y=-0.25 / rows,
    )  # fmt: skip
    return drawn
