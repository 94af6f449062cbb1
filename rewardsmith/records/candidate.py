"""A candidate: what was proposed, and what was written for it. The writing side only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rewardsmith.records.limits import MANY, Count, Number
from rewardsmith.records.tuned_numbers import TunedNumbers

CandidateId = Annotated[str, Field(pattern=r"^c([0-9]{3}|[1-9][0-9]{3,8})$")]
"""``c000``, ``c001``, ...: part of paths, so a record with any other is refused when it is read."""
Names = Annotated[tuple[str, ...], Field(max_length=MANY)]


class CandidateState(StrEnum):
    """How far the writing of a candidate is."""

    PROPOSED = "PROPOSED"
    """The strategy asked for it, or its last program failed in
    training; no accepted program yet."""
    ACCEPTED = "ACCEPTED"
    """The guard accepted its program; the rest is told by its runs."""
    REJECTED = "REJECTED"
    """No acceptable program came out of the writer."""
    DROPPED = "DROPPED"
    """Screening put it behind the others, and the config says
    that such programs are not trained."""


@dataclass(frozen=True)
class Proposal:
    """What a strategy wants to try next."""

    operator: str
    """How the new program comes from its parents, such as ``initial`` or ``reflect``."""
    parents: tuple[str, ...] = ()
    """Candidate ids, in the order that the operator shows them."""
    follow_ups: tuple[str, ...] = ()
    """What the writer is asked about the candidate once it is trained: ``align``, ``verify``
    (see :mod:`rewardsmith.contracts`)."""


@dataclass(frozen=True)
class Objection:
    """One thing that is wrong with a reward program."""

    line: int | None
    """Line in the source that was given, where one can be named."""
    message: str
    """What is wrong."""
    hint: str = ""
    """What to write instead."""


@dataclass(frozen=True)
class Verdict:
    """What the guard says of one reward program."""

    accepted: bool
    layer: str = ""
    """The layer that refused: ``extract``, ``lexical``, ``syntax``,
    ``compile``, ``graph``, ``probe``."""
    line: int | None = None
    """Line in the source that was given, where one can be named."""
    message: str = ""
    """What is wrong; on acceptance what was left out, or that states had to be made up."""
    hint: str = ""
    """What to write instead."""
    program: str = ""
    """The re-printed program that was checked; only this text is ever compiled for training."""
    further: tuple[Objection, ...] = ()
    """What else the same layer objects to, where it could be told at once."""

    @property
    def text(self) -> str:
        """The verdict for a person or for a writer's repair, a line for every fault."""
        if self.accepted:
            return "accepted" + (f" ({self.message})" if self.message else "")
        objections = (Objection(self.line, self.message, self.hint), *self.further)
        return "\n".join(self._told(fault) for fault in objections)

    def _told(self, fault: Objection) -> str:
        where = f" (line {fault.line})" if fault.line else ""
        return f"{self.layer}{where}: {fault.message}" + (f" {fault.hint}" if fault.hint else "")


@dataclass(frozen=True)
class Screening:
    """What a program says, before it is trained, of episodes that earlier candidates played."""

    outcome: Number | None
    """How often, of two episodes with different true scores, the better
    one gets the higher reward; 0.5 is chance."""
    progress: Number | None
    """How often, within a successful episode, the later of two moments
    gets the higher reward; 0.5 is chance."""
    episodes: Count
    """Episodes that were looked at."""
    twin: str = ""
    """The earlier candidate whose program says most nearly the same of them."""
    similarity: Number | None = None
    """How nearly: correlation of both programs' rewards over all moments, -1 to 1."""

    @property
    def score(self) -> float | None:
        """Mean of what is known of outcome and progress."""
        known = [value for value in (self.outcome, self.progress) if value is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class Candidate:
    """A proposal and what was written for it."""

    id: CandidateId
    iteration: Count
    """Which asking of the strategy it came from, from 0."""
    operator: str
    parents: Annotated[tuple[CandidateId, ...], Field(max_length=MANY)] = ()
    follow_ups: Names = ()
    """What the writer is asked about it once it is trained."""
    origin: Literal["strategy", "person"] = "strategy"
    """Whose program it is: the writer's for the strategy's proposal, or a
    person's, which then took its place."""
    state: CandidateState = CandidateState.PROPOSED
    idea: str = ""
    source: str = ""
    """The last draft as it was written."""
    program: str = ""
    """What the guard printed of it; only this is ever compiled."""
    plan: str = ""
    """Private text of the writer that descendants get back (the grammar writer's tree)."""
    reason: str = ""
    """Why its last draft or training failed."""
    attempts: Count = 0
    """Drafts that the writer made for it, repairs included."""
    screening: Screening | None = None
    """What its program says of earlier episodes; ``None`` where
    there were none, or nobody looked."""
    judgement: Number | None = None
    """The writer's own rating of the finished program, -1 to 1 (RF-Agent's
    self-verification); ``None``: not asked."""
    followed_up: Names = ()
    """Follow-ups that are done."""
    tuned: TunedNumbers | None = None
    """How its numbers were changed after it was written; ``None``: nobody tried."""
