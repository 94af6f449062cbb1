"""Studies whose candidates and runs are made by hand, and what a process
that goes on with them asks its executor for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from rewardsmith.budget import Budget
from rewardsmith.contracts import Report, ScoringJob, Task, TrainingJob
from rewardsmith.library import Library
from rewardsmith.records import Candidate, CandidateState, Fault, Purpose, Run, Rung, RunState, Score
from rewardsmith.reward.guard import Guard
from rewardsmith.schedule import ready, search_run
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training_desk import TrainingDesk
from tests.searching import Rounds, Silent

SOURCE = "def compute_reward(tcp_pos):\n    return tcp_pos[:, 0], {'a': tcp_pos[:, 0]}\n"
TRAINED, EVICTED, FAILED = RunState.TRAINED, RunState.EVICTED, RunState.FAILED


@dataclass
class Asked:
    """An executor that remembers what it was asked for."""

    trainings: list[TrainingJob] = field(default_factory=list)
    scorings: list[ScoringJob] = field(default_factory=list)

    def widen(self, width: int) -> None: ...

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        assert (scoring.run, scoring.policy, scoring.seed, scoring.kept) == (
            job.run,
            job.policy,
            job.evaluation_seed,
            job.episodes,
        )
        self.trainings.append(job)

    def score(self, job: ScoringJob) -> None:
        self.scorings.append(job)

    def next(self, timeout_s: float) -> Report | None: ...
    def close(self) -> None: ...


class Search:
    """A study whose candidates are made by hand."""

    def __init__(self, study: Study, guard: Guard, task: Task) -> None:
        self.study, self.observer, self._guard, self._task = study, Silent(), guard, task
        self.strategy = Rounds()

    def waiting(self, identity: str, iteration: int = 1, source: str = SOURCE, **changes: Any) -> Candidate:
        """A candidate that has a program and was not trained."""
        program = self._guard.check(source, self._task).program
        candidate = Candidate(
            identity, iteration, "initial", (), state=CandidateState.ACCEPTED, source=source, program=program
        )
        self.study.save(candidate := replace(candidate, **changes))
        return candidate

    def trained(
        self, candidate: Candidate, *scores: float, state: RunState = TRAINED, scored: bool = True
    ) -> Run:
        """Its next run, that had these scores at its rungs; the candidate of
        one that failed goes back to the writer."""
        run = self.queued(candidate.id) or search_run(self.study, self.parts(Asked()), candidate)
        run = replace(
            run, state=state, fault=Fault.DIVERGED if state == FAILED else None, rungs=rungs(*scores)
        )
        self.study.store.put_run(run)
        if state == TRAINED and scored:
            self.study.store.put_score(
                run.id, Score(0.5, 0.1, 8, seed=self.study.evaluation_seed(Purpose.SEARCH))
            )
        if state == FAILED:
            self.study.save(replace(candidate, state=CandidateState.PROPOSED))
        return run

    def queued(self, identity: str) -> Run | None:
        """The run of a candidate that an interruption left in the queue."""
        runs = self.study.runs_for(Purpose.SEARCH)
        return next((run for run in runs if run.subject == identity and run.state == RunState.QUEUED), None)

    def parts(self, executor: Asked) -> Any:
        settings = PpoSettings()
        known = {
            "guard": self._guard,
            "task": self._task,
            "settings": settings,
            "strategy": self.strategy,
            "library": Library(),
        }
        return SimpleNamespace(executor=executor, **known)

    def ready(self, iteration: int = 1) -> list[Candidate]:
        names = [candidate.id for candidate in self.study.candidates if candidate.iteration == iteration]
        return ready(self.study, self.parts(Asked()), names, self.observer)

    def go_on(self, iteration: int = 1) -> Asked:
        """What a process asks the executor for that goes on with an iteration."""
        executor = Asked()
        desk = TrainingDesk(self.study, self.parts(executor), Budget(100), self.observer)
        desk.resume()
        desk.begin(self.ready(iteration))
        return executor

    def due(self, iteration: int = 1) -> list[TrainingJob]:
        return self.go_on(iteration).trainings


def rungs(*scores: float) -> tuple[Rung, ...]:
    return tuple(Rung(100 * (number + 1), Score(score, 0.1, 32), 0, 0) for number, score in enumerate(scores))


def subjects(jobs: list[TrainingJob]) -> list[str]:
    return [job.run.partition("-")[0] for job in jobs]
