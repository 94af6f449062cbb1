"""The training worker's main: reads orders, trains, scores, reports.

Crashes here cost time, not a study.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from rewardsmith.contracts import (
    Scorer,
    ScoringJob,
    Trainer,
    TrainerSettings,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
)
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.records import RunState
from rewardsmith.registry import SCORERS, TASKS, TRAINERS
from rewardsmith.training.confined import confine_training
from rewardsmith.training.orders import ORDER, REPORT, SETUP, Order, Setup, WorkerReport

_REPORT_EVERY_S = 0.25


class Inbox:
    """Orders, as they come in on standard input (see :class:`rewardsmith.contracts.Jobs`)."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read nothing yet."""
        self.width, self.folders = 1, folders
        self.scorings: dict[str, ScoringJob] = {}
        """How runs are scored that are trained or about to be."""
        self.due: list[ScoringJob] = []
        """Policies that are only to be scored."""
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ended = False

    def listen(self) -> None:
        """Read in a thread of its own, to the end."""
        threading.Thread(target=self._read, daemon=True).start()

    def take(self, *, wait: bool) -> Sequence[TrainingJob]:
        """Trainings that came since the last call.

        While scorings are due nobody waits: there is nothing, and they come first.
        """
        jobs: list[TrainingJob] = []
        wait = wait and not self.due
        while not self._ended and (wait or not self._lines.empty()):
            line = self._lines.get()
            if not line:
                self._ended = True
                break
            jobs += self._sort(ORDER.validate_json(line))
            wait = False
        return jobs

    @property
    def ended(self) -> bool:
        """Whether there will be no more orders."""
        return self._ended

    def _read(self) -> None:
        for line in sys.stdin:
            self._lines.put(line)
        self._lines.put("")

    def _sort(self, order: Order) -> list[TrainingJob]:
        self.width = order.width
        if order.training is None:
            self.due.append(order.scoring)
            return []
        self.scorings[order.training.run] = order.scoring
        return [order.training]


class Worker:
    """Carries out orders.

    Before the first program is compiled, it gives up all rights that training does not need.

    A trainer that has ``starts_processes`` keeps them: it compiles nothing here, and confines the
    processes that do.
    """

    def __init__(self, setup: Setup, folders: Sequence[Path], descriptor: int) -> None:
        """Load and confine everything.

        Args:
            setup: What to work with.
            folders: Policies and episodes go below these.
            descriptor: To report on.
        """
        self._descriptor, self._last = descriptor, 0.0
        self._told: set[str] = set()
        """Runs of which the last progress was told."""
        task = TASKS.load(setup.task)
        trainer = TRAINERS.load(setup.trainer)
        settings: TrainerSettings = TypeAdapter(trainer.Settings).validate_json(setup.settings)
        self._trainer: Trainer = trainer(task, settings, setup.threads)
        self._scorer: Scorer = SCORERS.load(setup.scorer)(task, settings.device, setup.threads)
        if not self._trainer.starts_processes:
            limits = confine_training(folders, task, settings.device, setup.threads)
            self._report(WorkerReport("confined", limits=tuple(limits)))
        self._inbox = Inbox(folders)

    def serve(self) -> None:
        """Work until standard input closes."""
        self._inbox.listen()
        while not self._inbox.ended:
            for results in self._trainer.train(self._inbox, self._observe):
                self._settle(results)
            self._settle(())

    def _settle(self, results: Sequence[TrainingResult]) -> None:
        """Report results, and score what is due."""
        for result in results:
            self._report(WorkerReport("result", result=result))
        ended = {result.run: result for result in results}
        scorings = [self._inbox.scorings.pop(run) for run in ended]
        due = [job for job in scorings if ended[job.run].state == RunState.TRAINED] + self._inbox.due
        self._inbox.due = []
        for job, score in zip(due, self._scorer.score(due, self._alive) if due else (), strict=True):
            self._report(WorkerReport("score", run=job.run, score=score))

    def _observe(self, progress: TrainingProgress) -> None:
        """Pass progress on now and then, and always the first of a run: it may be a short one."""
        running = {run for run, _ in progress.success}
        if self._quiet() or progress.rungs or progress.note or not running <= self._told:
            self._told = running
            self._report(WorkerReport("progress", progress=progress))

    def _alive(self) -> None:
        if self._quiet():
            self._report(WorkerReport("alive"))

    def _quiet(self) -> bool:
        """Whether nothing was said for a while."""
        return time.monotonic() - self._last >= _REPORT_EVERY_S

    def _report(self, report: WorkerReport) -> None:
        self._last = time.monotonic()
        answer(self._descriptor, REPORT.dump_json(report).decode())


def main() -> None:
    """Serve until standard input closes.

    Arguments: the folders that policies and episodes go to.
    """
    descriptor = claim_stdout()
    keep_freed_memory()
    setup = SETUP.validate_json(sys.stdin.readline())
    Worker(setup, [Path(folder) for folder in sys.argv[1:]], descriptor).serve()


if __name__ == "__main__":
    main()
