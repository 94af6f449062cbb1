"""``rewardsmith inspect STUDY [CANDIDATE]``: what a search found."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from tyro.conf import Positional

from rewardsmith.admission import check_prints
from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.calls_view import conversations, refused_drafts
from rewardsmith.cli.compare import comparison_report, show_report
from rewardsmith.cli.console import Screen, wide_screen
from rewardsmith.cli.decisions_view import decisions
from rewardsmith.cli.further_scores import further_scores
from rewardsmith.cli.lineage_tree import LineageTree
from rewardsmith.cli.output import say, warn
from rewardsmith.cli.picture import save_picture
from rewardsmith.cli.trained_view import trained_view
from rewardsmith.cli.tuned_view import setting_line, tuned_text
from rewardsmith.cli.views import (
    code,
    label,
    operator_name,
    policy_text,
    score_text,
    screening_text,
    study_view,
    usage_text,
    whole,
)
from rewardsmith.comparison import Comparison, is_comparison
from rewardsmith.drafting import surroundings
from rewardsmith.errors import RewardsmithError, StoreError, UsageError, unknown_name
from rewardsmith.feedback.feedback import gather
from rewardsmith.records import Trial
from rewardsmith.registry import TASKS
from rewardsmith.reports.lineage import as_graphml, as_node_link, line_of_descent, study_lineage
from rewardsmith.reports.summary import row, shown_state, summarise_study
from rewardsmith.reports.trained import is_trained, open_trained
from rewardsmith.shown import beginning, clean, command
from rewardsmith.study import Study
from rewardsmith.tuning.folder import is_tuning, open_tuning
from rewardsmith.tuning.numbers import find_numbers

_FORMATS = {".graphml": as_graphml, ".json": as_node_link}


@dataclass(frozen=True)
class InspectOptions:
    """Show a study, one candidate of it, a comparison, or what `train` made."""

    study: Positional[Path]
    """Folder of a study, of a comparison or of a `train`."""
    candidate: Positional[str] = ""
    """Its id, such as c003, or `best`; without it the whole study."""
    diff: str = ""
    """Another candidate, to compare the code with."""
    calls: bool = False
    """With a candidate: also print all prompts and replies."""
    json: bool = False
    """Print JSON: every candidate with id, parents, operator, state, score and source."""
    tree: bool = False
    """Print who comes from whom, one line per candidate; several
    parents: below the first, the others named."""
    decisions: bool = False
    """Print what the search decided to spend its trainings on, and why."""
    svg: Path | None = None
    """Also draw what is printed as a picture into this file."""
    lineage: Path | None = None
    """Also write who comes from whom into this file, as a graph: .graphml
    (Gephi, yEd, networkx) or .json (networkx, D3)."""


def run(arguments: list[str]) -> int:
    """Print the study or the candidate."""
    options = parse(InspectOptions, "inspect", arguments)
    _check(options)
    if is_comparison(options.study) or is_trained(options.study) or is_tuning(options.study):
        _show_other(options)
        return 0
    with Study.open(options.study) as study:
        _warn_of_forged(study)
        if options.candidate:
            _show_candidate(study, options)
        elif options.decisions:
            say("\n".join(decisions(study)) or "nothing was decided yet")
        elif options.json:
            print_json(summarise_study(study))
        else:
            _show_study(study, options)
    return 0


def _check(options: InspectOptions) -> None:
    """Refuse flags that do not go together, before anything is read or printed."""
    if options.diff and not options.candidate:
        raise UsageError(
            "--diff compares one candidate with another; name it, such as: inspect STUDY best --diff c000"
        )
    if options.calls and (not options.candidate or options.json or options.diff):
        raise UsageError("--calls shows the calls of one candidate, such as: inspect STUDY best --calls")
    whole = {
        "--decisions": options.decisions,
        "--tree": options.tree,
        "--svg": options.svg,
        "--lineage": options.lineage,
    }
    for flag in (flag for flag, given in whole.items() if given):
        if options.candidate:
            raise UsageError(f"{flag} shows the whole study; leave the candidate out.")
        if options.json:
            raise UsageError(
                f"{flag} and --json do not go together; call inspect once with each. For programs: "
                "--lineage FILE.json"
            )
    if options.svg and options.svg.suffix != ".svg":
        raise UsageError(f"--svg is {str(options.svg)!r}; give a file that ends in .svg.")
    if options.lineage and options.lineage.suffix not in _FORMATS:
        raise UsageError(
            f"--lineage is {str(options.lineage)!r}; give a file that ends in {' or '.join(_FORMATS)}."
        )


def _show_other(options: InspectOptions) -> None:
    """A comparison, or a folder of ``train`` or ``tune``: there are no candidates in it."""
    given = {
        options.candidate: options.candidate,
        "--diff": options.diff,
        "--calls": options.calls,
        "--tree": options.tree,
        "--lineage": options.lineage,
    }
    for flag in (flag for flag, value in given.items() if value):
        raise UsageError(f"{flag} belongs to a study, and {options.study} is none; leave it out.")
    if is_comparison(options.study):
        _show_comparison(options)
        return
    if is_tuning(options.study):
        _show_tuning(options)
        return
    trained = open_trained(options.study)
    if options.json:
        print_json(trained)
        return
    screen = Screen()
    view = trained_view(trained, plain=not screen.is_terminal and not options.svg)
    screen.print(view, crop=screen.is_terminal)
    if options.svg:
        save_picture(view, options.svg)
        say(f"wrote {options.svg}")


def _show_tuning(options: InspectOptions) -> None:
    """All settings, and what came of them, as far as it is."""
    if options.svg:
        raise UsageError("--svg belongs to a study; the figure of a tuning lies in its folder.")
    tuning, settings, tuned = open_tuning(options.study)
    if options.json:
        print_json(tuned or settings)
        return
    say("\n".join(setting_line(setting) for setting in settings if setting.fresh is None))
    unfinished = "not at its end; the same `tune` goes on"
    say(tuned_text(tuned, find_numbers(tuning.source)) if tuned else unfinished)


def _show_comparison(options: InspectOptions) -> None:
    """The report of a comparison, as far as it is."""
    if options.svg:
        raise UsageError("--svg belongs to a study; the figures of a comparison lie in its folder.")
    comparison = Comparison.open(options.study)
    if not comparison.studies and (report := options.study / "report.md").is_file():
        raise UsageError(
            f"the searches of {options.study} are not here, only what came of them: see {report}."
        )
    if not comparison.studies:
        raise UsageError(f"no search of {options.study} has begun. {comparison.unfinished}")
    found = comparison_report(comparison.studies, comparison.unfinished)
    print_json(found) if options.json else show_report(found, None, Screen())
    if not options.json:
        say(f"its studies: {', '.join(map(str, comparison.studies))}")


def _show_study(study: Study, options: InspectOptions) -> None:
    summary, winner = summarise_study(study), study.winner
    source = winner.candidate.source if winner else ""
    view = (
        LineageTree(summary)
        if options.tree
        else study_view(summary, source, plain=not Screen().is_terminal and not options.svg)
    )
    screen = wide_screen() if options.tree else Screen()
    screen.print(view, crop=screen.is_terminal)
    if options.svg:
        save_picture(view, options.svg)
        say(f"wrote {options.svg}")
    if options.lineage:
        _save_lineage(study, options.lineage)
        say(f"wrote {options.lineage}")


def _warn_of_forged(study: Study) -> None:
    """Name a program that no other command would take: here its source is shown, and no more."""
    try:
        check_prints(study, *study.candidates)
    except StoreError as error:
        warn(f"warning: {error} Only `inspect` shows this study; scores of it say nothing.")


def _save_lineage(study: Study, path: Path) -> None:
    content = _FORMATS[path.suffix](study_lineage(study))
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RewardsmithError(
            f"cannot write {path}: {error.strerror}. Give another file with --lineage."
        ) from None


def _show_candidate(study: Study, options: InspectOptions) -> None:
    trial = _find(study, options.candidate)
    candidate = trial.candidate
    if options.json:
        print_json(row(trial, interrupted=study.interrupted))
        return
    screen = Screen()
    if options.diff:
        say(_difference(_find(study, options.diff), trial))
        return
    descent = " > ".join(map(label, line_of_descent(study.candidates, candidate.id)))
    facts = (
        shown_state(trial.state, interrupted=study.interrupted),
        operator_name(candidate.operator),
        descent,
        usage_text(study.usage_of(candidate.id)),
    )
    screen.print(Text.assemble((label(candidate.id), "bold"), *(f"  {fact}" for fact in facts)))
    screen.print(Text(clean(candidate.idea)))
    if candidate.source:
        plain = not screen.is_terminal
        screen.print(whole(candidate.source) if plain else code(candidate.source), soft_wrap=plain)
    if trial.run and trial.run.start:
        screen.print(f"its training began from the policy of {label(trial.run.start)}")
    if candidate.screening:
        screen.print(screening_text(candidate.screening))
    if trial.final:
        name = study.config.task
        known = surroundings(study, TASKS.load(name) if name in TASKS.names() else None)
        screen.print(Text(clean(gather(trial, known).text)), soft_wrap=True)
    calls = [call for call in study.store.calls() if call.candidate == candidate.id]
    for text in (*refused_drafts(calls), *(conversations(calls) if options.calls else ())):
        screen.print(Text(f"\n{clean(text)}"), soft_wrap=True)
    if options.calls and not calls:
        screen.print(Text(f"{study.config.writer}: no calls are recorded for {label(candidate.id)}"))
    for line in further_scores(study, trial):
        screen.print(Text(line))
    if trial.run and trial.run.policy:
        screen.print(Text(f"policy: {policy_text(study, trial.run)}"), soft_wrap=True)


def _difference(old: Trial, new: Trial) -> str:
    """The lines that differ, below both names with what became of each."""
    before, after = (clean(beginning(t.candidate.source)).splitlines() for t in (old, new))
    names = [f"{label(t.id)}  {score_text(t.score) if t.score else label(t.state)}" for t in (old, new)]
    lines = list(difflib.unified_diff(before, after, names[0], names[1], lineterm=""))
    return "\n".join(lines or [f"--- {names[0]}", f"+++ {names[1]}", "the code is the same"])


def _find(study: Study, name: str) -> Trial:
    winner = study.winner
    found = winner if name == "best" else study.trial(name)
    if name == "best" and found is None:
        raise UsageError(
            f"no candidate of {study.folder} has a score yet, so none is best. "
            f"Name one, such as: {command('inspect', study.folder, 'c000')}"
        )
    if found is None:
        raise unknown_name(
            "candidate", name, [candidate.id for candidate in study.candidates] + (["best"] if winner else [])
        )
    return found
