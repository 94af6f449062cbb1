"""Rewards that a task has by itself: what a found one is compared with."""

from __future__ import annotations

from rewardsmith.contracts import NATIVE, SPARSE, Task
from rewardsmith.errors import UsageError
from rewardsmith.reward.guard.static import check_source

HUMAN = "human"
"""Names the task's human reward."""
BASELINES = (HUMAN, SPARSE, NATIVE)
"""All names that there are. No candidate has one of these."""


def baselines(task: Task) -> tuple[str, ...]:
    """Those of a task, in the order of a report."""
    has = {HUMAN: bool(task.human_reward), SPARSE: True, NATIVE: bool(task.capabilities.native)}
    return tuple(name for name in BASELINES if has[name])


def check_baseline(task: Task, name: str) -> None:
    """Refuse a baseline that a task lacks.

    Raises:
        UsageError: It says which ones the task has.
    """
    known = baselines(task)
    if name in known:
        return
    lacks = {
        HUMAN: "nobody wrote a human reward for it",
        NATIVE: "its suite gives no dense reward of its own",
    }
    raise UsageError(
        f"{task.name} has no {name} reward: {lacks[name]}. What it has: {', '.join(known)}. Or give a file "
        "with a reward program."
    )


def control(task: Task) -> str:
    """A reward that can be trained on if the machine is in order, as a job's program.

    That is the human one as the guard prints it, or else the best of what a step gives by itself.
    """
    if task.human_reward:
        return check_source(task.human_reward, task.signals).program
    return NATIVE if task.capabilities.native else SPARSE
