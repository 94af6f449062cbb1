"""What there is of every kind of plug-in, built-ins among them."""

from __future__ import annotations

from typing import Any

from rewardsmith.contracts import Executor, Scorer, Strategy, Trainer, Writer
from rewardsmith.plugins import Registry, missing_parts
from rewardsmith.task_files import TaskRegistry

__all__ = [
    "EXECUTORS",
    "SCORERS",
    "STRATEGIES",
    "TASKS",
    "TRAINERS",
    "WRITERS",
    "Registry",
    "missing_parts",
]

TASKS = TaskRegistry()
# Constructors take different options each; their callers check the result against the protocol.
STRATEGIES: Registry[Any] = Registry("strategy", "rewardsmith.strategies", Strategy)
WRITERS: Registry[Any] = Registry("writer", "rewardsmith.writers", Writer)
TRAINERS: Registry[Any] = Registry("trainer", "rewardsmith.trainers", Trainer)
SCORERS: Registry[Any] = Registry("scorer", "rewardsmith.scorers", Scorer)
EXECUTORS: Registry[Any] = Registry("executor", "rewardsmith.executors", Executor)
