"""``rewardsmith compare``: strategies on one task under equal budgets, or studies that exist."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import tyro
from rich.markdown import Markdown
from rich.text import Text
from tyro.conf import Positional, Suppress

from rewardsmith.admission import check_prints
from rewardsmith.cli.agreement import agree_to_own, agreed_file
from rewardsmith.cli.arguments import check_words, free_folder, parse, print_json, value_of
from rewardsmith.cli.console import Screen
from rewardsmith.cli.live import LiveObserver, PlainObserver, watch
from rewardsmith.cli.output import resumable, say, warn
from rewardsmith.cli.plan import Plan, plan, show_plan, warnings
from rewardsmith.cli.views import label
from rewardsmith.comparison import NO_HOURS, Comparison, ComparisonConfig, is_comparison
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, read_yaml
from rewardsmith.consent import place_identity, remembered, study_identity
from rewardsmith.errors import UsageError
from rewardsmith.origins import changed_origin
from rewardsmith.parts import Parts, assemble
from rewardsmith.registry import STRATEGIES, TASKS, WRITERS
from rewardsmith.reports.comparison_files import REPORT_FILE, is_report_file, write_report
from rewardsmith.reports.comparison_report import ComparisonReport, compare
from rewardsmith.reports.comparison_text import markdown
from rewardsmith.reports.fairness import method
from rewardsmith.shown import command
from rewardsmith.study import Study
from rewardsmith.task_files import is_task_file

_REFUSED = {
    "--strategy": "compare takes several strategies: --strategies eureka rf-agent",
    "--max-hours": NO_HOURS,
}


@dataclass(frozen=True)
class CommonTerms(StudyConfig):
    """A study's config whose help leaves out what a comparison refuses."""

    strategy: Suppress[str] = StudyConfig.strategy
    max_hours: Suppress[float | None] = StudyConfig.max_hours


@dataclass(frozen=True)
class CompareOptions:
    """Compare strategies on one task: equal budgets, equal seeds, winners trained again.

    Or name studies: `compare STUDY...`.
    """

    study: Annotated[CommonTerms, tyro.conf.arg(name="")]
    strategies: tuple[str, ...] = ("eureka", "revolve", "rf-agent", "random")
    """Names, each perhaps with a preset behind a colon, such as `rf-agent:paper`."""
    repeats: int = 5
    """Searches per strategy, with seeds that follow one another; below 5 no intervals are given."""
    out: Path | None = None
    """Folder of the comparison; it must be new. Without it: the next free one under runs/."""
    config: Path | None = None
    """YAML file with the same keys as the flags of `search`; flags win."""
    dry_run: bool = False
    """Show the plan of one search, what all take together, and the first prompt; spend nothing."""
    trust_endpoint: bool = False
    """Where `--config` lies in a study: accept the address, the key's
    variable or file and the model that it names."""


@dataclass(frozen=True)
class CompareStudiesOptions:
    """Compare studies that exist."""

    studies: Positional[tuple[Path, ...]]
    """Folders of studies, or of comparisons."""
    out: Path | None = None
    """Folder for the report: Markdown, CSV, JSON and figures.
    Without it the report is only shown."""
    json: bool = False
    """Print the report as JSON."""


def run(arguments: list[str]) -> int:
    """Compare, then show the report."""
    first = arguments[0] if arguments else ""
    if first and not is_task_file(first) and (Path(first).is_dir() or "/" in first):
        return _compare_existing(parse(CompareStudiesOptions, "compare", arguments))
    for flag, why_not in _REFUSED.items():
        if value_of(flag, arguments) is not None:
            raise UsageError(why_not)
    config_file = value_of("--config", arguments)
    defaults = _defaults(config_file)
    trainer = defaults.study.trainer if defaults else StudyConfig.trainer
    options = parse(CompareOptions, "compare", arguments, defaults, trainer)
    terms = {**vars(options.study), "task": TASKS.named(options.study.task)}
    config = ComparisonConfig(StudyConfig(**terms), options.strategies, options.repeats)
    check_words(config)
    check_words(options.out or Path("runs"), "--out")
    names = [(STRATEGIES, name.partition(":")[0]) for name in config.strategies]
    for registry, name in ((TASKS, config.study.task), (WRITERS, config.study.writer), *names):
        registry.check(name)
    searches = config.repeats * len(config.strategies)
    study = agreed_file(config.study, config_file, arguments, trust=options.trust_endpoint, searches=searches)
    config = dataclasses.replace(config, study=study)
    folder = options.out or free_folder(f"{study.task}-comparison")
    for warning in _check(config, folder, dry=options.dry_run):
        warn(f"warning: {warning}")
    if options.dry_run:
        _plan(config, folder)
        return 0
    comparison = Comparison.create(folder, config)
    agree_to_own(place_identity(comparison.folder), study, searches)
    return carry_on(comparison)


def _check(config: ComparisonConfig, folder: Path, *, dry: bool) -> list[str]:
    """Refuse wrong options and missing keys of every strategy before anything is made.

    Returns:
        What should be known before it begins, each thing once.
    """
    config.check()
    found: dict[str, None] = {}
    for search in islice(config.searches(), len(config.strategies)):
        with closing(assemble(search, folder, dry=dry)) as parts:
            found |= dict.fromkeys(warnings(search, parts))
    return list(found)


def _plan(config: ComparisonConfig, folder: Path) -> None:
    """Print the plan of one search, and what all take together."""
    searches = list(config.searches())
    plans: list[Plan] = []
    for search in islice(searches, len(config.strategies)):
        with closing(assemble(search, folder, dry=True)) as parts:
            plans.append(plan(search, parts))
    say(
        f"{len(searches)} searches, {config.repeats} each of {', '.join(config.strategies)}; the plan "
        "of one of them:"
    )
    with closing(assemble(searches[0], folder, dry=True)) as parts:
        show_plan(searches[0], parts, together=plans * config.repeats)


def carry_on(comparison: Comparison) -> int:
    """Run what is left of a comparison, then write and show its report."""
    screen = Screen()

    def observe(study: Study, parts: Parts, place: str) -> LiveObserver | PlainObserver:
        screen.print(f"search {place}: {label(method(study))}, seed {study.config.seed}")
        identity = study_identity(study.identity, study.folder)
        if remembered(identity) is None:
            agree_to_own(identity, study.config)
        if changed := changed_origin(study.store, parts.task):
            warn(f"warning: {study.folder}: {changed}")
        return watch(study, parts.settings.env_steps, screen)

    with resumable(comparison.folder, "comparison"):
        screen.print(f"comparison {comparison.folder}", soft_wrap=True)
        way = command("resume", comparison.folder)
        screen.print(f"Ctrl-C stops it, and `{way}` goes on", style="dim", soft_wrap=True)
        comparison.carry_out(observe)
        show_report(comparison_report(comparison.studies, comparison.unfinished), comparison.folder, screen)
    return 0


def _compare_existing(options: CompareStudiesOptions) -> int:
    folders: dict[Path, Path] = {}
    notes: list[str] = []
    for folder in options.studies:
        comparison = Comparison.open(folder) if is_comparison(folder) else None
        notes += [comparison.unfinished] if comparison else []
        for study in comparison.studies if comparison else [folder]:
            folders.setdefault(study.resolve(), study)  # named twice, it counts once
    if options.out:
        _check_report_folder(options.out)
    report = comparison_report(list(folders.values()), " ".join(filter(None, notes)))
    if options.json:
        print_json(report)
    else:
        show_report(report, options.out, Screen())
    return 0


def comparison_report(folders: Sequence[Path], note: str) -> ComparisonReport:
    """The report on studies, whose programs must be prints of their sources."""
    with ExitStack() as stack:
        studies = [stack.enter_context(Study.open(folder)) for folder in folders]
        for study in studies:
            check_prints(study, *study.candidates)
        return compare(studies, note)


def _check_report_folder(folder: Path) -> None:
    """A report may take the place of an earlier one, and of nothing else."""
    if folder.exists() and not (folder.is_dir() and all(map(is_report_file, folder.iterdir()))):
        raise UsageError(f"{folder} holds other files than a report. Give a new folder with --out.")


def show_report(report: ComparisonReport, out: Path | None, screen: Screen) -> None:
    """Print a report, and write it to a folder if there is one."""
    text = markdown(report)
    screen.print(
        Markdown(text, hyperlinks=False) if screen.is_terminal else Text(text),
        soft_wrap=not screen.is_terminal,
    )
    if out:
        if why_none := write_report(report, out):
            screen.print(why_none, style="yellow", soft_wrap=True)
        screen.print(f"report: {out / REPORT_FILE}", soft_wrap=True)


def _defaults(config_file: str | None) -> CompareOptions | None:
    """Options as the config file has them; ``None`` without one.

    A ``comparison.yaml`` holds strategies and repeats, too.
    """
    if config_file is None:
        return None
    data = read_yaml(Path(config_file))
    if "study" in data:
        whole = from_mapping(ComparisonConfig, data)
        return CompareOptions(CommonTerms(**vars(whole.study)), whole.strategies, whole.repeats)
    if "strategy" in data:
        raise UsageError(
            f"the config file {config_file} names one strategy; a comparison takes --strategies. Remove "
            "the key `strategy`."
        )
    known = CommonTerms(**vars(from_mapping(StudyConfig, {"task": "", **data})))
    return CompareOptions(known if "task" in data else dataclasses.replace(known, task=tyro.MISSING))
