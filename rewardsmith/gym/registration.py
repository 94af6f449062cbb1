"""Tasks in Gymnasium's registry."""

from __future__ import annotations

import gymnasium

from rewardsmith.registry import TASKS


def register() -> None:
    """Register every task that is not registered yet as ``rewardsmith/TASK-v0``.

    No task is imported: that happens when its environment is made. There is no
    ``max_episode_steps``, since a task ends its episodes itself.
    """
    for name in TASKS.names():
        known = f"rewardsmith/{name}-v0"
        if known not in gymnasium.registry:
            gymnasium.register(
                known,
                entry_point="rewardsmith.gym.single:TaskEnv",
                vector_entry_point="rewardsmith.gym.vector:TaskVectorEnv",
                kwargs={"task": name},
            )
