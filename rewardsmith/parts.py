"""Choosing the parts of a search by the names in its config."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from rewardsmith.baselines import control
from rewardsmith.budget import UNKNOWN_PRICE
from rewardsmith.capabilities import try_out
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import (
    Brief,
    Executor,
    Strategy,
    Task,
    TaskSheet,
    Trainer,
    TrainerSettings,
    Workload,
    Writer,
)
from rewardsmith.errors import UsageError
from rewardsmith.fitness import Beliefs
from rewardsmith.library import Library
from rewardsmith.registry import EXECUTORS, STRATEGIES, TASKS, TRAINERS, WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import effective_settings

RUNS = "runs"
"""Folder of a study where policies and episodes go: all of it that a worker can write to."""


@dataclass(frozen=True)
class Parts:
    """Everything that the loop needs."""

    task: Task
    strategy: Strategy
    writer: Writer
    guard: Guard
    executor: Executor
    settings: TrainerSettings
    library: Library = field(default_factory=Library)
    """Trainings of other searches."""
    beliefs: Beliefs = field(default_factory=Beliefs)
    """What the search makes of its scores so far."""

    def close(self) -> None:
        """End the child processes."""
        self.writer.close()
        self.guard.close()
        self.executor.close()


def assemble(
    config: StudyConfig, folder: Path = Path(), horizon: int | None = None, *, dry: bool = False
) -> Parts:
    """Load all parts.

    Args:
        config: Of the study.
        folder: Of the study; it need not exist yet. Who only looks at the parts may leave it out.
        horizon: How many candidates the search was planned for; by default the config's number.
        dry: Whether only the plan is looked at, which needs no key.

    Raises:
        UsageError: A name, an option or a number is wrong.
        WriterError: The writer lacks a model or a key.
        RewardsmithError: The task's scene lacks what the task says of it, such as a sensor.
    """
    config.check()
    task = TASKS.load(config.task)
    strategy = STRATEGIES.load(config.strategy)
    settings = effective_settings(task, config.trainer, config.device, config.training)
    try_out(task)  # before anything is spent on it
    trainer = TRAINERS.load(config.trainer)(task, settings, 1)  # refuses here what this machine lacks
    _check_trainer(config, trainer)
    executor = EXECUTORS.load(config.executor)
    options = from_mapping(strategy.Options, config.strategy_options, "strategy_options")
    # some of its trainings go to programs that it proposed before
    planned = max(1, round(_trainings(config, settings, horizon) / (1 + config.confirm)))
    search = strategy(config.seed, planned, options)
    if config.confirm and not search.barrier:
        raise UsageError(
            "--confirm compares whole batches. Leave it out, or give --strategy-options barrier True."
        )
    make = WRITERS.load(config.writer)
    writer = (getattr(make, "dry", make) if dry else make)(config.llm)
    _check_price(config, writer, task)
    return Parts(
        task=task,
        strategy=search,
        writer=writer,
        guard=Guard(settings),
        executor=executor(workload(config, settings, task, folder.resolve() / RUNS)),
        settings=settings,
        beliefs=Beliefs(config.fitness),
    )


def _check_trainer(config: StudyConfig, trainer: Trainer) -> None:
    """Refuse what the trainer, or what is installed, cannot do."""
    flags = {"--racing on": config.racing == "on", f"--tune {config.tune}": config.tune > 0}
    if not trainer.can_race and (flag := next((name for name, given in flags.items() if given), "")):
        raise UsageError(
            f"{flag} needs a trainer that can end trainings early; {config.trainer} cannot. Give "
            "--trainer population."
        )
    if config.tune and find_spec("optuna") is None:
        raise UsageError("--tune needs Optuna. Install it: `pip install 'rewardsmith[tune]'`.")
    if config.start_policy != "scratch" and not trainer.can_start:
        raise UsageError(
            f"--start-policy {config.start_policy} needs a trainer that can begin from a policy; "
            f"{config.trainer} cannot. Give --trainer population."
        )


def _trainings(config: StudyConfig, settings: TrainerSettings, horizon: int | None) -> int:
    """Whole trainings that a search is planned for."""
    most = horizon or config.candidates
    return most if config.max_steps is None else min(most, config.max_steps // settings.whole_steps)


def workload(config: StudyConfig, settings: TrainerSettings, task: Task, *folders: Path) -> Workload:
    """What all work of a study has in common."""
    return Workload(
        task=TASKS.reference(config.task),
        trainer=config.trainer,
        settings=settings,
        folders=folders,
        control=control(task),
        workers=config.workers,
        devices=config.devices,
    )


def _check_price(config: StudyConfig, writer: Writer, task: Task) -> None:
    """A limit of money needs a price."""
    quote = (
        writer.quote(Brief("c000", TaskSheet.of(task), "initial", (), 0))
        if config.max_usd is not None
        else None
    )
    if quote and quote.price is None:
        raise UsageError(f"max_usd is {config.max_usd:g}, but {UNKNOWN_PRICE}")
