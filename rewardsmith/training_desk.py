"""Runs: queued, handed to the executor, and committed as they end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rewardsmith.budget import Budget
from rewardsmith.contracts import Lost, Observer, Report, TrainingProgress, TrainingResult
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, CandidateState, Fault, Purpose, Run, RunState, Score
from rewardsmith.schedule import program_of, search_run, submit
from rewardsmith.study import Study

_REPAIRED = (Fault.CRASHED, Fault.DIVERGED)
"""Faults that the writer is shown, so that it can mend the program."""


def at_its_end(study: Study, run: Run) -> bool:
    """Whether nothing more becomes of a run: what was trained is scored, too."""
    return run.state.ended and (run.state != RunState.TRAINED or study.score(run) is not None)


class TrainingDesk:
    """Lets the executor train and score what is due, and commits what comes of it."""

    def __init__(self, study: Study, parts: Parts, budget: Budget, observer: Observer) -> None:
        """Queue nothing yet."""
        self._study, self._parts, self._budget, self._observer = study, parts, budget, observer
        self._open: dict[str, Run] = {}

    @property
    def busy(self) -> bool:
        """Whether anything is queued or under way."""
        return bool(self._open)

    def has(self, run: Run) -> bool:
        """Whether a run is queued or under way."""
        return run.id in self._open

    def works_on(self, candidate: str) -> bool:
        """Whether any run of a candidate is queued or under way."""
        return any(run.subject == candidate for run in self._open.values())

    def widen(self, width: int) -> None:
        """So many may be under way at a time."""
        self._parts.executor.widen(width)

    def resume(self) -> None:
        """Queue again what an earlier process left unfinished.

        It is in the order of that process's queue: a race hangs on that.
        """
        candidates = self._study.store.candidates()
        for run in self._study.runs_for(Purpose.SEARCH):
            candidate = candidates.get(run.subject)
            if candidate and not at_its_end(self._study, run):
                self.queue(run, program_of(self._study, self._parts, candidate))

    def begin(self, candidates: Iterable[Candidate]) -> bool:
        """Queue candidates' next runs.

        Returns:
            Whether there was any. Those that another study has are at their end already.
        """
        begun = False
        for candidate in candidates:
            if self._budget.late:
                self._budget.stop(self._budget.late)
                break
            run = search_run(self._study, self._parts, candidate)
            self.queue(run, program_of(self._study, self._parts, candidate))
            begun = True
        return begun

    def queue(self, run: Run, program: str) -> None:
        """Queue one run, or take it from a study that has it."""
        if run.state != RunState.TRAINED:
            run = replace(run, state=RunState.QUEUED)
            self._study.store.put_run(run)
        self._open[run.id] = run
        if known := self._parts.library.find(self._study, run):
            self._ended(known.result)
            self._scored(run.id, known.score)
            return
        submit(self._study, self._parts, run, program)

    def wait(self, timeout_s: float) -> None:
        """Take in what the executor says next; nothing after a while."""
        if not self._open:
            return
        report = self._parts.executor.next(timeout_s)
        while report:
            self._take(report)
            report = self._parts.executor.next(0.0)

    def _take(self, report: Report) -> None:
        if report.progress:
            self._running(report.progress)
            self._observer.progress(report.progress)
        if report.lost:
            self._lost(report.lost)
        if report.result:
            self._ended(report.result)
        if report.score:
            self._scored(*report.score)

    def _running(self, progress: TrainingProgress) -> None:
        for name, _ in progress.success:
            if (run := self._open.get(name)) and run.state in (RunState.QUEUED, RunState.LOST):
                self._put(replace(run, state=RunState.RUNNING))

    def _lost(self, lost: Lost) -> None:
        """The machine's fault; the executor has it again."""
        run = self._open[lost.run]
        if run.state != RunState.TRAINED:
            self._put(replace(run, state=RunState.LOST, tries=run.tries + 1, cause=lost.cause))

    def _ended(self, result: TrainingResult) -> None:
        run = self._open[result.run]
        policy = self._study.relative(str(self._study.policy_path(run)))
        run = replace(
            run,
            state=result.state,
            fault=result.fault,
            cause=result.cause,
            env_steps=result.env_steps,
            wall_s=result.wall_s,
            components=result.components,
            spreads=result.spreads,
            progress=result.progress,
            rungs=result.rungs,
            policy=policy if result.state != RunState.FAILED else "",
        )
        with self._study.store.transaction():
            self._put(run)
            if run.purpose == Purpose.SEARCH and run.fault in _REPAIRED:
                self._send_back(run)
        if run.state != RunState.TRAINED:
            self._close(run)

    def _scored(self, name: str, score: Score) -> None:
        self._study.store.put_score(name, score)
        self._close(self._open[name])

    def _send_back(self, run: Run) -> None:
        """A training's error goes to the writer like the guard's, as often as there are repairs."""
        candidate = self._study.store.candidates()[run.subject]
        if candidate.origin == "strategy" and candidate.attempts <= self._study.config.repairs:
            self._study.store.put_candidate(
                replace(candidate, state=CandidateState.PROPOSED, reason=run.cause)
            )

    def _put(self, run: Run) -> None:
        self._open[run.id] = run
        self._study.store.put_run(run)

    def _close(self, run: Run) -> None:
        del self._open[run.id]
        trial = self._study.trial(run.subject) if run.purpose == Purpose.SEARCH else None
        if trial:
            self._observer.trial(trial)
        else:
            self._observer.run(run, self._study.score(run))
