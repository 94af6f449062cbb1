"""An honest, finished study of three candidates, made without
training: what the forgeries are made from."""

from __future__ import annotations

from pathlib import Path

import torch

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import SPARSE, Task
from rewardsmith.records import (
    Call,
    Candidate,
    CandidateState,
    Curve,
    Event,
    Purpose,
    Run,
    RunState,
    Score,
    program_hash,
    run_id,
)
from rewardsmith.reward.guard import Guard
from rewardsmith.store.record_checks import policy_file
from rewardsmith.study import Study
from rewardsmith.training import episodes
from rewardsmith.usage import Usage
from tests.builders import keep_run, save_policy

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
        candidates = [
            _candidate(f"c{number:03d}", guard, task, number) for number in range(CONFIG.candidates)
        ]
        for candidate in candidates:
            study.save(candidate)
            study.store.add_call(_call(candidate.id))
        for names, limit in ((("c000", "c001"), 3), (("c002",), 1)):
            study.store.add_event(Event("asked", names, limit))
            study.store.add_event(Event("told", names))
        for number, candidate in enumerate(candidates):
            _keep(study, task, _run(candidate.id, candidate.program, Purpose.SEARCH), 0.1 * number)
        episodes.save(study.episodes_path(study.store.runs()["c000-search-0"]), _episodes(task))
        human = guard.check(task.human_reward, task).program
        _keep(study, task, _run("c002", candidates[2].program, Purpose.FINAL), 0.5)
        for name, program in (("human", human), (SPARSE, SPARSE)):
            _keep(study, task, _run(name, program, Purpose.BASELINE), 0.5)
        for key, value in (
            ("notice", "made for a test"),
            ("seconds", "12.5"),
            ("stopped", ""),
            ("finished", "yes"),
        ):
            study.store.put_value(key, value)


def _candidate(identity: str, guard: Guard, task: Task, number: int) -> Candidate:
    source = SOURCE.format(n=number + 1)
    accepted = guard.check(source, task)
    assert accepted.accepted, accepted.text
    return Candidate(
        identity,
        iteration=number // 2,
        operator="initial",
        state=CandidateState.ACCEPTED,
        idea="nearer is better",
        source=source,
        program=accepted.program,
        attempts=1,
    )


def _run(subject: str, program: str, purpose: Purpose) -> Run:
    name = run_id(subject, purpose, 0)
    return Run(
        id=name,
        subject=subject,
        program=program_hash(program),
        purpose=purpose,
        seed=7,
        state=RunState.TRAINED,
        due_steps=6144,
        env_steps=6144,
        wall_s=1.0,
        components=(Curve("near", (0.1, 0.2, 0.3)),),
        progress=(
            Curve("success", (None, 0.0, 0.1)),
            Curve("episode_length", (None, 50.0, 50.0)),
            Curve("total", (0.1, 0.2, 0.3)),
        ),
        policy=policy_file(name),
    )


def _keep(study: Study, task: Task, run: Run, mean: float) -> None:
    keep_run(study, run, Score(mean, 0.05, 4))
    save_policy(study.policy_path(run), task)


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
