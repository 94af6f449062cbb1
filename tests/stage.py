"""The local executor without processes: its workers say what a test wants them to say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardsmith.contracts import (
    SPARSE,
    Report,
    ScoringJob,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
    Workload,
)
from rewardsmith.errors import ExecutionError
from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import Fault, Rung, RunState, Score
from rewardsmith.training.orders import ORDER, REPORT, SETUP, Order, Setup, WorkerReport
from tests.conftest import TINY

OFTEN = 100
STATES = {"lost": RunState.LOST, "failed": RunState.FAILED, "evicted": RunState.EVICTED}


def end(how: str) -> Exception | None:
    """How a process ends."""
    return {
        "kill": ProcessDiedError("the process was killed by signal 9", signal=9),
        "signal": ProcessDiedError("the process was killed by signal 11", signal=11),
        "raise": ProcessDiedError("the process ended with exit code 1", code=1),
        "silence": ProcessSilentError("no answer"),
    }.get(how)


class Actor(JsonProcess):
    """Tells of all that it has, then gives result and score of the first, and so on."""

    def __init__(self, stage: Stage, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        super().__init__(module, *arguments, environment=environment)
        self.started = module, arguments, environment
        self.setups: list[Setup] = []
        self.orders: list[Order] = []
        self.alive = False
        self._stage, self._due = stage, list[Order]()
        self._lines: Iterator[str] = iter(())
        self.silence = os.pipe()
        """Nobody ever writes to it."""
        stage.actors.append(self)

    def send(self, line: str) -> None:
        if not self.alive:
            self.alive = True
            self.setups.append(SETUP.validate_json(line))
            return
        order = ORDER.validate_json(line)
        self.orders.append(order)
        self._due.append(order)
        self._stage.sent += order.scoring.run
        if failure := end(self._stage.fault_of(order.scoring.run, "sending")):
            raise failure

    def receive(self, timeout_s: float) -> str:
        if line := next(self._lines, ""):
            return line
        self._lines = self._say()
        return next(self._lines)

    def has_line(self) -> bool:
        return bool(self._due)

    def fileno(self) -> int:
        return self.silence[0]

    def kill(self) -> None:
        self.alive, self._due, self._lines = False, [], iter(())

    def _say(self) -> Iterator[str]:
        if end(self._stage.fault_of(self._due[0].scoring.run, "beginning")):
            raise ProcessSilentError("no answer")
        yield line_of(WorkerReport("confined", limits=("a fence",)))
        while self._due:
            running = tuple((order.scoring.run, None) for order in self._due if order.training)
            yield line_of(
                WorkerReport("progress", progress=TrainingProgress(len(running), 10 * len(running), running))
            )
            yield from self._work(self._due[0])
            self._due.pop(0)

    def _work(self, order: Order) -> Iterator[str]:
        run = order.scoring.run
        if order.training:
            fault = self._stage.fault_of(run, "training")
            if failure := end(fault):
                raise failure
            state = STATES.get(fault, RunState.TRAINED)
            blamed = Fault.DIVERGED if state == RunState.FAILED else None
            result = TrainingResult(run, state, blamed, fault, rungs=self._stage.rungs.get(run, ()))
            yield line_of(WorkerReport("result", result=result))
            if state != RunState.TRAINED:
                return
        if failure := end(self._stage.fault_of(run, "scoring")):
            raise failure
        score = Score(0.5, 0.1, 4, seed=order.scoring.seed)
        yield line_of(WorkerReport("score", run=run, score=score))


def line_of(report: WorkerReport) -> str:
    return REPORT.dump_json(report).decode()


@dataclass
class Told:
    """Everything that an executor said."""

    reports: list[Report] = field(default_factory=list)
    error: str = ""

    @property
    def results(self) -> dict[str, TrainingResult]:
        return {report.result.run: report.result for report in self.reports if report.result}

    @property
    def states(self) -> dict[str, str]:
        return {run: str(result.state) for run, result in self.results.items()}

    @property
    def scores(self) -> list[str]:
        return [report.score[0] for report in self.reports if report.score]

    @property
    def lost(self) -> list[str]:
        return [report.lost.run for report in self.reports if report.lost]

    @property
    def notes(self) -> list[str]:
        return [report.progress.note for report in self.reports if report.progress and report.progress.note]

    @property
    def together(self) -> list[str]:
        """Who was trained beside whom, as often as it was told."""
        told = [report.progress.success for report in self.reports if report.progress]
        return ["".join(run for run, _ in success) for success in told if success]


class Stage:
    """What all workers of a test have in common."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: dict[tuple[str, str], list[str]] = {}
        self.rungs: dict[str, tuple[Rung, ...]] = {}
        self.actors: list[Actor] = []
        self.sent = ""
        """Runs in the order in which they were given to workers."""

    def close(self) -> None:
        for descriptor in (end for actor in self.actors for end in actor.silence):
            os.close(descriptor)

    def fault(self, what: str, *runs: str, times: int = OFTEN, kind: str = "training") -> None:
        """Let something happen whenever a run is trained, or else scored, begun or sent."""
        self.faults |= {(run, kind): [what] * times for run in runs}

    def fault_of(self, run: str, kind: str) -> str:
        due = self.faults.get((run, kind))
        return due.pop(0) if due else ""

    def executor(self, patience_s: float = 60.0, **changes: Any) -> LocalExecutor:
        load = Workload("cartpole", "population", TINY, (self.folder,), SPARSE, **changes)
        return LocalExecutor(load, patience_s)

    def job(self, run: str, **changes: Any) -> TrainingJob:
        return TrainingJob(run, "program", 0, str(self.folder / run / "policy.pt"), 3, **changes)

    def scoring(self, run: str, **changes: Any) -> ScoringJob:
        return ScoringJob(run, str(self.folder / run / "policy.pt"), 3, 4, **changes)

    def queue(self, executor: LocalExecutor, *jobs: TrainingJob) -> None:
        for job in jobs:
            executor.train(job, self.scoring(job.run))

    def run(self, executor: LocalExecutor, runs: str, width: int = 0) -> Told:
        """Train and score runs of one letter each, to the end."""
        executor.widen(width or len(runs))
        self.queue(executor, *map(self.job, runs))
        return listen(executor)

    def ordered(self, run: str, *, training: bool = True) -> int:
        """How often a run's training, or only its scoring, was sent to a worker."""
        orders: Sequence[Order] = [order for actor in self.actors for order in actor.orders]
        return sum(order.scoring.run == run and (order.training is not None) == training for order in orders)


def listen(executor: LocalExecutor) -> Told:
    """All that it says until it has nothing to do, or gives the machine up."""
    told = Told()
    try:
        while report := executor.next(60.0):
            told.reports.append(report)
    except ExecutionError as error:
        told.error = str(error)
    return told
