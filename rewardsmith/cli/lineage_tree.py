"""The lineage of a study as a tree."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text
from rich.tree import Tree

from rewardsmith.cli.states import state_text
from rewardsmith.cli.views import MOST_ROWS, earlier, label, operator_name
from rewardsmith.reports.summary import CandidateRow, StudySummary
from rewardsmith.shown import number, one_line

_GUIDE = 4  # columns of one level's guide lines
_IDEA = 1000  # characters at most: more than any terminal is wide
_FACTS = 40  # columns kept free for what stands on a line beside the idea


@dataclass(frozen=True)
class LineageTree:
    """One line per candidate, below its first parent, in the order of proposal.

    The first parent is the one that the operator shows first; other parents are named in the line.
    Deeper than the width allows, a candidate stands beside its parent instead, and names it too.
    """

    summary: StudySummary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        summary = self.summary
        yield _line(
            Text(f"{label(summary.task)} · {label(summary.strategy)} · seed {summary.seed}", style="bold")
        )
        if not summary.candidates:
            yield _line(Text("no candidates yet", style="dim"))
            return
        yield _grow(summary, max(1, (options.max_width - _FACTS) // _GUIDE))
        if left := earlier(summary.candidates):
            yield _line(Text(left, style="dim"))
        yield _line(
            Text(
                "each below its first parent; score: true score of held-out episodes; *: the best",
                style="dim",
            )
        )


@dataclass(frozen=True)
class _Branch:
    """Where a candidate's children go."""

    tree: Tree
    depth: int
    owner: str | None
    """The candidate whose line stands above; an ancestor where
    the candidate itself stands too deep."""


def _grow(summary: StudySummary, levels: int) -> Tree:
    ground = _Branch(Tree("", hide_root=True, guide_style="dim"), 0, None)
    branches: dict[str, _Branch] = {}
    # parents come before their children: they were proposed earlier
    for row in summary.candidates[-MOST_ROWS:]:
        parents = list(dict.fromkeys(row.parents))
        branch = branches.get(parents[0], ground) if parents else ground
        named = [parent for parent in parents if parent != branch.owner]
        origin = f"({'also ' * (named != parents)}from {', '.join(map(label, named))})" if named else ""
        line = branch.tree.add(_describe(row, origin, best=row.id == summary.marked))
        branches[row.id] = _Branch(line, branch.depth + 1, row.id) if branch.depth < levels else branch
    return ground.tree


def _describe(row: CandidateRow, origin: str, *, best: bool) -> Text:
    text = Text(label(row.id), style="")
    text.append(f" {operator_name(row.operator)}", style="cyan")
    if row.state != "SCORED":
        text.append(" ").append_text(state_text(row.state))
    if row.score is not None:
        text.append(f" {number(row.score)}{' *' * best}", style="bold green" if best else "")
    if origin:
        text.append(f" {origin}", style="dim")
    return _line(text.append(f"  {one_line(row.idea, _IDEA)}", style="dim"))


def _line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    text.rstrip()
    return text
