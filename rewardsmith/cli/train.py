"""``rewardsmith train TASK --reward REWARD``: one reward, some seeds, no search."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import TypeAdapter
from tyro.conf import Positional, arg

from rewardsmith.baselines import check_baseline, control
from rewardsmith.cache import remember_speed
from rewardsmith.capabilities import try_out
from rewardsmith.cli.arguments import check_words, free_folder, parse, print_json
from rewardsmith.cli.given import source_of
from rewardsmith.cli.live import LOG_EVERY_S, progress_text
from rewardsmith.cli.output import lost, say, tell_progress, warn
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import (
    BUILT_IN,
    Device,
    Task,
    TrainerSettings,
    TrainingJob,
    TrainingProgress,
    Workload,
)
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.executors.collect import Ended, train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.origins import origin_of
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.reports.advice import few_steps
from rewardsmith.reports.trained import RESULTS, REWARD, TRAINING, Policy, Training, write_record
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.standalone import standalone
from rewardsmith.seeds import derive
from rewardsmith.settings import effective_settings
from rewardsmith.shown import command, one_line
from rewardsmith.task_files import FOLDER


@dataclass(frozen=True)
class TrainOptions:
    """Train policies on one reward and score them on held-out episodes."""

    task: Positional[str]
    reward: Annotated[str, arg(metavar="FILE|STUDY/CANDIDATE|human|sparse|native")]
    """A file with a reward program, a candidate of a study, `human`, `sparse`, or `native` for the
    dense reward of the task's own suite."""
    seeds: tuple[int, ...] = (0,)
    """One training per seed."""
    trainer: str = StudyConfig.trainer
    device: Device = "cpu"
    """Where to simulate and to train: `cpu`, or `cuda` for one
    NVIDIA GPU. Each has a preset of its own."""
    episodes: int = 128
    """Held-out episodes per policy."""
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    out: Path | None = None
    """Where the policies go. Without it: the next free folder under runs/."""
    json: bool = False
    """Print results, curves included, as JSON."""


def run(arguments: list[str]) -> int:
    """Exit 0 when every seed was scored, 1 otherwise."""
    options = parse(TrainOptions, "train", arguments)
    options = replace(options, task=TASKS.named(options.task))
    check_words(options.out or Path("runs"), "--out")
    task = TASKS.load(options.task)
    settings = effective_settings(task, options.trainer, options.device, options.training)
    try_out(task)
    TRAINERS.load(options.trainer)(task, settings, 1)  # refuses here what this machine lacks
    training = _training(options, task, settings)
    if not options.seeds:
        raise UsageError("--seeds is empty; give at least one number.")
    if few := few_steps(options.task, options.trainer, settings):
        warn(f"warning: {few}")
    folder = options.out or free_folder(f"{options.task}-train")
    _claim(folder, training)
    TASKS.keep(options.task, folder)
    reference = TASKS.reference(options.task)
    work = Workload(reference, options.trainer, settings, (folder.resolve(),), control(task))
    executor = LocalExecutor(work)
    jobs = _jobs(options, training.program, folder.resolve())
    results: list[Policy] = []
    try:
        ended = train_all(executor, jobs, options.episodes, Reporter())
        results += (_policy(one, folder) for one in ended)
    finally:
        executor.close()
        if not results:
            _give_back(folder)
    steps, seconds = sum(policy.env_steps for policy in results), sum(policy.wall_s for policy in results)
    remember_speed(options.task, options.trainer, options.device, steps, seconds)
    _keep(folder, results)
    try:
        if options.json:
            print_json(results)
        else:
            say("\n".join(map(_line, results)))
            say(f"folder: {folder}   ({command('inspect', folder)})")
        sys.stdout.flush()
    except OSError as error:
        raise lost(error, f"The policies and results.json are in {folder}.") from error
    return 0 if all(policy.score for policy in results) else 1


def _jobs(options: TrainOptions, program: str, folder: Path) -> list[TrainingJob]:
    scored_on = derive("evaluation", "train command")
    return [
        TrainingJob(
            f"seed-{seed}", program, derive("train command", seed), str(folder / f"seed-{seed}.pt"), scored_on
        )
        for seed in options.seeds
    ]


def _policy(ended: Ended, folder: Path) -> Policy:
    result = ended.result
    return Policy(
        name=result.run,
        state="SCORED" if ended.score else str(result.fault or result.state),
        env_steps=result.env_steps,
        wall_s=result.wall_s,
        components=result.components,
        progress=result.progress,
        score=ended.score,
        policy=os.path.relpath(folder / f"{result.run}.pt") if ended.score else "",
        cause=result.cause,
    )


def _training(options: TrainOptions, task: Task, settings: TrainerSettings) -> Training:
    """What is asked for, with the reward as the guard printed it."""
    reward = one_line(options.reward)
    asked = Training(
        options.task, reward, options.trainer, settings.device, settings.env_steps, origin=origin_of(task)
    )
    if options.reward in BUILT_IN:
        check_baseline(task, options.reward)
        return replace(asked, program=options.reward)
    source, _ = source_of(options.reward, task)
    guard = Guard(settings)
    try:
        verdict = guard.check(source, task)
    finally:
        guard.close()
    if not verdict.accepted:
        raise RewardsmithError(f"the guard refuses {options.reward}: {verdict.text}")
    return replace(asked, source=source, program=verdict.program)


def _claim(folder: Path, training: Training) -> None:
    """Write what is asked for to a folder that is new or empty.

    Of two processes, the second is refused.
    """
    taken = UsageError(f"{folder} exists already. Give another folder with --out.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise taken
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_record(folder / TRAINING, TypeAdapter(Training), training)
        if training.program not in BUILT_IN:
            (folder / REWARD).write_text(standalone(training.program, training.task), encoding="utf-8")
    except FileExistsError:
        raise taken from None
    except OSError as error:
        raise RewardsmithError(
            f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out."
        ) from None


def _give_back(folder: Path) -> None:
    """Nothing came of it: the folder is as free as it was, unless a policy is there."""
    if {path.name for path in folder.iterdir()} <= {TRAINING, REWARD, FOLDER}:
        shutil.rmtree(folder)


def _keep(folder: Path, results: list[Policy]) -> None:
    """The results that the policies and the program belong to, beside them."""
    try:
        write_record(folder / RESULTS, TypeAdapter(list[Policy]), results)
    except OSError as error:
        raise RewardsmithError(
            f"cannot write to {folder}: {error.strerror}. Make room, then train again."
        ) from None


class Reporter:
    """Tells how far trainings are: on a terminal in one line, else a line now and then."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: TrainingProgress) -> None:
        """Tell of progress, if it is time."""
        if progress.note:
            warn(one_line(progress.note))
        elif sys.stderr.isatty():
            tell_progress(progress_text(progress))
        elif progress.total_steps and time.monotonic() - self._last >= LOG_EVERY_S:
            self._last = time.monotonic()
            warn(progress_text(progress))


def _line(result: Policy) -> str:
    if result.score is None:
        return f"{result.name}  {result.state}: {one_line(result.cause)}"
    score = result.score
    return (
        f"{result.name}  true score {score.mean:.3f} ± {score.standard_error:.3f} on "
        f"{score.episodes} episodes  {result.env_steps:,} steps  {result.policy}"
    )
