"""A machine with little memory."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from rewardsmith.contracts import Device, Task


class _Cramped:
    def __init__(self, task: Task, room: int) -> None:
        self._task, self._room = task, room
        self._live: list[weakref.ref[Any]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._task, name)

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> Any:
        gc.collect()
        envs = [env for live in self._live if (env := live()) is not None]
        if num_envs + sum(env.made for env in envs) > self._room:
            raise MemoryError
        env: Any = self._task.make(num_envs, threads, device)
        env.made = num_envs
        self._live.append(weakref.ref(env))
        return env


def cramped(task: Task, room: int) -> Any:
    """A task on a machine that has memory for so many environments at a time."""
    return _Cramped(task, room)
