"""Choosing the parts of a search by the names in its config."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.config import StudyConfig, from_mapping
from rewardsmith.contracts import Strategy, Task, Trainer, TrainingSettings, Writer
from rewardsmith.registry import STRATEGIES, TASKS, TRAINERS, WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.remote import WorkerTrainer


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


def assemble(config: StudyConfig) -> Parts:
    """Load all parts.

    Raises:
        UsageError: A name, an option or a number is wrong.
        WriterError: The writer lacks a model or a key.
    """
    config.check()
    task = TASKS.load(config.task)
    strategy = STRATEGIES.load(config.strategy)
    settings = config.training.apply(task.preset)
    TRAINERS.check(config.trainer)
    return Parts(
        task=task,
        strategy=strategy(config.seed, from_mapping(strategy.Options, config.strategy_options, "strategy_options")),
        writer=WRITERS.load(config.writer)(config.llm),
        guard=Guard(),
        trainer=WorkerTrainer(config.task, config.trainer, settings, config.episodes),
        settings=settings,
    )
