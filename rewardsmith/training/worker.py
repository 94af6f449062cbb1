"""The training worker's main: reads orders, trains, reports. Crashes here cost a program, not a study."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rewardsmith.contracts import Trainer, TrainingProgress
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.training.confined import confine_training
from rewardsmith.training.messages import ORDER, REPORT, Order, Report

_REPORT_EVERY_S = 0.25


class Worker:
    """Carries out orders. Before the first program is compiled, it gives up all rights that training does not need.

    A trainer that has ``starts_processes`` keeps them: it compiles nothing here, and confines the processes
    that do.
    """

    def __init__(self, folders: Sequence[Path], descriptor: int) -> None:
        """Nothing is loaded yet.

        Args:
            folders: Policies and episodes go below these.
            descriptor: To report on.
        """
        self._folders, self._descriptor = folders, descriptor
        self._loaded: tuple[object, ...] = ()
        self._trainer: Trainer | None = None
        self._confined = False

    def serve(self, order: Order) -> None:
        """Carry out one order and report on it."""
        last = 0.0

        def observe(progress: TrainingProgress) -> None:
            nonlocal last
            if time.monotonic() - last >= _REPORT_EVERY_S or progress.rungs or progress.note:
                last = time.monotonic()
                self._report(Report("progress", progress=progress))

        trainer = self._prepared(order)
        for result in trainer.train(order.jobs, order.evaluation_seed, observe, order.race):
            self._report(Report("result", result=result))
        self._report(Report("done"))

    def _prepared(self, order: Order) -> Trainer:
        """The trainer of the orders so far, which may keep simulations between them, or another one."""
        wanted = (order.trainer, order.task, order.settings, order.episodes)
        if self._trainer is None or wanted != self._loaded:
            self._trainer = None
            task = TASKS.load(order.task)
            self._trainer = TRAINERS.load(order.trainer)(task, order.settings, order.episodes)
            self._loaded = wanted
            if not self._confined and not getattr(self._trainer, "starts_processes", False):
                limits = confine_training(self._folders, task, order.settings.device)
                self._confined = True
                self._report(Report("confined", limits=tuple(limits)))
        assert self._trainer is not None
        return self._trainer

    def _report(self, report: Report) -> None:
        answer(self._descriptor, REPORT.dump_json(report).decode())


def main() -> None:
    """Serve until standard input closes. Arguments: the folders that policies and episodes go to."""
    descriptor = claim_stdout()
    keep_freed_memory()
    worker = Worker([Path(folder) for folder in sys.argv[1:]], descriptor)
    for line in sys.stdin:
        worker.serve(ORDER.validate_json(line))


if __name__ == "__main__":
    main()
