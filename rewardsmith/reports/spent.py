"""What a study spent, in all and until it first reached its winner's level."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.records import Purpose
from rewardsmith.study import Study
from rewardsmith.usage import Usage


@dataclass(frozen=True)
class Totals:
    """What a study spent."""

    candidates: int
    trainings: int
    env_steps: int
    training_s: float
    usage: Usage
    confirming: int = 0
    """Trainings that confirmed a candidate's score on a fresh seed."""

    @property
    def budgeted(self) -> int:
        """What counts against the candidates that a search may try: see ``--confirm``."""
        return self.candidates + self.confirming


@dataclass(frozen=True)
class Price:
    """What a search had spent when it first reached its winner's level."""

    candidate: str
    """The first with a fitness at least as high as the winner's."""
    spent: Totals
    """On it and on all that were proposed before it."""


def totals(study: Study, *purposes: Purpose) -> Totals:
    """What a study spent: on runs for some purposes, or on all."""
    runs = study.runs_for(*purposes) if purposes else study.runs
    return Totals(
        candidates=len(study.candidates),
        trainings=len(runs),
        env_steps=sum(run.env_steps for run in runs),
        training_s=sum(run.wall_s for run in runs),
        usage=study.usage,
        confirming=sum(run.purpose == Purpose.CONFIRM for run in runs),
    )


def price(study: Study) -> Price | None:
    """What it took to first reach the winner's level in the search; finals are left out."""
    trials, winner = study.trials, study.winner
    level = next((trial.fitness for trial in trials if winner and trial.id == winner.id), None)
    if level is None:
        return None
    reached = next(
        place
        for place, trial in enumerate(trials)
        if trial.score and trial.fitness is not None and trial.fitness >= level
    )
    until = trials[: reached + 1]
    names = {trial.id for trial in until}
    return Price(
        trials[reached].id,
        Totals(
            candidates=len(until),
            trainings=sum(len(trial.runs) + len(trial.confirmations) for trial in until),
            env_steps=sum(trial.env_steps for trial in until),
            confirming=sum(len(trial.confirmations) for trial in until),
            training_s=sum(trial.wall_s for trial in until),
            usage=sum((call.usage for call in study.store.calls() if call.candidate in names), Usage()),
        ),
    )
