"""Whole searches in this process, with a trainer that answers at once: only the writer's side is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rewardsmith import runner
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import Race, Task, TrainingJob, TrainingProgress, TrainingSettings, Writer
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, FinalRun, Proposal, Score, State, TrainingResult
from rewardsmith.registry import WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from tests.servers import ChatServer


@dataclass
class AtOnce:
    """A trainer without physics: the score is 0.5, or whatever ``judge`` makes of a program."""

    judge: Callable[[str], State] = lambda program: State.SCORED

    def train(
        self,
        jobs: Sequence[TrainingJob],
        evaluation_seed: int,
        observe: Callable[[TrainingProgress], None],
        race: Race | None = None,
    ) -> Iterator[TrainingResult]:
        for job in jobs:
            state = self.judge(job.program)
            score = Score(0.5, 0.0, 2) if state == State.SCORED else None
            yield TrainingResult(job.candidate, state, job.seed, score=score, cause="" if score else "the total became infinite")


class Silent:
    """Watches nothing, but remembers the stages."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def candidate(self, candidate: Candidate) -> None: ...
    def progress(self, progress: TrainingProgress) -> None: ...
    def final(self, run: FinalRun) -> None: ...


class Rounds:
    """Two programs, then two revisions of the first of them, and so on."""

    samples, follow_ups = 2, ()

    def __init__(self) -> None:
        self.parent = ""

    def ask(self, limit: int) -> list[Proposal]:
        proposal = Proposal("reflect", (self.parent,), self.follow_ups) if self.parent else Proposal("initial", (), self.follow_ups)
        return [proposal] * min(limit, self.samples)

    def tell(self, candidates: Sequence[Candidate]) -> None:
        self.parent = candidates[0].id

    def state(self) -> str:
        return self.parent

    def restore(self, state: str) -> None:
        self.parent = state


class Questions(Rounds):
    """With RF-Agent's questions after each training."""

    follow_ups = ("verify", "align")


class Eights(Rounds):
    samples = 8


def go(
    folder: Path, config: StudyConfig, writer: Writer, guard: Guard, task: Task, strategy: type[Rounds] = Rounds,
    judge: Callable[[str], State] = lambda program: State.SCORED,
) -> tuple[list[Candidate], list[str], str]:  # fmt: skip
    """Run or resume a study; its candidates, the stages, and why it stopped."""
    parts = Parts(task, strategy(), writer, guard, AtOnce(judge), TrainingSettings())
    observer = Silent()
    with Study.open(folder, write=True) if folder.exists() else Study.create(folder, config) as study:
        study.config = config  # what a person may have changed in the file
        runner.run(study, parts, observer)
        return study.candidates, observer.stages, study.store.value("stopped") or ""


def model(server: ChatServer, **changes: object) -> Writer:
    options = LanguageModelOptions(model="m", base_url=server.url, pause_s=0.01, price_prompt=1_000.0, price_completion=1_000.0)
    return WRITERS.load("openai")(replace(options, **changes))  # pyright: ignore[reportArgumentType]
