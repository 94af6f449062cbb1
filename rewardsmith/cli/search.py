"""``rewardsmith search TASK``: the main job."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.text import Text

from rewardsmith import runner
from rewardsmith.cache import remember_speed
from rewardsmith.cli.agreement import agree_to_own, agreed_file
from rewardsmith.cli.arguments import check_words, free_folder, parse, value_of
from rewardsmith.cli.console import Screen
from rewardsmith.cli.given import given_by
from rewardsmith.cli.live import watch
from rewardsmith.cli.output import resumable, warn
from rewardsmith.cli.plan import show_plan, warnings
from rewardsmith.cli.views import policy_text, study_view
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, read_yaml
from rewardsmith.consent import study_identity
from rewardsmith.errors import UsageError
from rewardsmith.event_replay import replay
from rewardsmith.origins import changed_origin
from rewardsmith.parts import Parts, assemble
from rewardsmith.registry import STRATEGIES, TASKS, WRITERS
from rewardsmith.reports.spent import budgeted, is_spent, totals
from rewardsmith.reports.summary import summarise_study
from rewardsmith.shown import command, one_line, quoted
from rewardsmith.study import Study


@dataclass(frozen=True)
class SearchOptions:
    """Search for a reward program whose policy does the task."""

    study: Annotated[StudyConfig, tyro.conf.arg(name="")]
    replay_from: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """Study whose recorded replies `--writer replay` gives."""
    start_from: tuple[str, ...] = ()
    """Programs that are the first candidates: files, `human`, or
    candidates of studies as STUDY/CANDIDATE."""
    out: Path | None = None
    """Folder of the study; it must be new. Without it: the next free one under runs/."""
    config: Path | None = None
    """YAML file with the same keys as the flags; flags win."""
    dry_run: bool = False
    """Show the plan and the first prompt; spend nothing."""
    trust_endpoint: bool = False
    """Where `--config` lies in a study: accept the address, the key's
    variable or file and the model that it names."""


def run(arguments: list[str]) -> int:
    """Search, then print what was found."""
    config_file = value_of("--config", arguments)
    defaults = _defaults(config_file)
    trainer = defaults.study.trainer if defaults else StudyConfig.trainer
    options = parse(SearchOptions, "search", arguments, defaults, trainer)
    config = dataclasses.replace(options.study, task=TASKS.named(options.study.task))
    if options.replay_from:
        config = dataclasses.replace(
            config, llm=dataclasses.replace(config.llm, replay=str(options.replay_from.absolute()))
        )
    check_words(config)
    check_words(options.out or Path("runs"), "--out")
    strategy, _, preset = config.strategy.partition(":")
    if preset:
        way = f"--strategy {quoted(strategy)} --strategy-options preset {quoted(preset)}"
        raise UsageError(f"--strategy is {config.strategy!r}; a search takes a preset as: {way}")
    for registry, name in ((TASKS, config.task), (STRATEGIES, config.strategy), (WRITERS, config.writer)):
        registry.check(name)
    config = agreed_file(config, config_file, arguments, trust=options.trust_endpoint)
    folder = options.out or free_folder(f"{config.task}-{config.strategy}-{config.writer}-s{config.seed}")
    if len(options.start_from) > config.candidates:
        raise UsageError(
            f"--start-from names {len(options.start_from)} programs, and --candidates is "
            f"{config.candidates}; give no more programs than candidates."
        )
    parts = assemble(config, folder, dry=options.dry_run)
    try:
        given = [given_by(name, parts.task, parts.guard) for name in options.start_from]
        if options.dry_run:
            show_plan(config, parts, [one.name for one in given])
            return 0
        with Study.create(folder, config, given) as study:
            study.store.put_value("notice", parts.writer.notice)
            agree_to_own(study_identity(study.identity, study.folder), config)
            return carry_on(study, parts)
    finally:
        parts.close()


def carry_on(study: Study, parts: Parts) -> int:
    """Run a new or resumed study to its end and show it."""
    screen = Screen()
    for warning in (*warnings(study.config, parts), changed_origin(study.store, parts.task)):
        if warning:
            warn(f"warning: {warning}")
    with resumable(study.folder, "study"):
        screen.print(f"study {study.folder}", soft_wrap=True)
        screen.print(Text(one_line(parts.writer.notice), style="italic"))
        with watch(study, parts.settings.env_steps, screen) as observer:
            runner.run(study, parts, observer)
        config, spent = study.config, totals(study)
        remember_speed(config.task, config.trainer, config.device, spent.env_steps, spent.training_s)
        _show(study, screen)
    return 0


def nothing_left(study: Study) -> bool:
    """Whether a search found something and would make nothing more, however often it is resumed."""
    if not study.finished or not study.best:
        return False
    return is_spent(study) and all(trial.final for trial in study.trials)


def show_finished(study: Study, parts: Parts) -> int:
    """Show what a study found that there is nothing left to do in, and how it could go on.

    Raises:
        StoreError: It could not go on: what is recorded does not fit its strategy.
    """
    replay(study, parts.strategy, parts.beliefs)
    screen = Screen()
    _show(study, screen)
    more = command("resume", study.folder, "--candidates", str(budgeted(study) + study.horizon))
    screen.print(
        f"it was finished already, so nothing was made. To try more: {more}", style="yellow", soft_wrap=True
    )
    return 0


def _show(study: Study, screen: Screen) -> None:
    """What was found, and where it is."""
    winner, summary = study.winner, summarise_study(study)
    source = winner.candidate.source if winner else ""
    screen.print(study_view(summary, source, plain=not screen.is_terminal), crop=screen.is_terminal)
    if stopped := study.store.value("stopped"):
        screen.print(f"stopped by {one_line(stopped)}", style="yellow", soft_wrap=True)
    if winner and winner.run:
        screen.print(Text(f"policy of {winner.id}: {policy_text(study, winner.run)}"), soft_wrap=True)
    screen.print(f"study folder: {study.folder}   ({command('inspect', study.folder)})", soft_wrap=True)


def _defaults(config_file: str | None) -> SearchOptions | None:
    """Options as the config file has them; ``None`` without one."""
    if config_file is None:
        return None
    data = read_yaml(Path(config_file))
    known = from_mapping(StudyConfig, {"task": "", **data})
    return SearchOptions(known if "task" in data else dataclasses.replace(known, task=tyro.MISSING))
