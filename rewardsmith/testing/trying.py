"""All checks of a task, one after another, without a framework; and what it can promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import torch

from rewardsmith.contracts import Repeats, Task
from rewardsmith.errors import RewardsmithError, unknown_name
from rewardsmith.testing.rolling import N, actions, roll, seeds
from rewardsmith.testing.tasks import CHECKS, COMPARING, REPEATING

Outcome = Literal["ok", "failed", "excepted", "not owed"]
FIRST = "it_can_be_played"
"""Tried before everything else: where it fails, nothing else is tried."""
PROMISE = "it_repeats_as_it_says"
_ORDER: tuple[Repeats, ...] = ("run", "starts", "bit")
_WORDS = {
    "bit": "to the bit",
    "starts": "in its starts; the physics may differ in the last digits",
    "run": "in nothing: a seed names a run",
}


@dataclass(frozen=True)
class Verdict:
    """Of one check."""

    check: str
    outcome: Outcome
    reason: str = ""
    """Why it failed, and the words of the exception if there is one."""


def try_task(task: Task, exceptions: Mapping[str, str]) -> Iterator[Verdict]:
    """Verdicts, each as soon as it is known.

    Args:
        task: Any.
        exceptions: Checks that it may fail, and why.

    Raises:
        UsageError: An exception names no check.
    """
    names = [check.__name__ for check in CHECKS]
    for name in exceptions:
        if name not in names:
            raise unknown_name("check in `exceptions`", name, names)
    reason = _failure(it_can_be_played, task)
    yield Verdict(FIRST, "failed" if reason else "ok", reason)
    if reason:
        return
    claimed, repeating = task.capabilities.repeats, True
    for check in CHECKS:
        reason = _failure(check, task)
        repeating &= not (reason and check in REPEATING)
        if reason and check in (*REPEATING, *COMPARING) and claimed != "bit":
            yield Verdict(check.__name__, "not owed", reason)
        elif reason and check.__name__ in exceptions:
            yield Verdict(check.__name__, "excepted", f"{exceptions[check.__name__]} ({reason})")
        else:
            yield Verdict(check.__name__, "failed" if reason else "ok", reason)
    yield _promise(claimed, "bit" if repeating else _without_bits(task))


def it_can_be_played(task: Task) -> None:
    """One episode of random actions; every number is finite."""
    env = task.make(2, 1)
    env.reset(seeds(2))
    for number, step in enumerate(roll(env, actions(env, task.horizon)), 1):
        assert not step.unstable.any(), (
            f"at step {number} of random actions an observation, a signal or the metric was not finite. "
            "Random actions must not break it: clip what grows, or end the episode before"
        )
        assert step.native is None or step.native.isfinite().all(), (
            f"at step {number} of random actions its own reward was not finite"
        )
    env.close()


def _failure(check: Callable[[Task], None], task: Task) -> str:
    """Why a check fails, on one line; empty: it does not."""
    try:
        check(task)
    except (AssertionError, RewardsmithError) as error:
        return " ".join(str(error).split()) or "it says nothing more"
    return ""


def _without_bits(task: Task) -> Repeats:
    return "run" if _failure(same_seeds_begin_alike, task) else "starts"


def same_seeds_begin_alike(task: Task) -> None:
    """In a new simulation and in a used one; what comes after may differ."""
    used, new = task.make(N, 1), task.make(N, 1)
    first = used.reset(seeds())
    roll(used, actions(used, 12))
    again, fresh = used.reset(seeds()), new.reset(seeds())
    assert torch.equal(first, again) and torch.equal(first, fresh), (  # noqa: PT018
        "the same seeds began differently. Draw from the seeds alone, and reset everything"
    )


def _promise(claimed: Repeats, found: Repeats) -> Verdict:
    """Whether a task may claim what it does."""
    if _ORDER.index(claimed) > _ORDER.index(found):
        return Verdict(
            PROMISE, "failed",
            f"it says `repeats: {claimed}`, and repeats {_WORDS[found]}. Write `repeats: {found}`, or find "
            "what outlives a reset or draws from elsewhere",
        )  # fmt: skip
    if claimed != found:
        return Verdict(
            PROMISE,
            "ok",
            f"it says `repeats: {claimed}`, and here it repeats {_WORDS[found]}: it could say more",
        )
    return Verdict(PROMISE, "ok", f"{claimed}: {_WORDS[claimed]}")
