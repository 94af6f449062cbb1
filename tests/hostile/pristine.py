"""An honest, finished study of three candidates, made without training: what the forgeries are made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Task
from rewardsmith.records import Call, Candidate, Curve, FinalRun, Score, State, TrainingResult
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training import episodes
from rewardsmith.usage import Usage
from tests.builders import save_policy

CONFIG = StudyConfig(
    "franka-reach",
    strategy="random",
    strategy_options={"samples": 2},
    candidates=3,
    final_seeds=1,
    episodes=4,
    training=TrainingOverrides(env_steps=640, envs=16, rollout=10, hidden=(8,), minibatches=2, mini_epochs=1),
)
"""What a forged study makes the program train is trained in a moment."""
SOURCE = """\
def compute_reward(tcp_pos, goal_pos):
    near = torch.exp(-torch.norm(goal_pos - tcp_pos, dim=-1) / 0.{n})
    return near, {{"near": near}}
"""


def make_study(folder: Path, guard: Guard, task: Task) -> None:
    """Write the study, with everything in it that a study may have."""
    with Study.create(folder, CONFIG) as study:
        for number in range(CONFIG.candidates):
            candidate = _candidate(f"c{number:03d}", guard, task, number)
            study.save(candidate)
            save_policy(study.policy_path(candidate.id), task)
            study.store.add_call(_call(candidate.id))
        episodes.save(study.episodes_path("c000"), _episodes(task))
        for name in ("best", "human", "sparse"):
            run = FinalRun(f"{name}-0", "best:c002" if name == "best" else name, _result(f"{name}-0", 0.5, "finals"))
            study.store.put_final(run)
            save_policy(study.policy_path(run.id), task)
        for key, value in (("notice", "made for a test"), ("seconds", "12.5"), ("stopped", ""), ("finished", "yes")):
            study.store.put_value(key, value)


def _candidate(identity: str, guard: Guard, task: Task, number: int) -> Candidate:
    source = SOURCE.format(n=number + 1)
    accepted = guard.check(source, task)
    assert accepted.accepted, accepted.text
    candidate = Candidate(identity, number // 2, "initial", (), State.ACCEPTED, "nearer is better", source, accepted.program, attempts=1)
    return replace(candidate, usage=Usage(1, 100, 50, 0.01)).trained(_result(identity, 0.1 * number, "candidates"))


def _result(identity: str, mean: float, place: str) -> TrainingResult:
    return TrainingResult(
        candidate=identity,
        state=State.SCORED,
        seed=7,
        env_steps=6144,
        wall_s=1.0,
        components=(Curve("near", (0.1, 0.2, 0.3)),),
        progress=(Curve("success", (None, 0.0, 0.1)), Curve("episode_length", (None, 50.0, 50.0)), Curve("total", (0.1, 0.2, 0.3))),
        score=Score(mean, 0.05, 4),
        policy=f"{place}/{identity}/policy.pt",
    )


def _call(identity: str) -> Call:
    return Call(
        candidate=identity,
        attempt=1,
        model="some-model",
        messages='[{"role": "user", "content": "a prompt"}]',
        parameters="{}",
        template="system@1 initial@1",
        reply=f"```python\n{SOURCE.format(n=1)}```",
        finish_reason="stop",
        error="",
        latency_s=1.0,
        usage=Usage(1, 100, 50, 0.01),
        operator="initial",
        request=f"key of {identity}",
        answered=True,
    )


def _episodes(task: Task) -> episodes.Episodes:
    """Two episodes of three moments, one of which ended well."""
    signals = {signal.name: torch.rand(2, 3, *signal.shape) for signal in task.signals}
    goal = torch.tensor([True, False])
    return episodes.Episodes(signals, torch.ones(2, 3).bool(), goal.float(), goal)
