"""Choosing the parts of a search by the names in its config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rewardsmith.budget import UNKNOWN_PRICE
from rewardsmith.config import StudyConfig, effective_settings
from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import Brief, Strategy, Task, Trainer, TrainingSettings, Writer
from rewardsmith.errors import UsageError
from rewardsmith.registry import STRATEGIES, TASKS, TRAINERS, WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.remote import WorkerTrainer

_WRITTEN = ("candidates", "finals")
"""Folders of a study where policies and episodes go: all of it that a worker can write to."""


@dataclass(frozen=True)
class Parts:
    """Everything that the loop needs."""

    task: Task
    strategy: Strategy
    writer: Writer
    guard: Guard
    trainer: Trainer
    settings: TrainingSettings

    def close(self) -> None:
        """End the child processes."""
        self.guard.close()
        if isinstance(self.trainer, WorkerTrainer):
            self.trainer.close()


def assemble(config: StudyConfig, folder: Path | None = None) -> Parts:
    """Load all parts.

    Args:
        config: Of the study.
        folder: Of the study; it need not exist yet. Without it a worker may write where its jobs want to.

    Raises:
        UsageError: A name, an option or a number is wrong.
        WriterError: The writer lacks a model or a key.
    """
    config.check()
    task = TASKS.load(config.task)
    strategy = STRATEGIES.load(config.strategy)
    settings = effective_settings(task, config.device, config.training)
    trainer = TRAINERS.load(config.trainer)(task, settings, config.episodes)  # refuses here what this machine lacks
    if config.racing == "on" and not getattr(trainer, "can_race", False):
        raise UsageError(f"--racing on needs a trainer that can end trainings early; {config.trainer} cannot. Give --trainer population.")
    writer = WRITERS.load(config.writer)(config.llm)
    _check_price(config, writer, task)
    written = [folder.resolve() / name for name in _WRITTEN] if folder else []
    return Parts(
        task=task,
        strategy=strategy(config.seed, from_mapping(strategy.Options, config.strategy_options, "strategy_options")),
        writer=writer,
        guard=Guard(settings),
        trainer=WorkerTrainer(config.task, config.trainer, settings, config.episodes, *written),
        settings=settings,
    )


def _check_price(config: StudyConfig, writer: Writer, task: Task) -> None:
    """A limit of money needs a price."""
    quote = writer.quote(Brief("c000", task, "initial", (), 0)) if config.max_usd is not None else None
    if quote and quote.price is None:
        raise UsageError(f"max_usd is {config.max_usd:g}, but {UNKNOWN_PRICE}")
