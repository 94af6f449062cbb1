"""The reflection: a training in words and numbers, for the writer's next revision."""

from __future__ import annotations

from rewardsmith.feedback.statistics import component_summaries, stride, summarise
from rewardsmith.records import Candidate, State
from rewardsmith.templates import render


def reflect(candidate: Candidate) -> str:
    """Tell what the policy trained on a candidate's program achieved, and how each component moved.

    The true score appears as values only; what is measured, the human reward and the proxy's own
    total are never shown.
    """
    training = candidate.training
    if training is None:
        return render("failure", reason=candidate.reason)
    rung = training.rungs[-1] if training.state == State.EVICTED else None
    score = training.score or (rung.score if rung else None)
    if score is None:
        return render("failure", reason=training.cause)
    shown = [summarise(curve) for curve in training.progress if curve.name != "total"]
    epochs = max((len(curve.values) for curve in training.progress), default=0)
    return render(
        "reflection", score=score, rung=rung, stride=stride(epochs), epochs=epochs, progress=shown, components=component_summaries(training)
    )
