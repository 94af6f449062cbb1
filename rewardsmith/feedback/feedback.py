"""What a writer is told about a trained candidate: one dataclass, rendered by one template."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rewardsmith.contracts import Told
from rewardsmith.feedback.ancestry import Ancestor, path
from rewardsmith.feedback.curve_table import CurveTable, table
from rewardsmith.feedback.diagnoses import Diagnosis, Evidence, diagnose
from rewardsmith.records import Behaviour, Rung, Score, Trial, TunedNumbers, best_of
from rewardsmith.templates import render


@dataclass(frozen=True)
class Feedback:
    """Everything about one candidate's training that its writer may see.

    The true score appears as values only; the human reward and the proxy's own total are never in
    it, and what is measured only where the writer is told the goal.
    """

    failure: str = ""
    """Why there is no score; then there is nothing else."""
    score: Score | None = None
    rung: Rung | None = None
    """Where racing ended the training."""
    curves: CurveTable | None = None
    behaviour: Behaviour | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    ancestry: tuple[Ancestor, ...] = ()
    """How the program came about, itself the last."""
    best: tuple[str, float] | None = None
    """The best candidate so far and its true score."""
    notes: tuple[str, ...] = ()
    """What people said about this candidate."""
    tuned: TunedNumbers | None = None
    """How an optimiser changed the numbers of the program."""

    @property
    def text(self) -> str:
        """As the writer reads it."""
        return render("failure" if self.failure else "reflection", feedback=self)

    @property
    def summary(self) -> str:
        """The same in a few lines; nothing for a failure, which is short anyway."""
        return "" if self.failure else render("summary", feedback=self)


@dataclass(frozen=True)
class Seen:
    """What is around a candidate when its feedback is gathered."""

    told: Collection[Told]
    trials: Mapping[str, Trial]
    """All candidates so far by id, in the order of the proposals."""
    horizon: int
    """Control steps of a whole episode."""
    rate: bool
    """Whether the true score is a share of successes."""
    notes: Mapping[str, tuple[str, ...]]
    """What people said about candidates."""


def gather(trial: Trial, seen: Seen) -> Feedback:
    """Collect what the writer is told of a candidate, part by part."""
    run, told, notes = trial.run, seen.told, seen.notes.get(trial.id, ())
    score = trial.score or (trial.rung.score if trial.rung else None)
    if run is None or trial.candidate.reason or score is None:
        return Feedback(failure=trial.candidate.reason or (run.cause if run else ""), notes=notes)
    history = "history" in told
    best = best_of(seen.trials.values()) if history else None
    return Feedback(
        score=score,
        rung=trial.rung,
        curves=table(run),
        behaviour=score.behaviour if "behaviour" in told else None,
        diagnoses=diagnose(_evidence(trial, score, seen)) if "diagnoses" in told else (),
        ancestry=path([trial], seen.trials.get) if history else (),
        best=(best.id, best.measured) if best and best.measured is not None and best.id != trial.id else None,
        notes=notes,
        tuned=trial.candidate.tuned,
    )


def _evidence(trial: Trial, score: Score, seen: Seen) -> Evidence:
    assert trial.run
    screening = trial.candidate.screening
    similar = screening and screening.similarity is not None and screening.similarity > 0.995
    return Evidence(
        run=trial.run,
        score=score.mean,
        horizon=seen.horizon,
        rate=seen.rate,
        twin=screening.twin if screening and similar else _same(trial, seen),
    )


def _same(trial: Trial, seen: Seen) -> str:
    """The first candidate with the very same program; nothing where that is this one."""
    program = trial.candidate.program
    first = next((name for name, other in seen.trials.items() if other.candidate.program == program), "")
    return "" if first == trial.id else first
