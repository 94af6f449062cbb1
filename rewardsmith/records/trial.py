"""A candidate with what its trainings showed: joined from records, never kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from rewardsmith.records.candidate import Candidate, CandidateState
from rewardsmith.records.run import Run, Rung, RunState, program_hash
from rewardsmith.records.score import Score


@dataclass(frozen=True)
class Posterior:
    """What is believed of a program's worth: a normal distribution."""

    mean: float
    deviation: float


REFUSED = "REFUSED"
"""In place of a state: the guard refused the last draft, and a repair is due."""


@dataclass(frozen=True)
class Trial:
    """A candidate, its runs in the search and the score of the last of them."""

    candidate: Candidate
    runs: tuple[Run, ...] = ()
    """In the search, the last one last; more than one where the training failed and the program was
    repaired, or where it got better numbers."""
    score: Score | None = None
    """The true score of the last run, if it was trained to the end."""
    further: tuple[Run, ...] = ()
    """Other trainings of its program: on fresh seeds, and with other numbers."""
    confirmed: tuple[Score, ...] = ()
    """The true scores of the same program, with the same numbers, on fresh seeds."""
    posterior: Posterior | None = None
    """What all its scores say of its worth, where the search goes by that."""

    @property
    def id(self) -> str:
        """The candidate's."""
        return self.candidate.id

    @property
    def run(self) -> Run | None:
        """The last run."""
        return self.runs[-1] if self.runs else None

    @property
    def rung(self) -> Rung | None:
        """Where racing ended it."""
        return self.run.rung if self.run else None

    @property
    def fitness(self) -> float | None:
        """The number that a strategy compares.

        The true score, its mean where there are several, or the posterior mean of the worth behind
        them; for a run that racing ended, the true score at its last rung, as Optuna tells of
        pruned trials. ``None``: it failed, and a failure has no number.
        """
        return self.posterior.mean if self.posterior else self.measured

    @property
    def measured(self) -> float | None:
        """What was measured of it: the mean of its true scores, or the score at its last rung."""
        if self.scores:
            return fmean(score.mean for score in self.scores)
        return self.rung.score.mean if self.rung else None

    @property
    def scores(self) -> tuple[Score, ...]:
        """True scores of its program, one for each seed."""
        return (self.score, *self.confirmed) if self.score else ()

    @property
    def share(self) -> float:
        """Part of a whole training after which :attr:`fitness` was measured."""
        run, rung = self.run, self.rung
        return rung.env_steps / run.due_steps if run and rung and run.due_steps else 1.0

    @property
    def state(self) -> str:
        """In one word for a person: how far its writing is, or what became of its program."""
        run = self._latest
        if self.in_repair:
            return run.label if run else REFUSED
        if self.candidate.state != CandidateState.ACCEPTED or run is None:
            return str(self.candidate.state)
        return "SCORED" if self.score else run.label

    @property
    def in_repair(self) -> bool:
        """Whether a draft of it was refused, or failed in training, and another one is due."""
        return self.candidate.state == CandidateState.PROPOSED and self.candidate.attempts > 0

    @property
    def final(self) -> bool:
        """Whether nothing more becomes of it."""
        if self.candidate.state == CandidateState.ACCEPTED:
            run = self._latest
            return run is not None and (
                self.score is not None or run.state in (RunState.EVICTED, RunState.FAILED)
            )
        return self.candidate.state != CandidateState.PROPOSED

    @property
    def _latest(self) -> Run | None:
        """The run of the present program.

        ``None`` where the program was repaired and was not trained since.
        """
        run = self.run
        return run if run and run.program == program_hash(self.candidate.program) else None

    @property
    def cause(self) -> str:
        """Why it has no score."""
        return self.candidate.reason or (self.run.cause if self.run else "")

    @property
    def env_steps(self) -> int:
        """Environment steps of all its runs."""
        return sum(run.env_steps for run in (*self.runs, *self.further))

    @property
    def wall_s(self) -> float:
        """Seconds of all its runs, its share of what ran beside them."""
        return sum(run.wall_s for run in (*self.runs, *self.further))


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """The candidate of highest fitness among those with a true score.

    The first of equals, ``None`` without any.
    """
    scored = [trial for trial in trials if trial.score]
    return max(scored, key=lambda trial: trial.fitness or 0.0, default=None)
