"""What a writer must offer, and what it is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rewardsmith.contracts.environment import Signal, Span
from rewardsmith.contracts.task import Task
from rewardsmith.contracts.told import Told
from rewardsmith.records import Call, Candidate, Draft, Trial
from rewardsmith.usage import Price, Usage

ALIGN = "align"
"""Operator of a brief that asks to describe its parent anew, idea and
code in hand (RF-Agent's thought alignment)."""


VERIFY = "verify"
"""Operator of a brief that asks how well its parent will lead to the
task, -1 to 1 (RF-Agent's self-verification)."""


@dataclass(frozen=True)
class TaskSheet:
    """What a writer may know of a task: no human reward, no simulator."""

    name: str
    description: str
    signals: tuple[Signal, ...]
    has_metric: bool
    """Whether the true score is a number of the task's own, and no success rate."""
    goal: str = ""
    """The rule of success in words, with its threshold; empty: it is not told."""
    facts: tuple[str, ...] = ()
    """What a person would measure of robot and scene, a sentence each; empty: not told."""
    starts: Mapping[str, Span] = field(default_factory=dict[str, Span])
    """Where episodes start, by signal; empty: not told."""
    training: tuple[str, ...] = ()
    """How policies are trained and scored, a sentence each; empty: not told."""
    past: bool = False
    """Whether it is told that signals can be read as they were (see :func:`readable`)."""

    @classmethod
    def of(cls, task: Task, told: Collection[Told] = (), training: tuple[str, ...] = ()) -> TaskSheet:
        """The sheet of a task.

        Args:
            task: The task.
            told: What of it is told; name, description and signals always are.
            training: How policies are trained and scored.
        """
        return cls(
            task.name,
            task.description,
            task.signals,
            task.has_metric,
            goal=task.success_rule.removeprefix("metric: ") if "goal" in told else "",
            facts=task.facts if "scene" in told else (),
            starts=task.starts if "scene" in told else {},
            training=training if "training" in told else (),
            past="progress" in told,
        )


@dataclass(frozen=True)
class Parent:
    """A parent as its writer sees it: the program and what its training showed."""

    trial: Trial
    feedback: str
    """What its training showed, as text (see :mod:`rewardsmith.feedback`)."""
    summary: str = ""
    """The same in a few lines, for prompts that would be too long; empty where all is told."""
    path: str = ""
    """How it came about, as text; empty where that is not told."""

    @property
    def candidate(self) -> Candidate:
        """Its program and idea."""
        return self.trial.candidate


@dataclass(frozen=True)
class Repair:
    """A draft that the guard refused, and why."""

    source: str
    error: str
    attempt: int
    """How many drafts were refused so far, from 1."""


@dataclass(frozen=True)
class Brief:
    """An order to a writer: one candidate, or with ``align`` and ``verify`` a question about one.

    Operators are names that strategy and writer share. A strategy may use any that its writers
    know; language models know those with a template under ``prompts/``.
    """

    candidate: str
    task: TaskSheet
    operator: str
    parents: tuple[Parent, ...]
    seed: int
    """A seed of this candidate alone, for writers that draw at random."""
    repair: Repair | None = None
    """What was wrong with the last draft; ``None`` at first, and
    where the writer is to start over."""
    attempt: int = 1
    """Number of this draft of the candidate, from 1."""
    notes: tuple[str, ...] = ()
    """What people want of every program of the search."""


@dataclass(frozen=True)
class Quote:
    """What one call may cost at most, as far as can be said before it is made."""

    prompt_tokens: int
    completion_tokens: int
    """The limit of one reply."""
    price: Price | None
    """``None``: unknown."""

    @property
    def tokens(self) -> int:
        """Of both kinds."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def usd(self) -> float | None:
        """The whole in USD, with nothing cached."""
        return self.price.of(Usage(1, self.prompt_tokens, self.completion_tokens)) if self.price else None


class Ledger(Protocol):
    """What a writer spends, and what it need not spend again."""

    def recall(self, request: str) -> Call | None:
        """The answer that this study has to a request, by the request's key."""
        ...

    def reserve(self, quote: Quote) -> str:
        """Set tokens and money aside for one call.

        Returns:
            Nothing, or the limit that the call would exceed while all other calls are in flight.
        """
        ...

    def settle(self, quote: Quote, call: Call) -> None:
        """Record a call, and count what it cost in place of what was set aside for it."""
        ...

    def tell(self, text: str) -> None:
        """Let the user know of something in one line, such as what a call waits for."""
        ...


class Writer(Protocol):
    """Turns briefs into drafts.

    A registered writer is called with ``(options)``, the study's language-model options. Where it
    has a class method ``dry``, a dry run calls that: what it makes need not be able to write.
    """

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def notice(self) -> str:
        """One line about what stands behind this writer; printed and recorded with the study."""
        ...

    @property
    def concurrency(self) -> int:
        """How many threads may call :meth:`write` at a time."""
        ...

    def prompt(self, brief: Brief) -> str:
        """What would be sent for this brief, for ``--dry-run``."""
        ...

    def quote(self, brief: Brief) -> Quote | None:
        """What the first call for this brief may cost; ``None`` where none is made."""
        ...

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        """Answer a brief.

        A call is made only if the ledger does not recall its answer and after it reserved its
        quote, and is settled as it comes in.

        Args:
            brief: Of a candidate for which no other thread writes.
            ledger: The study's, the same for all calls.

        Raises:
            WriterError: No draft can be had now. The candidate stays as it is, and the search
                ends; resumed, it asks again.
        """
        ...

    def close(self) -> None:
        """Give up what is under way, and end: nothing is written any more.

        It may be called again.
        """
        ...
