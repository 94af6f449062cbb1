"""Studies as rich tables.

Whatever a study holds may be forged: every cell is a clean :class:`rich.text.Text`, no markup.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from rewardsmith.cli.origin_view import origin_lines
from rewardsmith.cli.states import state_text, states
from rewardsmith.contracts import NATIVE
from rewardsmith.records import Run, Score, Screening
from rewardsmith.reports.advice import baselines_known
from rewardsmith.reports.models import in_words
from rewardsmith.reports.spent import Totals
from rewardsmith.reports.summary import CandidateRow, FinalistRow, FinalRow, StudySummary
from rewardsmith.shown import beginning, clean, command, count, number, one_line
from rewardsmith.study import Study
from rewardsmith.usage import Usage

_UNBLAMED = ("SCORED", "EVICTED")
"""States whose reason is not a fault; that of an eviction stands with its candidate."""
_BAR = 10
MOST_ROWS = 1000
"""Candidates that a view shows at most, the newest ones; more take
long to lay out, and nobody reads them."""
_NAME, _NOTE = 40, 400
"""Characters of a name in a table and of a reason below it, at most. The record has the rest."""
LEGEND = (
    "true score: mean of held-out episodes, without exploration, ± standard error (above 0 even at 0 of "
    "128: docs/training.md); training: the same of training episodes, with exploration, last epochs"
)
_WORTH = "worth: what the strategy compares, drawn from (so many) trainings: docs/strategies.md"
_NO_BEST = "none is marked as the best: no true score is more than two standard errors from zero"


def study_view(summary: StudySummary, source: str, *, plain: bool = False) -> RenderableType:
    """The whole result: candidates, the best reward's code, the comparison, the bill.

    Args:
        summary: Of the study.
        source: The best reward's code.
        plain: Show the code as it is, in whole lines without a frame, for another program.
    """
    parts: list[RenderableType] = [
        Text.assemble((label(summary.task), "bold"), f" · {label(summary.strategy)} · seed {summary.seed}"),
        Text(one_line(summary.notice, _NOTE), style="italic dim"),
        candidate_table(summary.candidates, summary.marked, _star(summary)),
    ]
    if len(summary.models) > 1:
        parts.insert(
            2,
            Text(f"The language model changed: {one_line(in_words(summary.models), _NOTE)}.", style="yellow"),
        )
    if source:
        name = label(summary.winner or "")
        title = f"best reward: {name}" if summary.marked else f"reward of {name}; none is the best"
        style = "green" if summary.marked else "dim"
        parts += framed(source, title, style, plain=plain)
    if summary.finalists:
        parts.append(finalist_table(summary.finalists))
    if summary.finals:
        parts.append(final_table(summary.finals, summary.marked))
    native = NATIVE in {row.reward for row in summary.finals}
    parts += origin_lines(summary.origins, native=native)
    parts.append(Text(bill(summary), style="dim"))
    if summary.winner and not summary.marked:
        parts.append(Text(_NO_BEST, style="yellow"))
    if summary.interrupted:
        way = command("resume", summary.folder)
        parts.append(Text(f"not at its end, and nothing runs. To go on: {way}", style="yellow"))
    if summary.advice:
        parts.append(Text(one_line(summary.advice), style="yellow"))
    return Group(*parts)


def _star(summary: StudySummary) -> str:
    """What the mark of the winner says."""
    if not summary.marked:
        return ""
    best = (
        "the best mean of those trained again, see below" if summary.finalists else "the best of the search"
    )
    others = " and ".join(baselines_known(summary.task))
    metric = f"; in a metric no number means failure, so compare it with {others}"
    return f"*: {best}{metric if summary.has_metric else ''}"


def candidate_table(rows: Sequence[CandidateRow], best: str | None, star: str = "") -> RenderableType:
    """One line per candidate, and the reasons of those that failed.

    Args:
        rows: The candidates.
        best: The one that is marked.
        star: What the mark says.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("id", "from", "by", "state"):
        table.add_column(column, no_wrap=True)
    table.add_column("true score", justify="right", no_wrap=True)
    shown = rows[-MOST_ROWS:]
    doubted = any(row.posterior or row.confirmed for row in shown)
    if doubted:
        table.add_column("worth (of)", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("training", justify="right", no_wrap=True)
    carried = any(row.start for row in shown)
    if carried:
        table.add_column("began from", no_wrap=True)
    for row in shown:
        identity = Text(f"{label(row.id)} *", style="bold green") if row.id == best else Text(label(row.id))
        success = "" if row.training_success is None else number(row.training_success, 2)
        texts = map(
            Text, (_parents(row), operator_name("person" if row.origin == "person" else row.operator))
        )
        worth = [Text(_worth(row))] if doubted else []
        began = [Text(label(row.start.partition("-")[0]) or "scratch")] if carried else []
        cells = (state_text(row.state), Text(_score(row)), *worth, bar(row.score), Text(success), *began)
        table.add_row(identity, *texts, *cells)
    lines = (earlier(rows), star, LEGEND, _WORTH if doubted else "", states(shown))
    notes = [Text(line, style="dim") for line in lines if line]
    return Group(table, *notes, *(_reason(row) for row in shown if row.reason and row.state not in _UNBLAMED))


def score_text(score: Score) -> str:
    """A score with its error, and who gave it."""
    return (
        f"{number(score.mean, 3)} ± {number(score.standard_error, 3)} over {score.episodes} episodes "
        f"({label(score.scorer)})"
    )


def policy_text(study: Study, run: Run) -> str:
    """Where the policy of a run is; a study may be sent around without these large files."""
    if study.policy_path(run).is_file():
        return str(study.folder / run.policy)
    return "its file is not here; it was not shipped with the study, or it was removed"


def earlier(rows: Sequence[CandidateRow]) -> str:
    """How many candidates a view leaves out; else nothing."""
    left = len(rows) - MOST_ROWS
    return f"{count(left)} earlier ones are not shown; `inspect --json` has all" if left > 0 else ""


def _reason(row: CandidateRow) -> Text:
    return Text(f"{label(row.id)} {label(row.state)}: {one_line(row.reason, _NOTE)}", style="yellow")


def finalist_table(rows: Sequence[FinalistRow]) -> RenderableType:
    """Who might have won."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("id", "in the search", "trained again"):
        table.add_column(column)
    for row in rows:
        each = "  ".join(map(number, row.fresh_scores)) or "failed"
        table.add_row(
            Text(label(row.id)),
            Text("-" if row.search_score is None else number(row.search_score)),
            Text(each),
        )
    return Group(
        Text("The best of the search, trained again on fresh seeds; the best mean of these won:"), table
    )


def final_table(rows: Sequence[FinalRow], best: str | None) -> RenderableType:
    """The winner beside the baselines."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("reward", "true score", "", "per seed"):
        table.add_column(column)
    for row in rows:
        runs = zip(row.scores, row.states, strict=True)
        each = "  ".join(label(state) if score is None else number(score) for score, state in runs)
        name = f"best, {row.reward}" if row.reward == best else row.reward
        table.add_row(Text(label(name)), Text(number(row.mean)), bar(row.mean), Text(each))
    return Group(Text("Trained again on fresh seeds with the same budget, scored on fresh episodes:"), table)


def framed(source: str, title: str, style: str, *, plain: bool) -> list[RenderableType]:
    """A program below its title; in a pipe without anything around it."""
    if plain:
        return [Text(title), whole(source)]
    return [Panel(code(source), title=Text(title), title_align="left", border_style=style)]


def whole(source: str) -> Text:
    """A program as it is, for a pipe: no line is broken."""
    return Text(clean(beginning(source)).strip(), no_wrap=True, overflow="ignore")


def code(source: str) -> Syntax:
    """A program with colours."""
    return Syntax(
        clean(beginning(source)).strip(),
        "python",
        theme="ansi_dark",
        background_color="default",
        word_wrap=True,
    )


def bar(score: float | None) -> Text:
    """A bar for a score between 0 and 1; none where there is no such number."""
    if score is None or math.isnan(score):
        return Text()
    full = round(min(max(score, 0.0), 1.0) * _BAR)
    return Text.assemble(("━" * full, "green"), ("─" * (_BAR - full), "dim"))


def label(text: str) -> str:
    """An id, or a name of anything, on one line that leaves room for others."""
    return one_line(text, _NAME)


def bill(summary: StudySummary) -> str:
    """What was spent, and what of it until the winner's level was first reached."""
    lines = [_spent(summary.totals)]
    if summary.price and summary.marked:
        reached = label(summary.price.candidate)
        lines.append(f"until {reached} first reached the winner's level: {_spent(summary.price.spent)}")
    return "\n".join(lines)


def _spent(totals: Totals) -> str:
    parts = {"confirming scores": totals.confirming, "with other numbers": totals.tuning}
    told = ", ".join(f"{count(number)} of them {what}" for what, number in parts.items() if number)
    further = f" ({told})" if told else ""
    return (
        f"{count(totals.candidates)} candidates, {count(totals.trainings)} trainings{further}, "
        f"{count(totals.env_steps)} environment steps, "
        f"{number(totals.training_s, 0)} s of training; {usage_text(totals.usage)}"
    )


def usage_text(usage: Usage) -> str:
    """Calls, tokens and money; an unknown price is said to be unknown."""
    if not usage.calls:
        return "no language-model calls"
    price = "price unknown" if usage.usd is None else f"{usage.usd:.4g} USD"
    cached = f" ({count(usage.cached_tokens)} cached)" if usage.cached_tokens else ""
    thought = f" ({count(usage.reasoning_tokens)} of reasoning)" if usage.reasoning_tokens else ""
    lost = (
        f", and {count(usage.unmetered)} call{'s' * (usage.unmetered != 1)} without a count, perhaps charged"
        if usage.unmetered
        else ""
    )
    tokens = f"{count(usage.prompt_tokens)}{cached} + {count(usage.completion_tokens)}{thought} tokens"
    return f"{count(usage.calls)} language-model calls, {tokens}, {price}{lost}"


def screening_text(screening: Screening) -> str:
    """What was known before the training."""
    known = {"outcome": screening.outcome, "progress": screening.progress}
    parts = [f"{what} {number(value, 2)}" for what, value in known.items() if value is not None]
    twin = (
        f"; most like {label(screening.twin)} (correlation {number(screening.similarity)})"
        if screening.similarity is not None
        else ""
    )
    return (
        f"screening on {count(screening.episodes)} earlier episodes, 0.5 is chance: "
        f"{', '.join(parts) or 'nothing to tell apart'}{twin}"
    )


def operator_name(operator: str) -> str:
    """An operator in few letters."""
    return label(operator.removeprefix("tree_").replace("_", " "))


def _parents(row: CandidateRow) -> str:
    more = f" +{len(row.parents) - 1}" if len(row.parents) > 1 else ""
    return label(row.parents[0]) + more if row.parents else "-"


def _score(row: CandidateRow) -> str:
    if row.state == "EVICTED" and row.rungs:
        return f"{number(row.rungs[-1].score.mean)} at {count(row.rungs[-1].env_steps)} steps"
    if row.score is None:
        return "-"
    return f"{number(row.score)} ± {number(row.standard_error)}"


def _worth(row: CandidateRow) -> str:
    """What a strategy hears instead of the score, with the trainings behind it."""
    if row.score is None:
        return ""
    worth = row.posterior.mean if row.posterior else fmean((row.score, *row.confirmed))
    return f"{number(worth)} ({1 + len(row.confirmed)})"
