"""The training worker's main: reads orders, trains, reports. Crashes here cost a program, not a study."""

from __future__ import annotations

import sys
import time
from functools import lru_cache

from rewardsmith.contracts import Trainer, TrainingProgress, TrainingSettings
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.training.messages import ORDER, REPORT, Order, Report

_REPORT_EVERY_S = 0.25


def serve(order: Order, descriptor: int) -> None:
    """Carry out one order and report on ``descriptor``."""
    last = 0.0

    def observe(progress: TrainingProgress) -> None:
        nonlocal last
        if time.monotonic() - last >= _REPORT_EVERY_S or progress.rungs or progress.note:
            last = time.monotonic()
            report(Report("progress", progress=progress))

    def report(message: Report) -> None:
        answer(descriptor, REPORT.dump_json(message).decode())

    trainer = _trainer(order.trainer, order.task, order.settings, order.episodes)
    for result in trainer.train(order.jobs, order.evaluation_seed, observe, order.race):
        report(Report("result", result=result))
    report(Report("done"))


@lru_cache(maxsize=1)
def _trainer(name: str, task: str, settings: TrainingSettings, episodes: int) -> Trainer:
    """The trainer of the orders so far; it may keep simulations between them."""
    return TRAINERS.load(name)(TASKS.load(task), settings, episodes)


def main() -> None:
    """Serve until standard input closes."""
    descriptor = claim_stdout()
    keep_freed_memory()
    for line in sys.stdin:
        serve(ORDER.validate_json(line), descriptor)


if __name__ == "__main__":
    main()
