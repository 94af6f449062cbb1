"""The reward of a task's environments, by what the user called it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import NATIVE, SPARSE, Step, Task
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.gym.programs import EpisodeProgram

HUMAN = "human"


class TaskReward:
    """What a step of a task earns: its sparse reward, its suite's, a person's or a program's."""

    def __init__(self, reward: str | Path, task: Task) -> None:
        """Find the reward.

        Args:
            reward: ``sparse``, ``human``, ``native``, a file with a reward program, or its text.
            task: Whose steps it rewards.

        Raises:
            UsageError: The task has no such reward, there is no such file, or the guard refuses it.
        """
        self._name = str(reward)
        self._program: EpisodeProgram | None = None
        if reward == NATIVE and not task.capabilities.native:
            raise UsageError(f"{task.name} has no native reward. {_CHOICE}")
        if reward == HUMAN:
            if not task.human_reward:
                raise UsageError(f"{task.name} has no human reward. {_CHOICE}")
            self._program = EpisodeProgram(
                task.human_reward, task.signals, f"the human reward of {task.name}"
            )
        elif reward not in (SPARSE, NATIVE):
            if "\n" not in self._name and not Path(self._name).exists():
                raise UsageError(f"there is no reward {self._name!r}. {_CHOICE}")
            self._program = EpisodeProgram(reward, task.signals)

    def of(self, step: Step, first: Tensor) -> Tensor:
        """The reward of a step, ``(num_envs,)`` float32.

        Args:
            step: What the environments gave.
            first: Whether it was the first step of its episode, ``(num_envs,)`` bool.

        Raises:
            RewardsmithError: The program failed, or the environments lack the reward.
        """
        if self._program:
            return self._program.total(step.signals, first)
        if self._name == SPARSE:
            return step.sparse.to(torch.float32)
        if step.native is None:
            raise RewardsmithError(
                "the task says that it has a native reward, but its step gives none. Mend the task, or take "
                "another reward."
            )
        return step.native.to(torch.float32)


_CHOICE = "Give reward='sparse', 'human' or 'native', as the task has them, or a file with a reward program."
