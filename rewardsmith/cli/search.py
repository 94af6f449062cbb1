"""``rewardsmith search TASK``: the main job."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from rewardsmith import runner
from rewardsmith.cache import remember_speed
from rewardsmith.cli.arguments import free_folder, parse, value_of
from rewardsmith.cli.live import watch
from rewardsmith.cli.plan import show_plan
from rewardsmith.cli.views import study_view
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, read_yaml
from rewardsmith.errors import UsageError, WriterError
from rewardsmith.parts import Parts, assemble
from rewardsmith.registry import STRATEGIES, TASKS, WRITERS
from rewardsmith.reports.summary import summarise_study
from rewardsmith.study import Study


@dataclass(frozen=True)
class SearchOptions:
    """Search for a reward program whose policy does the task."""

    study: Annotated[StudyConfig, tyro.conf.arg(name="")]
    replay_from: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """Study whose recorded replies `--writer replay` gives."""
    out: Path | None = None
    """Folder of the study; it must be new. Without it: the next free one under runs/."""
    config: Path | None = None
    """YAML file with the same keys as the flags; flags win."""
    dry_run: bool = False
    """Show the plan and the first prompt; spend nothing."""


def run(arguments: list[str]) -> int:
    """Search, then print what was found."""
    options = parse(SearchOptions, "search", arguments, _defaults(value_of("--config", arguments)))
    config = options.study
    if options.replay_from:
        config = dataclasses.replace(config, llm=dataclasses.replace(config.llm, replay=str(options.replay_from.absolute())))
    strategy, _, preset = config.strategy.partition(":")
    if preset:
        raise UsageError(
            f"--strategy is {config.strategy!r}; a search takes a preset as: --strategy {strategy} --strategy-options preset {preset}"
        )
    for registry, name in ((TASKS, config.task), (STRATEGIES, config.strategy), (WRITERS, config.writer)):
        registry.check(name)
    folder = options.out or free_folder(f"{config.task}-{config.strategy}-{config.writer}-s{config.seed}")
    parts = assemble(config, folder)
    try:
        if options.dry_run:
            show_plan(config, parts)
            return 0
        with Study.create(folder, config) as study:
            study.store.put_value("notice", parts.writer.notice)
            return carry_on(study, parts)
    finally:
        parts.close()


def carry_on(study: Study, parts: Parts) -> int:
    """Run a new or resumed study to its end and show it."""
    console = Console()
    console.print(f"study {study.folder}", highlight=False)
    console.print(parts.writer.notice, style="italic", highlight=False, markup=False)
    try:
        with watch(study, parts.settings.env_steps, console) as observer:
            runner.run(study, parts, observer)
    except KeyboardInterrupt:
        console.print(
            f"\nstopped; everything finished is kept. Go on with: rewardsmith resume {study.folder}", highlight=False, markup=False
        )
        raise
    except WriterError as error:
        kept = f"The study is kept: correct {study.folder / 'config.yaml'} where needed, then `rewardsmith resume {study.folder}`."
        raise WriterError(f"{error} {kept}") from error
    best, summary = study.best, summarise_study(study)
    remember_speed(summary.task, study.config.device, summary.totals.env_steps, summary.totals.training_s)
    console.print(study_view(summary, best.source if best else ""))
    if stopped := study.store.value("stopped"):
        console.print(f"stopped by {stopped}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    if best and best.score and best.score.mean <= 0.0:
        console.print(
            "no candidate can be told from failure; train longer (--training.env-steps) or try more", style="yellow", markup=False
        )
    if best and best.training:
        console.print(f"policy of {best.id}: {study.folder / best.training.policy}", highlight=False, soft_wrap=True)
    console.print(f"study folder: {study.folder}   (rewardsmith inspect {study.folder})", highlight=False, soft_wrap=True)
    return 0


def _defaults(config_file: str | None) -> SearchOptions | None:
    """Options as the config file has them; ``None`` without one."""
    if config_file is None:
        return None
    data = read_yaml(Path(config_file))
    known = from_mapping(StudyConfig, {"task": "", **data})
    return SearchOptions(known if "task" in data else dataclasses.replace(known, task=tyro.MISSING))
