"""A folder of ``train`` as a table."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rewardsmith.cli.origin_view import origin_lines
from rewardsmith.cli.views import LEGEND, bar, framed, label, state_text
from rewardsmith.contracts import NATIVE
from rewardsmith.reports.summary import last_success
from rewardsmith.reports.trained import Policy, Trained
from rewardsmith.shown import count, number, one_line

_NOTE = 400


def trained_view(trained: Trained, *, plain: bool) -> RenderableType:
    """The reward and one line for each policy; ``plain`` as in :func:`study_view`."""
    training = trained.training
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("policy", "state"):
        table.add_column(column, no_wrap=True)
    table.add_column("true score", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for column in ("training", "steps"):
        table.add_column(column, justify="right", no_wrap=True)
    for policy in trained.policies:
        table.add_row(*_cells(policy))
    title = Text.assemble((label(training.task), "bold"), f" \u00b7 {label(training.reward)} reward")
    facts = f"trainer {label(training.trainer)}, {training.device}, {count(training.env_steps)} steps each"
    parts: list[RenderableType] = [title, Text(facts, style="dim"), table]
    if not trained.policies:
        parts.append(Text("no training is at its end", style="yellow"))
    native = training.program == NATIVE
    parts += [Text(LEGEND, style="dim"), *origin_lines([training.origin], native=native)]
    parts += [
        Text(f"{label(policy.name)} {label(policy.state)}: {one_line(policy.cause, _NOTE)}", style="yellow")
        for policy in trained.policies
        if policy.cause
    ]
    if training.source:
        parts += framed(training.source, "reward", "none", plain=plain)
    return Group(*parts)


def _cells(policy: Policy) -> tuple[Text, ...]:
    score, success = policy.score, last_success(policy.progress)
    shown = "-" if score is None else f"{number(score.mean)} \u00b1 {number(score.standard_error)}"
    return (
        Text(label(policy.name)),
        state_text(policy.state),
        Text(shown),
        bar(score.mean if score else None),
        Text("" if success is None else number(success, 2)),
        Text(count(policy.env_steps)),
    )
