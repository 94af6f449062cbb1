"""Scores of a candidate beside the one that it is listed with, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from rewardsmith.cli.views import label, score_text
from rewardsmith.records import Purpose, Trial
from rewardsmith.reports.summary import shown_state
from rewardsmith.shown import number
from rewardsmith.study import Study

_FURTHER = {
    Purpose.CONFIRM: "trained again to confirm it",
    Purpose.TUNE: "with other numbers, which chose among them",
    Purpose.TUNED: "with the written numbers, on a fresh seed",
}


def further_scores(study: Study, trial: Trial) -> Iterator[str]:
    """What its policy got when it was scored again, and what its confirming trainings got."""
    own, scores = trial.score, study.store.scores()
    for key, score in scores.items():
        if trial.run and key.startswith(f"{trial.run.id}/") and score != own:
            yield f"scored again: {score_text(score)}"
    for run in trial.further:
        score = study.score(run)
        state = shown_state(run.label, interrupted=study.interrupted)
        yield f"{_FURTHER[run.purpose]}: {score_text(score) if score else label(state)}"
    if trial.confirmed:
        yield f"mean of its {len(trial.scores)} trainings: {number(trial.measured)}"
