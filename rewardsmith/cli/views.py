"""Studies as rich tables. Text that a model wrote is escaped and never interpreted."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from rewardsmith.records import Screening
from rewardsmith.reports.summary import CandidateRow, FinalRow, StudySummary
from rewardsmith.usage import Usage

STATE_STYLES = {
    "SCORED": "green", "ACCEPTED": "cyan", "PROPOSED": "dim", "REJECTED": "yellow", "DIVERGED": "red", "CRASHED": "red", "TIMED_OUT": "red",
    "EVICTED": "yellow", "DROPPED": "yellow",
}  # fmt: skip
_UNBLAMED = ("SCORED", "EVICTED")
"""States whose reason is not a fault; that of an eviction stands with its candidate."""
_BAR = 10
_LEGEND = "true score: deterministic policy, held-out episodes, ± standard error; training: success while exploring, last epochs"


def study_view(summary: StudySummary, source: str) -> RenderableType:
    """The whole result: candidates, the best reward's code, the comparison, the bill."""
    title = f"[bold]{summary.task}[/] · {summary.strategy} · seed {summary.seed}"
    parts: list[RenderableType] = [
        Text.from_markup(title),
        Text(summary.notice, style="italic dim"),
        candidate_table(summary.candidates, summary.best),
    ]
    if source:
        parts.append(Panel(code(source), title=f"best reward: {summary.best}", title_align="left", border_style="green"))
    if summary.finals:
        parts.append(final_table(summary.finals))
    parts.append(Text(bill(summary), style="dim"))
    return Group(*parts)


def candidate_table(rows: Sequence[CandidateRow], best: str | None) -> RenderableType:
    """One line per candidate, and the reasons of those that failed."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "from", "by", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column("true score", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("training", justify="right", no_wrap=True)
    for row in rows:
        state = f"[{STATE_STYLES[row.state]}]{row.state}[/]"
        name = f"[bold green]{row.id} *[/]" if row.id == best else row.id
        success = "" if row.training_success is None else f"{row.training_success:.2f}"
        table.add_row(name, _parents(row), operator_name(row.operator), state, _score(row), bar(row.score), success)
    reasons = [Text(f"{row.id} {row.state}: {row.reason}", style="yellow") for row in rows if row.reason and row.state not in _UNBLAMED]
    note = Text(_LEGEND, style="dim")
    return Group(table, note, *reasons)


def final_table(rows: Sequence[FinalRow]) -> RenderableType:
    """The winner beside the baselines."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("reward", "true score", "", "per seed"):
        table.add_column(name)
    for row in rows:
        each = "  ".join(state if score is None else f"{score:.3f}" for score, state in zip(row.scores, row.states, strict=True))
        table.add_row(row.reward.replace("best:", "best, "), "-" if row.mean is None else f"{row.mean:.3f}", bar(row.mean), each)
    return Group(Text("Trained again on fresh seeds with the same budget, scored on fresh episodes:"), table)


def code(source: str) -> Syntax:
    """A program with colours."""
    return Syntax(source.strip(), "python", theme="ansi_dark", background_color="default", word_wrap=True)


def bar(score: float | None) -> str:
    """A bar for a score between 0 and 1."""
    if score is None:
        return ""
    full = round(min(max(score, 0.0), 1.0) * _BAR)
    return f"[green]{'━' * full}[/][dim]{'─' * (_BAR - full)}[/]"


def bill(summary: StudySummary) -> str:
    """What was spent, in one line."""
    totals = summary.totals
    return (
        f"{totals.candidates} candidates, {totals.trainings} trainings, {totals.env_steps:,} environment steps, "
        f"{totals.training_s:.0f} s of training; {usage_text(totals.usage)}"
    )


def usage_text(usage: Usage) -> str:
    """Calls, tokens and money; an unknown price is said to be unknown."""
    if not usage.calls:
        return "no language-model calls"
    price = "price unknown" if usage.usd is None else f"{usage.usd:.4g} USD"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} of reasoning)" if usage.reasoning_tokens else ""
    lost = f", and {usage.unmetered} call{'s' * (usage.unmetered > 1)} without a count, perhaps charged" if usage.unmetered else ""
    tokens = f"{usage.prompt_tokens:,}{cached} + {usage.completion_tokens:,}{thought} tokens"
    return f"{usage.calls} language-model calls, {tokens}, {price}{lost}"


def screening_text(screening: Screening) -> str:
    """What was known before the training."""
    known = {"outcome": screening.outcome, "progress": screening.progress}
    parts = [f"{name} {value:.2f}" for name, value in known.items() if value is not None]
    twin = f"; most like {screening.twin} (correlation {screening.similarity:.3f})" if screening.similarity is not None else ""
    return f"screening on {screening.episodes} earlier episodes, 0.5 is chance: {', '.join(parts) or 'nothing to tell apart'}{twin}"


def operator_name(operator: str) -> str:
    """An operator in few letters."""
    return operator.removeprefix("tree_").replace("_", " ")


def _parents(row: CandidateRow) -> str:
    more = f" +{len(row.parents) - 1}" if len(row.parents) > 1 else ""
    return row.parents[0] + more if row.parents else "-"


def _score(row: CandidateRow) -> str:
    if row.state == "EVICTED":
        return f"{row.rungs[-1].score.mean:.3f} at {row.rungs[-1].env_steps:,} steps"
    return "-" if row.score is None else f"{row.score:.3f} ± {row.standard_error:.3f}"
