"""``rewardsmith tune REWARD TASK``: the same reward with better numbers, without another call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from rewardsmith.baselines import control
from rewardsmith.cli.arguments import check_words, free_folder, parse
from rewardsmith.cli.given import given_by
from rewardsmith.cli.output import say, warn
from rewardsmith.cli.train import Reporter
from rewardsmith.cli.tuned_view import setting_line, tuned_text
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Device, Workload
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.ranges import check_ranges
from rewardsmith.records import Given
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.reports.advice import few_steps
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import effective_settings
from rewardsmith.shown import command
from rewardsmith.tuning.folder import Tuned, Tuning, claim, read_settings
from rewardsmith.tuning.numbers import Number, find_numbers

_RANGES = {
    "settings": (1, 100_000),
    "at_a_time": (1, 1_000),
    "finalists": (1, 100),
    "fresh_seeds": (0, 100),
    "episodes": (2, 10**6),
}


@dataclass(frozen=True)
class TuneOptions:
    """Look for better numbers of one reward: its weights, temperatures and thresholds."""

    reward: Annotated[Positional[str], arg(metavar="FILE|STUDY/CANDIDATE|human")]
    """A file with a reward program, a candidate of a study, or `human`."""
    task: Annotated[Positional[str], arg(metavar="TASK")]
    settings: int = 32
    """Settings to try, the written one among them."""
    at_a_time: int = 8
    """Settings that are trained side by side, before the next are chosen."""
    halving: bool = True
    """Train many settings a little and few to the end, as `--racing` of a search does."""
    finalists: int = 3
    """The best settings that are trained again on fresh seeds, beside the written one."""
    fresh_seeds: int = 2
    """Seeds that each of these is trained on; 0: the best score is taken at its word."""
    seed: int = 0
    """Decides everything random."""
    trainer: str = StudyConfig.trainer
    device: Device = "cpu"
    episodes: int = 128
    """Held-out episodes per policy."""
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    out: Path | None = None
    """Where everything goes; an interrupted tuning goes on there. Without it: the
    next free folder under runs/."""


def run(arguments: list[str]) -> int:
    """Exit 0 when a setting was scored, 1 otherwise."""
    options = parse(TuneOptions, "tune", arguments)
    options = replace(options, task=TASKS.named(options.task))
    check_ranges("", vars(options), _RANGES)
    check_words(options.out or Path("runs"), "--out")
    if find_spec("optuna") is None:
        raise UsageError("tuning needs Optuna. Install it: `pip install 'rewardsmith[tune]'`.")
    from rewardsmith.tuning.bench import Bench, tune

    task = TASKS.load(options.task)
    settings = effective_settings(task, options.trainer, options.device, options.training)
    trainer = TRAINERS.load(options.trainer)(task, settings, 1)  # refuses here what this machine lacks
    if options.halving and not trainer.can_race:
        raise UsageError(f"{options.trainer} cannot end trainings early. Give --no-halving.")
    if few := few_steps(options.task, options.trainer, settings):
        warn(f"warning: {few}")
    guard = Guard(settings)
    try:
        given = given_by(options.reward, task, guard)
        numbers = find_numbers(given.source)
        folder = options.out or free_folder(f"{options.task}-tune")
        tuning = _asked(options, given, settings.env_steps)
        known = claim(folder, tuning)
        say(f"{len(numbers)} numbers of {given.name}: {', '.join(number.name for number in numbers)}")
        for setting in known:
            if setting.fresh is None:
                say(setting_line(setting))
        executor = LocalExecutor(
            Workload(
                TASKS.reference(options.task), options.trainer, settings, (folder.resolve(),), control(task)
            )
        )
        try:
            bench = Bench(tuning, task, guard, executor, folder, Reporter())
            tuned = tune(bench, known, lambda setting: say(setting_line(setting)))
        except KeyboardInterrupt:
            warn(f"stopped; everything finished is kept in {folder}, and the same command with --out goes on")
            raise
        finally:
            executor.close()
    finally:
        guard.close()
    if tuned is None:
        raise RewardsmithError(f"no setting has a score. See {folder}.")
    say(tuned_text(tuned, numbers))
    say(_draw(folder, numbers, tuned))
    say(f"folder: {folder}   ({command('train', options.task, '--reward', folder / 'reward.py')})")
    return 0


def _asked(options: TuneOptions, given: Given, env_steps: int) -> Tuning:
    return Tuning(
        options.task, given.name, given.source, options.trainer, options.device, env_steps,
        options.settings, options.at_a_time, options.halving, options.seed, options.episodes,
        options.finalists, options.fresh_seeds,
    )  # fmt: skip


def _draw(folder: Path, numbers: Sequence[Number], tuned: Tuned) -> str:
    """Draw the settings; what there is, or what is missing for it."""
    if not all(map(find_spec, ("plotly", "kaleido"))):
        return "a figure needs plotly: pip install 'rewardsmith[figures]', then the same command again"
    from rewardsmith.reports import figures, tuning_figure  # an extra, and slow to import

    settings = [setting for setting in read_settings(folder) if setting.fresh is None]
    drawn = tuning_figure.figure(settings, numbers, tuned.importance)
    try:
        return f"figure: {folder / figures.write([('settings', drawn)], folder, 'tune again')[0]}"
    except RewardsmithError as error:
        return str(error)
