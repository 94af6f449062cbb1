"""Small records: candidates that were trained, without a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rewardsmith.records import (
    Candidate,
    CandidateState,
    Curve,
    Fault,
    Purpose,
    Run,
    RunState,
    Score,
    Trial,
    program_hash,
    run_id,
)

PROGRESS = (
    Curve("success", (None, 0.25, 0.5)),
    Curve("episode_length", (None, 50.0, 50.0)),
    Curve("total", (1.0, 2.0, 3.0)),
)


def run_of(
    identity: str, purpose: Purpose = Purpose.SEARCH, number: int = 0, *, failed: str = "", **changes: object
) -> Run:
    """A run that was trained to the end, or that failed because of ``failed``."""
    run = Run(
        id=run_id(identity, purpose, number),
        subject=identity,
        program=program_hash(""),
        purpose=purpose,
        seed=1,
        state=RunState.FAILED if failed else RunState.TRAINED,
        fault=Fault.CRASHED if failed else None,
        cause=failed,
        env_steps=100,
        progress=PROGRESS,
    )
    return replace(run, **changes)  # pyright: ignore[reportArgumentType]


def trained(
    identity: str,
    score: float | None,
    *,
    components: Mapping[str, Sequence[float]] | None = None,
    run: Mapping[str, object] | None = None,
    **changes: object,
) -> Trial:
    """A candidate with a run at its end, or a crashed one where ``score`` is ``None``.

    Args:
        identity: The candidate's.
        score: The true score.
        components: Curves of the reward's components.
        run: What is different of the run.
        changes: What is different of the candidate.
    """
    curves = tuple(Curve(name, tuple(values)) for name, values in (components or {}).items())
    program = program_hash(str(changes.get("program", "")))
    made = run_of(
        identity,
        failed="it fell over" if score is None else "",
        **{"components": curves, "program": program, **(run or {})},
    )
    candidate = Candidate(
        identity,
        0,
        "initial",
        state=CandidateState.ACCEPTED,
        source="def compute_reward(a): ...",
        idea="an idea",
    )
    candidate = replace(candidate, **changes)  # pyright: ignore[reportArgumentType]
    return Trial(candidate, (made,), None if score is None else Score(score, 0.01, 128))
