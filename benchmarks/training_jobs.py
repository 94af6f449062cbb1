"""Trainings, their tables and their budgets, for the benchmarks of trainers.

Nothing to run by itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rewardsmith.contracts import TrainingJob, Workload
from rewardsmith.executors.collect import Ended, train_all
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.ppo import PpoSettings


def job(program: str, folder: str, seed: int) -> TrainingJob:
    """One candidate."""
    return TrainingJob(f"c{seed}", program, seed, str(Path(folder) / f"{seed}.pt"))


def programs(tasks: Sequence[str]) -> dict[str, str]:
    """The human rewards as the guard prints them."""
    guard = Guard(PpoSettings())
    try:
        return {name: guard.check(TASKS.load(name).human_reward, TASKS.load(name)).program for name in tasks}
    finally:
        guard.close()


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """In Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *rows)] + [""]


def quote(values: Sequence[float], digits: int = 0) -> str:
    """Median and range."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def verdict(what: str, ratios: Sequence[float], least: float) -> tuple[str, ...]:
    """A row of the last table."""
    return (
        what,
        f"at least {least}",
        f"{statistics.median(ratios):.2f}",
        "yes" if statistics.median(ratios) >= least else "no",
    )


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def trained(
    task: str, trainer: str, settings: PpoSettings, folder: Path, jobs: Sequence[TrainingJob], episodes: int
) -> Iterator[Ended]:
    """Train and score in a fresh worker, as a search does."""
    executor = LocalExecutor(Workload(task, trainer, settings, (folder,), programs([task])[task]))
    try:
        yield from train_all(executor, jobs, episodes, lambda _: None)
    finally:
        executor.close()


def budget(text: str) -> tuple[str, int]:
    """``TASK=N``."""
    name, _, number = text.partition("=")
    if name not in TASKS.names() or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not TASK=N with a registered task")
    return name, int(number)
