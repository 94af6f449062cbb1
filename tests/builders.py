"""Small records for tests."""

from __future__ import annotations

from pathlib import Path

from rewardsmith.contracts import Task
from rewardsmith.records import Call, Candidate, Curve, Score, State, TrainingResult
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.usage import Usage


def trained(
    identity: str, score: float | None, *, components: dict[str, list[float]] | None = None, plan: str = "", **changes: object
) -> Candidate:
    """A candidate with a finished training, or a crashed one where ``score`` is ``None``."""
    state = State.CRASHED if score is None else State.SCORED
    result = TrainingResult(
        candidate=identity,
        state=state,
        seed=1,
        env_steps=100,
        components=tuple(Curve(name, tuple(values)) for name, values in (components or {}).items()),
        progress=(Curve("success", (None, 0.25, 0.5)), Curve("episode_length", (None, 50.0, 50.0)), Curve("total", (1.0, 2.0, 3.0))),
        score=None if score is None else Score(score, 0.01, 128),
        cause="" if score is not None else "it fell over",
    )
    fields = {
        "trainings": 1,
        "env_steps": 100,
        "state": state,
        "iteration": 0,
        "operator": "initial",
        "parents": (),
        "source": "def compute_reward(a): ...",
        "idea": "an idea",
    }
    return Candidate(id=identity, training=result, plan=plan, reason=result.cause, **{**fields, **changes})  # pyright: ignore[reportArgumentType]


def called(identity: str, usage: Usage, **changes: object) -> Call:
    """A call of a language model that gave a candidate's draft."""
    fields = {"attempt": 1, "model": "m", "messages": "[]", "parameters": "{}", "template": "t", "reply": "r", "finish_reason": "stop"}
    fields |= {"error": "", "latency_s": 0.5, "answered": True}
    return Call(candidate=identity, usage=usage, **{**fields, **changes})  # pyright: ignore[reportArgumentType]


def save_policy(path: Path, task: Task) -> None:
    """Write a policy that fits a task and has learnt nothing."""
    env = task.make(1, 1)
    policy = StackedPolicy(env.observation_size, env.action_size, (8,), 0.6, [0])
    save_slot(path, TrainedPolicy(policy, RunningNormaliser(1, env.observation_size)), 0, (8,))
