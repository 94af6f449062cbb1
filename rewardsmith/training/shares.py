"""How the simulations of one worker share what a task says that memory holds."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.contracts import Task


@dataclass(frozen=True)
class Shares:
    """Environments at a time, at most; ``None``: nothing is known."""

    training: int | None = None
    """Of all that are trained: a half."""
    rungs: int | None = None
    """Of those that play at a race's rungs: a quarter."""
    scoring: int | None = None
    """Of those that play held-out episodes when a training is at its end: the rest."""


def shares(task: Task) -> Shares:
    """Of :attr:`rewardsmith.contracts.Capabilities.most_envs`, one each at least.

    All of them are kept while a worker works, so together they are no more than the task says.
    """
    most = task.capabilities.most_envs
    if most is None:
        return Shares()
    return Shares(max(1, most // 2), max(1, most // 4), max(1, most // 4))
