"""A run: one training of one program."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rewardsmith.records.limits import EPOCHS, MANY, Amount, Count, Number, Seed
from rewardsmith.records.score import Score

RunId = Annotated[
    str,
    Field(
        pattern=r"^(c([0-9]{3}|[1-9][0-9]{3,8})|human|sparse|native)"
        r"-(search|tune|tuned|confirm|finalist|final|baseline)-[0-9]{1,9}$"
    ),
]
"""Whose program, what for, and a number: ``c003-search-0``. Part of paths, so no other is read."""
_Subject = Annotated[str, Field(pattern=r"^(c([0-9]{3}|[1-9][0-9]{3,8})|human|sparse|native)$")]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Purpose(StrEnum):
    """What a run is for. Each has seeds and held-out episodes of its own."""

    SEARCH = "search"
    """Its score is what the strategy goes by."""
    TUNE = "tune"
    """A program of the search with other numbers, on the seed of its own training."""
    TUNED = "tuned"
    """The written numbers (0) and the best others (1) on a fresh seed, before the strategy hears
    of them."""
    CONFIRM = "confirm"
    """A promising program of the search on a fresh seed, before the strategy hears of it."""
    FINALIST = "finalist"
    """The best of the search, trained again: the winner is chosen by these scores."""
    FINAL = "final"
    """The winner, trained once more: these scores chose nothing, so they are not biased."""
    BASELINE = "baseline"
    """The human reward, the sparse one or the suite's own, trained on the same seeds and episodes
    as the winner."""


IN_SEARCH = (Purpose.SEARCH, Purpose.TUNE, Purpose.TUNED, Purpose.CONFIRM)
"""What a strategy hears of."""


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    TRAINED = "TRAINED"
    """To the end; the policy is saved, and scored or about to be."""
    EVICTED = "EVICTED"
    """Racing ended it: at a rung, too many others were better."""
    FAILED = "FAILED"
    """By the program's own fault."""
    LOST = "LOST"
    """By the machine's fault, which says nothing about the program; it is queued again."""

    @property
    def ended(self) -> bool:
        """Whether nothing more becomes of the run."""
        return self in (RunState.TRAINED, RunState.EVICTED, RunState.FAILED)


class Fault(StrEnum):
    """What a program did to fail in training."""

    CRASHED = "CRASHED"
    """It raised an error, or killed the worker."""
    TIMED_OUT = "TIMED_OUT"
    """It took far longer than all else, or stopped answering."""
    DIVERGED = "DIVERGED"
    """Its reward or its policy became non-finite."""


@dataclass(frozen=True)
class Curve:
    """One quantity over a training, one value an epoch.

    ``None`` where there was nothing to measure.
    """

    name: str
    values: Annotated[tuple[Number | None, ...], Field(max_length=EPOCHS)]


@dataclass(frozen=True)
class Rung:
    """How a training stood when racing looked at it."""

    env_steps: Count
    """Environment steps that it had taken."""
    score: Score
    """The true score of the policy as it then was, on held-out
    episodes that are used for nothing else."""
    rivals: Count
    """Runs before this one that reached the rung."""
    better: Count
    """How many of them had a higher score there."""


_Curves = Annotated[tuple[Curve, ...], Field(max_length=MANY)]


@dataclass(frozen=True)
class Run:
    """One training of one program on one seed."""

    id: RunId
    subject: _Subject
    """Whose program: a candidate's id, ``human``, ``sparse`` or ``native``."""
    program: _Hash
    """Of its text (see :func:`program_hash`)."""
    purpose: Purpose
    seed: Seed
    state: RunState = RunState.QUEUED
    tries: Count = 0
    """Times that it was lost."""
    executor: str = "local"
    settings: str = ""
    """The trainer's settings, JSON."""
    fault: Fault | None = None
    cause: str = ""
    """Why it failed, was evicted or was lost, in words."""
    due_steps: Count = 0
    """Environment steps of a whole training."""
    env_steps: Count = 0
    """Those that it took."""
    wall_s: Amount = 0.0
    """Seconds that it took, its share of what ran beside it."""
    components: _Curves = ()
    """Mean of every reward component per epoch."""
    spreads: _Curves = ()
    """Standard deviation of every reward component over the steps of an epoch."""
    progress: _Curves = ()
    """True score of training episodes, ``episode_length``, ``total`` (the proxy reward) and, where
    the trainer knows it, ``action_noise`` (of its exploration) per epoch."""
    rungs: Annotated[tuple[Rung, ...], Field(max_length=MANY)] = ()
    """What racing saw, rung by rung; empty without racing."""
    policy: str = ""
    """File of the trained policy, relative to the study; empty where there is none."""
    start: RunId | Literal[""] = ""
    """The run whose policy its training began from; empty: from scratch."""

    @property
    def rung(self) -> Rung | None:
        """Where racing ended it."""
        return self.rungs[-1] if self.state == RunState.EVICTED and self.rungs else None

    @property
    def label(self) -> str:
        """Its state in one word for a person: what a failed one did."""
        return str(self.fault or self.state)

    @property
    def first(self) -> bool:
        """Whether it is its subject's first for its purpose; a repaired program has a later one."""
        return self.id == run_id(self.subject, self.purpose, 0)


def run_id(subject: str, purpose: Purpose, number: int) -> str:
    """The name of the ``number``-th run of a subject for a purpose, from 0."""
    return f"{subject}-{purpose}-{number}"


def program_hash(program: str) -> str:
    """What tells whether two runs trained one program: SHA-256 of the text the guard printed."""
    return hashlib.sha256(program.encode()).hexdigest()
