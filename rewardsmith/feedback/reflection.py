"""The reflection: a training in words and numbers, for the writer's next revision."""

from __future__ import annotations

from rewardsmith.feedback.curve_table import component_summaries, stride, summarise
from rewardsmith.records import Trial
from rewardsmith.templates import render


def reflect(trial: Trial) -> str:
    """Tell what the policy trained on a candidate's program achieved, and how each component moved.

    The true score appears as values only; what is measured, the human reward and the proxy's own
    total are never shown.
    """
    run, rung = trial.run, trial.rung
    if run is None or trial.candidate.reason:
        return render("failure", reason=trial.candidate.reason)
    score = trial.score or (rung.score if rung else None)
    if score is None:
        return render("failure", reason=run.cause)
    shown = [summarise(curve) for curve in run.progress if curve.name != "total"]
    epochs = max((len(curve.values) for curve in run.progress), default=0)
    return render(
        "reflection",
        score=score,
        rung=rung,
        stride=stride(epochs),
        epochs=epochs,
        progress=shown,
        components=component_summaries(run),
    )
