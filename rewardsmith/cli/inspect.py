"""``rewardsmith inspect STUDY [CANDIDATE]``: what a search found."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from tyro.conf import Positional

from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.picture import save_picture
from rewardsmith.cli.render import code, study_view, usage_text
from rewardsmith.errors import UsageError, unknown_name
from rewardsmith.feedback.reflection import reflect
from rewardsmith.records import Candidate
from rewardsmith.reports.lineage import line_of_descent
from rewardsmith.reports.summary import row, summarise_study
from rewardsmith.study import Study


@dataclass(frozen=True)
class InspectOptions:
    """Show a study, or one candidate of it."""

    study: Positional[Path]
    """Folder of the study."""
    candidate: Positional[str] = ""
    """Its id, such as c003, or `best`; without it the whole study."""
    diff: str = ""
    """Another candidate, to compare the code with."""
    json: bool = False
    """Print JSON: every candidate with id, parents, operator, state, score and source."""
    svg: Path | None = None
    """Also draw the study as a picture into this file."""


def run(arguments: list[str]) -> int:
    """Print the study or the candidate."""
    options = parse(InspectOptions, "inspect", arguments)
    if options.diff and not options.candidate:
        raise UsageError("--diff compares one candidate with another; name it, such as: inspect STUDY best --diff c000")
    if options.svg and options.candidate:
        raise UsageError("--svg draws the whole study; leave the candidate out.")
    with Study.open(options.study) as study:
        if options.candidate:
            _show_candidate(study, options)
        elif options.json:
            print_json(summarise_study(study))
        else:
            best = study.best
            view = study_view(summarise_study(study), best.source if best else "")
            Console().print(view)
            if options.svg:
                save_picture(view, options.svg)
                print(f"wrote {options.svg}")
    return 0


def _show_candidate(study: Study, options: InspectOptions) -> None:
    candidate = _find(study, options.candidate)
    if options.json:
        print_json(row(candidate))
        return
    console = Console()
    if options.diff:
        other = _find(study, options.diff)
        lines = difflib.unified_diff(other.source.splitlines(), candidate.source.splitlines(), other.id, candidate.id, lineterm="")
        console.print("\n".join(lines), markup=False, highlight=False)
        return
    descent = " > ".join(line_of_descent(study.candidates, candidate.id))
    console.print(f"[bold]{candidate.id}[/]  {candidate.state}  {candidate.operator}  {descent}  {usage_text(candidate.usage)}")
    console.print(escape(candidate.idea))
    if candidate.source:
        console.print(code(candidate.source))
    if candidate.state.final:
        console.print(reflect(candidate), markup=False, highlight=False, soft_wrap=True)
    if candidate.training and candidate.training.policy:
        console.print(f"policy: {study.folder / candidate.training.policy}", highlight=False, soft_wrap=True)


def _find(study: Study, name: str) -> Candidate:
    best = study.best
    found = best if name == "best" else study.store.candidate(name)
    if found is None:
        raise unknown_name("candidate", name, [candidate.id for candidate in study.candidates] + (["best"] if best else []))
    return found
