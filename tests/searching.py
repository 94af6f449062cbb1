"""Whole searches in this process, with trainings that end at
once: only the writer's side is looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from rewardsmith import runner
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import (
    Brief,
    Ledger,
    Quote,
    Report,
    ScoringJob,
    Task,
    TrainingJob,
    TrainingProgress,
    TrainingResult,
    Writer,
)
from rewardsmith.parts import Parts
from rewardsmith.records import Draft, Fault, Proposal, Run, RunState, Score, Trial, Verdict
from rewardsmith.registry import WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import effective_settings
from rewardsmith.study import Study
from tests.servers import ChatServer

Judge = Callable[[str], Fault | None]


@dataclass
class AtOnce:
    """An executor without physics: the score is 0.5, or a program
    has the fault that ``judge`` finds."""

    judge: Judge = lambda program: None
    reports: deque[Report] = field(default_factory=deque)

    def widen(self, width: int) -> None:
        """There is always room."""

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        fault = self.judge(job.program)
        if fault:
            failed = TrainingResult(job.run, RunState.FAILED, fault, "the total became infinite")
            self.reports.append(Report(result=failed))
            return
        self.reports.append(Report(result=TrainingResult(job.run, RunState.TRAINED)))
        self.score(scoring)

    def score(self, job: ScoringJob) -> None:
        self.reports.append(Report(score=(job.run, Score(0.5, 0.0, 2, seed=job.seed))))

    def next(self, timeout_s: float) -> Report | None:
        return self.reports.popleft() if self.reports else None

    def close(self) -> None: ...


@dataclass
class Author:
    """Writer and guard at once: every candidate has a program of its own, or that of its twin."""

    twins: Mapping[str, str] = field(default_factory=dict)
    name, notice, concurrency = "author", "", 1

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        name = brief.candidate
        return Draft(name, "an idea", f"program of {self.twins.get(name, name)}")

    def check(self, source: str, task: object) -> Verdict:
        return Verdict(True, program=source)

    def admit(self, source: str, program: str, task: object) -> str:
        return program

    def prompt(self, brief: Brief) -> str:
        return ""

    def quote(self, brief: Brief) -> Quote | None:
        return None

    def close(self) -> None: ...


class Silent:
    """Watches nothing, but remembers the stages and the notes."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def trial(self, trial: Trial) -> None: ...
    def progress(self, progress: TrainingProgress) -> None: ...
    def run(self, run: Run, score: Score | None) -> None: ...


class Watching(Silent):
    """Remembers how far each candidate was when it was told of."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []

    def trial(self, trial: Trial) -> None:
        self.told.append((trial.id, trial.state))


class Rounds:
    """Two programs, then two revisions of the first of them, and so on."""

    Options: ClassVar = type(None)
    samples, follow_ups, barrier = 2, (), True

    def __init__(self) -> None:
        self.parent = ""

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        proposal = (
            Proposal("reflect", (self.parent,), self.follow_ups)
            if self.parent
            else Proposal("initial", (), self.follow_ups)
        )
        return [proposal] * min(len(names), self.samples)

    def tell(self, trials: Sequence[Trial]) -> None:
        self.parent = trials[0].id


class Fours(Rounds):
    """Revises the best of the last four, and remembers what it heard."""

    samples = 4

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[dict[str, float | None]] = []

    def tell(self, trials: Sequence[Trial]) -> None:
        self.heard.append({trial.id: trial.fitness for trial in trials})
        self.parent = max(trials, key=lambda trial: trial.fitness or 0.0).id


class Questions(Rounds):
    """With RF-Agent's questions after each training."""

    follow_ups = ("verify", "align")


class Eights(Rounds):
    samples = 8


def go(
    folder: Path, config: StudyConfig, writer: Writer, guard: Guard, task: Task,
    strategy: type[Rounds] = Rounds, judge: Judge = lambda program: None,
) -> tuple[list[Trial], list[str], str]:  # fmt: skip
    """Run or resume a study; its candidates, the stages, and why it stopped."""
    settings = effective_settings(task, config.trainer, config.device, config.training)
    parts = Parts(task, strategy(), writer, guard, AtOnce(judge), settings)
    observer = Silent()
    with Study.open(folder, write=True) if folder.exists() else Study.create(folder, config) as study:
        study.config = config  # what a person may have changed in the file
        try:
            runner.run(study, parts, observer)
        finally:
            writer.close()
        return study.trials, observer.stages, study.store.value("stopped") or ""


def model(server: ChatServer, **changes: object) -> Writer:
    options = LanguageModelOptions(
        model="m", base_url=server.url, pause_s=0.01, price_prompt=1_000.0, price_completion=1_000.0
    )
    return WRITERS.load("openai")(replace(options, **changes))  # pyright: ignore[reportArgumentType]
