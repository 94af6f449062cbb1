"""Runs on a trainer and a scorer that fail when they are told to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rewardsmith.contracts import SPARSE, ScoringJob, TrainingJob, TrainingResult, Workload
from rewardsmith.errors import ExecutionError
from rewardsmith.executors.local import LocalExecutor
from rewardsmith.records import RunState
from tests.conftest import TINY

TASK = "cartpole"
OFTEN = 100


@dataclass
class Happened:
    """Everything that an executor told, and how it ended."""

    results: dict[str, TrainingResult] = field(default_factory=dict)
    scores: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, str]] = field(default_factory=list)
    """Runs and why."""
    error: str = ""

    @property
    def times(self) -> dict[str, int]:
        """How often each run was lost."""
        return dict(Counter(run for run, _ in self.lost))


def listen(executor: LocalExecutor, runs: int) -> Happened:
    """Take in all reports until so many runs are at their end, or the machine is given up."""
    happened = Happened()
    try:
        while (
            len(happened.scores)
            + sum(result.state != RunState.TRAINED for result in happened.results.values())
            < runs
        ):
            report = executor.next(1.0)
            if report and report.lost:
                happened.lost.append((report.lost.run, report.lost.cause))
            if report and report.result:
                assert report.result.run not in happened.results, "a result is told once"
                happened.results[report.result.run] = report.result
            if report and report.score:
                happened.scores[report.score[0]] += 1
    except ExecutionError as error:
        happened.error = str(error)
    return happened


class Bench:
    """Runs on the faulty trainer and scorer, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.executors: list[LocalExecutor] = []

    def fault(self, what: str, times: int = 1, run: str = "", kind: str = "training") -> None:
        """Let something happen to a run, or to every run and the control training."""
        file = self.folder / run / f"{kind}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([what] * times), encoding="utf-8")

    def executor(
        self, trainer: str = "faulty", scorer: str = "faulty", patience_s: float = 60.0, **changes: object
    ) -> LocalExecutor:
        load = Workload(TASK, trainer, TINY, (self.folder,), SPARSE, scorer, **changes)  # pyright: ignore[reportArgumentType]
        self.executors.append(LocalExecutor(load, patience_s))
        return self.executors[-1]

    def run(self, *runs: str, executor: LocalExecutor | None = None, others: int = 0) -> Happened:
        """Train and score, and wait for as many ``others`` that were queued before."""
        executor = executor or self.executor()
        executor.widen(len(runs))
        for run in runs:
            policy = str(self.folder / run / "policy.pt")
            executor.train(TrainingJob(run, SPARSE, 0, policy), ScoringJob(run, policy, 0, 4))
        return listen(executor, len(runs) + others)

    def trainings(self, run: str) -> list[str]:
        """The GPUs that each training of a run saw."""
        return (self.folder / run / "trainings.txt").read_text(encoding="utf-8").split()
