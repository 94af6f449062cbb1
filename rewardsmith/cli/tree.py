"""The lineage of a study as a tree. Text that a model wrote is never interpreted."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text
from rich.tree import Tree

from rewardsmith.cli.views import STATE_STYLES, operator_name
from rewardsmith.records import State
from rewardsmith.reports.summary import CandidateRow, StudySummary

_PIPED_WIDTH = 120
_GUIDE = 4  # columns of one level's guide lines
_FACTS = 40  # columns kept free for what stands on a line beside the idea


@dataclass(frozen=True)
class LineageTree:
    """One line per candidate, below its first parent, in the order of proposal.

    The first parent is the one that the operator shows first; other parents are named in the line. Deeper than the
    width allows, a candidate stands beside its parent instead, and names it too.
    """

    summary: StudySummary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        summary = self.summary
        yield _line(Text(f"{summary.task} · {summary.strategy} · seed {summary.seed}", style="bold"))
        if not summary.candidates:
            yield _line(Text("no candidates yet", style="dim"))
            return
        yield _grow(summary, max(1, (options.max_width - _FACTS) // _GUIDE))
        yield _line(Text("each below its first parent; score: true score of held-out episodes; *: the best", style="dim"))


def terminal() -> Console:
    """A console as wide as the terminal; in a pipe always equally wide, whatever terminal is near."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPED_WIDTH)


@dataclass(frozen=True)
class _Branch:
    """Where a candidate's children go."""

    tree: Tree
    depth: int
    owner: str | None
    """The candidate whose line stands above; an ancestor where the candidate itself stands too deep."""


def _grow(summary: StudySummary, levels: int) -> Tree:
    ground = _Branch(Tree("", hide_root=True, guide_style="dim"), 0, None)
    branches: dict[str, _Branch] = {}
    for row in summary.candidates:  # parents come before their children: they were proposed earlier
        parents = list(dict.fromkeys(row.parents))
        branch = branches.get(parents[0], ground) if parents else ground
        named = [parent for parent in parents if parent != branch.owner]
        origin = f"({'also ' * (named != parents)}from {', '.join(named)})" if named else ""
        line = branch.tree.add(_describe(row, origin, best=row.id == summary.best))
        branches[row.id] = _Branch(line, branch.depth + 1, row.id) if branch.depth < levels else branch
    return ground.tree


def _describe(row: CandidateRow, origin: str, *, best: bool) -> Text:
    text = Text(row.id, style="")
    text.append(f" {operator_name(row.operator)}", style="cyan")
    if row.state != State.SCORED:
        text.append(f" {row.state}", style=STATE_STYLES[row.state])
    if row.score is not None:
        text.append(f" {row.score:.3f}{' *' * best}", style="bold green" if best else "")
    if origin:
        text.append(f" {origin}", style="dim")
    return _line(text.append(f"  {one_line(row.idea)}", style="dim"))


def one_line(text: str) -> str:
    """A model's text without line breaks, control and other invisible characters."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    text.rstrip()
    return text
