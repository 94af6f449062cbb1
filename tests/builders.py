"""Small records for tests."""

from __future__ import annotations

from dataclasses import replace

from rewardsmith.records import Call, Run, Score, Trial
from rewardsmith.study import Study
from rewardsmith.testing.policies import save_policy
from rewardsmith.testing.trials import PROGRESS, run_of, trained
from rewardsmith.usage import Usage

__all__ = ["PROGRESS", "called", "keep", "keep_run", "run_of", "save_policy", "trained"]


def called(identity: str, usage: Usage, **changes: object) -> Call:
    """A call of a language model that gave a candidate's draft."""
    fields = {
        "attempt": 1,
        "model": "m",
        "messages": "[]",
        "parameters": "{}",
        "template": "t",
        "reply": "r",
        "finish_reason": "stop",
    }
    fields |= {"error": "", "latency_s": 0.5, "answered": True}
    return Call(candidate=identity, usage=usage, **{**fields, **changes})  # pyright: ignore[reportArgumentType]


def keep(study: Study, *trials: Trial) -> None:
    """Put candidates with their runs and scores into a study."""
    for trial in trials:
        study.store.put_candidate(trial.candidate)
        for run in trial.runs:
            keep_run(study, run, trial.score if run is trial.run else None)


def keep_run(study: Study, run: Run, score: Score | None) -> None:
    """Put a run with its score into a study."""
    study.store.put_run(run)
    if score:
        study.store.put_score(run.id, replace(score, seed=study.evaluation_seed(run.purpose)))
