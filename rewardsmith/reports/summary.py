"""A study in plain records, ready for a table or for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from rewardsmith.origins import Origin, origins
from rewardsmith.records import Curve, Posterior, Purpose, Run, Rung, RunState, Score, Screening, Trial
from rewardsmith.reports.advice import advise, has_metric, preset_steps, told_from_zero
from rewardsmith.reports.models import ModelUse, models_used
from rewardsmith.reports.spent import Price, Totals, price, totals
from rewardsmith.shown import beginning
from rewardsmith.study import Study

INTERRUPTED = "INTERRUPTED"
"""In place of RUNNING where nothing runs: see :attr:`Study.interrupted`."""


@dataclass(frozen=True)
class CandidateRow:
    """One candidate, as ``inspect --json`` lists it."""

    id: str
    iteration: int
    operator: str
    """How the strategy wanted it made."""
    origin: str
    """``person``: somebody gave it in place of that."""
    parents: tuple[str, ...]
    state: str
    score: float | None
    """Mean true score over held-out episodes; ``None`` without a finished training."""
    standard_error: float | None
    training_success: float | None
    """True score of training episodes in the last epochs; not that of held-out ones."""
    idea: str
    source: str
    reason: str
    policy: str
    env_steps: int
    attempts: int
    rungs: tuple[Rung, ...]
    """How its last training stood whenever racing looked at it."""
    screening: Screening | None
    """What its program said of earlier candidates' episodes, before it was trained."""
    confirmed: tuple[float, ...] = ()
    """Mean true scores of its further trainings, on fresh seeds."""
    posterior: Posterior | None = None
    """What all its scores say of its worth, where the search goes by that."""
    start: str = ""
    """The run whose policy its last training began from; nothing: from scratch."""


@dataclass(frozen=True)
class FinalistRow:
    """A candidate that was trained again to choose the winner."""

    id: str
    search_score: float | None
    """The one that made it a finalist; the highest of many, so biased upwards."""
    fresh_scores: tuple[float, ...]
    """One per fresh seed; the best mean of these wins."""


@dataclass(frozen=True)
class FinalRow:
    """One reward of the closing comparison over its seeds."""

    reward: str
    """The winner's id, ``human``, ``sparse`` or ``native``."""
    scores: tuple[float | None, ...]
    """One per seed; ``None`` where the training failed."""
    states: tuple[str, ...]

    @property
    def mean(self) -> float | None:
        """Mean over the seeds that finished."""
        known = [score for score in self.scores if score is not None]
        return fmean(known) if known else None


@dataclass(frozen=True)
class StudySummary:
    """Everything that ``inspect`` shows of a study."""

    folder: str
    task: str
    strategy: str
    writer: str
    notice: str
    seed: int
    best: str | None
    """Highest score in the search."""
    winner: str | None
    """Highest mean over fresh seeds."""
    candidates: tuple[CandidateRow, ...]
    finalists: tuple[FinalistRow, ...]
    finals: tuple[FinalRow, ...]
    totals: Totals
    models: tuple[ModelUse, ...] = ()
    """Language models that answered, one after another; several where
    model or sampling changed in mid-study."""
    has_metric: bool = False
    """Whether the true score is a metric, not a rate of success."""
    price: Price | None = None
    """``None`` without a winner."""
    interrupted: bool = False
    """Whether it is not at its end and no process works on it."""
    advice: str = ""
    """What to make of the scores and what to do next; mostly nothing."""
    origins: tuple[Origin, ...] = ()
    """What simulated it, one after another where that changed in mid-study."""

    @property
    def marked(self) -> str | None:
        """The winner, if its score can be told from zero: else none is better than failure."""
        row = next((row for row in self.candidates if row.id == self.winner), None)
        told = row and told_from_zero(row.score, row.standard_error, has_metric=self.has_metric)
        return self.winner if told else None


def summarise_study(study: Study) -> StudySummary:
    """Collect the summary of a study, finished or not."""
    best, winner, interrupted = study.best, study.winner, study.interrupted
    summary = StudySummary(
        folder=str(study.folder),
        task=study.config.task,
        strategy=study.config.strategy,
        writer=study.config.writer,
        notice=study.store.value("notice") or "",
        seed=study.config.seed,
        best=best.id if best else None,
        winner=winner.id if winner else None,
        candidates=tuple(row(trial, interrupted=interrupted) for trial in study.trials),
        finalists=finalist_rows(study),
        finals=final_rows(study),
        totals=totals(study),
        models=models_used(study.store.calls()),
        has_metric=has_metric(study.config.task),
        price=price(study),
        interrupted=interrupted,
        origins=origins(study.store),
    )
    return replace(summary, advice=_advice(study, summary))


def _advice(study: Study, summary: StudySummary) -> str:
    """See :func:`rewardsmith.reports.advice.advise`; in a metric, no number means failure."""
    if summary.has_metric:
        return ""
    config, runs = study.config, study.runs
    return advise(
        config.task,
        config.writer,
        [row.score for row in summary.candidates if row.score is not None],
        {row.reward: row.mean for row in summary.finals if row.mean is not None},
        found=summary.marked is not None,
        steps=max((run.due_steps or run.env_steps for run in runs), default=0),
        preset=preset_steps(config.task, config.trainer, config.device),
    )


def row(trial: Trial, *, interrupted: bool = False) -> CandidateRow:
    """One line of the table of candidates.

    Args:
        trial: A candidate with what became of it.
        interrupted: Whether nothing runs any more (see :attr:`Study.interrupted`).
    """
    candidate, run, score = trial.candidate, trial.run, trial.score
    return CandidateRow(
        id=candidate.id,
        iteration=candidate.iteration,
        operator=candidate.operator,
        origin=candidate.origin,
        parents=candidate.parents,
        state=shown_state(trial.state, interrupted=interrupted),
        score=score.mean if score else None,
        standard_error=score.standard_error if score else None,
        training_success=last_success(run.progress) if run else None,
        idea=beginning(candidate.idea),
        source=beginning(candidate.source),
        reason=beginning(trial.cause),
        policy=run.policy if run else "",
        env_steps=trial.env_steps,
        attempts=candidate.attempts,
        rungs=run.rungs if run else (),
        screening=candidate.screening,
        confirmed=tuple(score.mean for score in trial.confirmed),
        posterior=trial.posterior,
        start=run.start if run else "",
    )


def shown_state(state: str, *, interrupted: bool) -> str:
    """A state as it is now: the record of what a killed process ran says that it runs."""
    return INTERRUPTED if interrupted and state == RunState.RUNNING else state


def finalist_rows(study: Study) -> tuple[FinalistRow, ...]:
    """Who was trained again to choose the winner, the best mean first."""
    runs = study.runs_for(Purpose.FINALIST)
    rows: list[FinalistRow] = []
    for name in dict.fromkeys(run.subject for run in runs):
        trial = study.trial(name)
        fresh = [score.mean for run in runs if run.subject == name and (score := study.score(run))]
        rows.append(FinalistRow(name, trial.fitness if trial else None, tuple(fresh)))
    return tuple(sorted(rows, key=lambda row: -fmean(row.fresh_scores) if row.fresh_scores else float("inf")))


def final_rows(study: Study) -> tuple[FinalRow, ...]:
    """The closing comparison, one row per reward, the winner first.

    Runs of an earlier winner are not of it.
    """
    winner = study.winner
    own = [run for run in study.runs_for(Purpose.FINAL) if winner and run.subject == winner.id]
    rows: list[FinalRow] = []
    interrupted = study.interrupted
    for runs in (own, *_by_subject(study.runs_for(Purpose.BASELINE))):
        if runs:
            scores = tuple(_mean(study.score(run)) for run in runs)
            states = tuple(
                "SCORED" if study.score(run) else shown_state(run.label, interrupted=interrupted)
                for run in runs
            )
            rows.append(FinalRow(runs[0].subject, scores, states))
    return tuple(rows)


def _by_subject(runs: Sequence[Run]) -> list[list[Run]]:
    return [
        [run for run in runs if run.subject == name] for name in dict.fromkeys(run.subject for run in runs)
    ]


def _mean(score: Score | None) -> float | None:
    return score.mean if score else None


def last_success(progress: Sequence[Curve]) -> float | None:
    """True score of training episodes, mean of the last ten epochs."""
    known = [
        value
        for curve in progress
        if curve.name == "success"
        for value in curve.values[-10:]
        if value is not None
    ]
    return fmean(known) if known else None
