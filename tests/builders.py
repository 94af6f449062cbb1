"""Small records for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import Task
from rewardsmith.records import Call, Candidate, CandidateState, Curve, Fault, Purpose, Run, RunState, Score, Trial, program_hash, run_id
from rewardsmith.study import Study
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.usage import Usage

PROGRESS = (Curve("success", (None, 0.25, 0.5)), Curve("episode_length", (None, 50.0, 50.0)), Curve("total", (1.0, 2.0, 3.0)))


def run_of(identity: str, purpose: Purpose = Purpose.SEARCH, number: int = 0, *, failed: str = "", **changes: object) -> Run:
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
    made = run_of(identity, failed="it fell over" if score is None else "", **{"components": curves, "program": program, **(run or {})})
    candidate = Candidate(identity, 0, "initial", state=CandidateState.ACCEPTED, source="def compute_reward(a): ...", idea="an idea")
    candidate = replace(candidate, **changes)  # pyright: ignore[reportArgumentType]
    return Trial(candidate, (made,), None if score is None else Score(score, 0.01, 128))


def called(identity: str, usage: Usage, **changes: object) -> Call:
    """A call of a language model that gave a candidate's draft."""
    fields = {"attempt": 1, "model": "m", "messages": "[]", "parameters": "{}", "template": "t", "reply": "r", "finish_reason": "stop"}
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


def save_policy(path: Path, task: Task) -> None:
    """Write a policy that fits a task and has learnt nothing."""
    env = task.make(1, 1)
    policy = StackedPolicy(env.observation_size, env.action_size, (8,), 0.6, [0])
    save_slot(path, TrainedPolicy(policy, RunningNormaliser(1, env.observation_size)), 0, (8,))
