"""A study in plain records, ready for a table or for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rewardsmith.records import Candidate, FinalRun, Rung, Score, Screening
from rewardsmith.reports.models import ModelUse, models_used
from rewardsmith.study import Study
from rewardsmith.usage import Usage


@dataclass(frozen=True)
class CandidateRow:
    """One candidate, as ``inspect --json`` lists it."""

    id: str
    iteration: int
    operator: str
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


@dataclass(frozen=True)
class FinalRow:
    """One reward of the closing comparison over its seeds."""

    reward: str
    scores: tuple[float | None, ...]
    """One per seed; ``None`` where the training failed."""
    states: tuple[str, ...]

    @property
    def mean(self) -> float | None:
        """Mean over the seeds that finished."""
        known = [score for score in self.scores if score is not None]
        return fmean(known) if known else None


@dataclass(frozen=True)
class Totals:
    """What a study spent."""

    candidates: int
    trainings: int
    env_steps: int
    training_s: float
    usage: Usage


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
    candidates: tuple[CandidateRow, ...]
    finals: tuple[FinalRow, ...]
    totals: Totals
    models: tuple[ModelUse, ...] = ()
    """Language models that answered, one after another; several where model or sampling changed in mid-study."""


def summarise_study(study: Study) -> StudySummary:
    """Collect the summary of a study, finished or not."""
    candidates, finals, best = study.candidates, study.finals, study.best
    return StudySummary(
        folder=str(study.folder),
        task=study.config.task,
        strategy=study.config.strategy,
        writer=study.config.writer,
        notice=study.store.value("notice") or "",
        seed=study.config.seed,
        best=best.id if best else None,
        candidates=tuple(row(candidate) for candidate in candidates),
        finals=final_rows(finals),
        totals=totals(candidates, study.usage, finals),
        models=models_used(study.store.calls()),
    )


def row(candidate: Candidate) -> CandidateRow:
    """One line of the table of candidates."""
    training, score = candidate.training, candidate.score
    return CandidateRow(
        id=candidate.id,
        iteration=candidate.iteration,
        operator=candidate.operator,
        parents=candidate.parents,
        state=str(candidate.state),
        score=score.mean if score else None,
        standard_error=score.standard_error if score else None,
        training_success=_last_success(candidate),
        idea=candidate.idea,
        source=candidate.source,
        reason=candidate.reason,
        policy=training.policy if training else "",
        env_steps=candidate.env_steps,
        attempts=candidate.attempts,
        rungs=training.rungs if training else (),
        screening=candidate.screening,
    )


def final_rows(finals: Sequence[FinalRun]) -> tuple[FinalRow, ...]:
    """The closing comparison, one row per reward, the winner first."""
    rewards = dict.fromkeys(sorted((run.reward for run in finals), key=lambda reward: not reward.startswith("best")))
    rows: list[FinalRow] = []
    for reward in rewards:
        runs = [run.training for run in finals if run.reward == reward]
        rows.append(FinalRow(reward, tuple(_mean(run.score) for run in runs), tuple(str(run.state) for run in runs)))
    return tuple(rows)


def _mean(score: Score | None) -> float | None:
    return score.mean if score else None


def _last_success(candidate: Candidate) -> float | None:
    curves = candidate.training.progress if candidate.training else ()
    known = [value for curve in curves if curve.name == "success" for value in curve.values[-10:] if value is not None]
    return fmean(known) if known else None


def totals(candidates: Sequence[Candidate], usage: Usage, finals: Sequence[FinalRun] = ()) -> Totals:
    """What a search spent, its calls as given, and its closing comparison where that is given, too."""
    return Totals(
        candidates=len(candidates),
        trainings=sum(c.trainings for c in candidates) + len(finals),
        env_steps=sum(c.env_steps for c in candidates) + sum(run.training.env_steps for run in finals),
        training_s=sum(c.training_s for c in candidates) + sum(run.training.wall_s for run in finals),
        usage=usage,
    )
