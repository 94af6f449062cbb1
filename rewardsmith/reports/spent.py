"""What a study spent, in all and until it first reached its winner's level."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.records import IN_SEARCH, Purpose
from rewardsmith.retuning import spent_on_tuning
from rewardsmith.study import Study
from rewardsmith.usage import Usage

_TUNING = (Purpose.TUNE, Purpose.TUNED)


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
    tuning: int = 0
    """Trainings of candidates with other numbers, most of them short, and to compare the best."""


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
        tuning=sum(run.purpose in _TUNING for run in runs),
    )


def budgeted(study: Study) -> int:
    """What counts against the candidates that a search may try."""
    tuning = spent_on_tuning(study, max((run.due_steps for run in study.runs), default=0) or 1)
    return len(study.candidates) + len(study.runs_for(Purpose.CONFIRM)) + tuning


def is_spent(study: Study) -> bool:
    """Whether the budget of a search has no room for one more training."""
    config, runs = study.config, study.runs_for(*IN_SEARCH)
    if budgeted(study) >= config.candidates or config.max_steps is None:
        return budgeted(study) >= config.candidates
    whole = max((run.due_steps for run in runs), default=0)
    return sum(run.env_steps for run in runs) + whole > config.max_steps


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
            trainings=sum(len(trial.runs) + len(trial.further) for trial in until),
            env_steps=sum(trial.env_steps for trial in until),
            confirming=sum(run.purpose == Purpose.CONFIRM for trial in until for run in trial.further),
            tuning=sum(run.purpose in _TUNING for trial in until for run in (*trial.runs, *trial.further)),
            training_s=sum(trial.wall_s for trial in until),
            usage=sum((call.usage for call in study.store.calls() if call.candidate in names), Usage()),
        ),
    )
