"""The records of a study: frozen, JSON-ready, shared by every part of the program.

A failure is a :class:`State`, never a sentinel number; a missing value is ``None``, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from rewardsmith.usage import Usage

CandidateId = Annotated[str, Field(pattern=r"^c([0-9]{3}|[1-9][0-9]{3,8})$")]
"""``c000``, ``c001``, ...: part of paths, so a record with any other is refused when it is read."""
FinalId = Annotated[str, Field(pattern=r"^(best|human|sparse)-[0-9]{1,9}$")]
Count = Annotated[int, Field(ge=0, le=10**15)]
Number = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e100, allow_inf_nan=False)]
_Seed = Annotated[int, Field(ge=0, lt=2**63)]
_MANY, _EPOCHS = 1_000, 100_000


class State(StrEnum):
    """Where a candidate stands. Everything after ``TRAINING`` is final."""

    PROPOSED = "PROPOSED"
    """The strategy asked for it; no accepted program yet."""
    ACCEPTED = "ACCEPTED"
    """The guard accepted its program; it waits for training."""
    SCORED = "SCORED"
    """Trained, and scored on held-out episodes."""
    REJECTED = "REJECTED"
    """No acceptable program came out of the writer."""
    CRASHED = "CRASHED"
    """Its training raised an error or killed the worker."""
    TIMED_OUT = "TIMED_OUT"
    """Its training stopped answering."""
    DIVERGED = "DIVERGED"
    """Its reward or its policy became non-finite during training."""
    EVICTED = "EVICTED"
    """Racing ended its training: at a rung, too many others were better."""
    DROPPED = "DROPPED"
    """Screening put it behind the others, and the config says that such programs are not trained."""

    @property
    def final(self) -> bool:
        """Whether the candidate will not change any more."""
        return self not in (State.PROPOSED, State.ACCEPTED)


@dataclass(frozen=True)
class Proposal:
    """What a strategy wants to try next."""

    operator: str
    """How the new program comes from its parents, such as ``initial`` or ``reflect``."""
    parents: tuple[str, ...] = ()
    """Candidate ids, in the order that the operator shows them."""
    follow_ups: tuple[str, ...] = ()
    """What the writer is asked about the candidate once it is trained: ``align``, ``verify`` (see :mod:`rewardsmith.contracts`)."""


@dataclass(frozen=True)
class Verdict:
    """What the guard says of one reward program."""

    accepted: bool
    layer: str = ""
    """The layer that refused: ``extract``, ``lexical``, ``syntax``, ``compile``, ``graph``, ``probe``."""
    line: int | None = None
    """Line in the source that was given, where one can be named."""
    message: str = ""
    """What is wrong; on acceptance empty, or a notice that only made-up states could be tried."""
    hint: str = ""
    """What to write instead."""
    program: str = ""
    """The re-printed program that was checked; only this text is ever compiled for training."""

    @property
    def text(self) -> str:
        """The verdict as one line, for a person or for a writer's repair."""
        if self.accepted:
            return "accepted"
        where = f" (line {self.line})" if self.line else ""
        return f"{self.layer}{where}: {self.message}" + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class Draft:
    """A writer's answer to one brief."""

    candidate: str
    idea: str = ""
    source: str = ""
    """The reward program as written; empty where the writer had nothing usable."""
    plan: str = ""
    """Private text of the writer that descendants get back (the grammar writer's tree)."""
    error: str = ""
    """Why there is no source."""
    usage: Usage = field(default_factory=Usage)
    judgement: float | None = None
    """The answer to a ``verify`` brief, -1 to 1."""
    withheld: str = ""
    """The limit of the budget for which nothing was asked; the candidate stays as it is."""


@dataclass(frozen=True)
class Call:
    """One request to a language model, as it was sent and answered."""

    candidate: CandidateId
    attempt: Count
    model: str
    messages: str
    """JSON list of the messages."""
    parameters: str
    """JSON object of the sampling parameters."""
    template: str
    """Template names and content hash."""
    reply: str
    finish_reason: str
    error: str
    latency_s: Amount
    usage: Usage
    operator: str = ""
    request: str = ""
    """Key of the request: a hash of address, model, messages, parameters, candidate and attempt."""
    answered: bool = False
    """Whether an answer came, good or bad. Such a request is never sent again."""
    tries: Count = 1
    """Times that it was sent until the server neither put it off nor refused a parameter."""


@dataclass(frozen=True)
class Curve:
    """One quantity over a training, one value an epoch; ``None`` where there was nothing to measure."""

    name: str
    values: Annotated[tuple[Number | None, ...], Field(max_length=_EPOCHS)]


@dataclass(frozen=True)
class Score:
    """The true score of a trained policy."""

    mean: Number
    standard_error: Amount
    episodes: Count
    unstable: Count = 0
    """Episodes that the simulator lost to non-finite states; they count as not successful."""
    method: str = "heldout"


@dataclass(frozen=True)
class Rung:
    """How a training stood when racing looked at it."""

    env_steps: Count
    """Environment steps that it had taken."""
    score: Score
    """The true score of the policy as it then was, on held-out episodes that are used for nothing else."""
    rivals: Count
    """Candidates before this one that reached the rung."""
    better: Count
    """How many of them had a higher score there."""


@dataclass(frozen=True)
class Screening:
    """What a program says of episodes that earlier candidates played, before it is trained itself."""

    outcome: Number | None
    """How often, of two episodes with different true scores, the better one gets the higher reward; 0.5 is chance."""
    progress: Number | None
    """How often, within a successful episode, the later of two moments gets the higher reward; 0.5 is chance."""
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
class TrainingResult:
    """What one training of one program gave."""

    candidate: str
    state: State
    seed: _Seed
    env_steps: Count = 0
    wall_s: Amount = 0.0
    components: Annotated[tuple[Curve, ...], Field(max_length=_MANY)] = ()
    """Mean of every reward component per epoch."""
    progress: Annotated[tuple[Curve, ...], Field(max_length=_MANY)] = ()
    """``success`` (training episodes), ``episode_length`` and ``total`` (the proxy reward) per epoch."""
    score: Score | None = None
    policy: str = ""
    """File name of the saved policy, relative to the study folder."""
    cause: str = ""
    """Why there is no score."""
    rungs: Annotated[tuple[Rung, ...], Field(max_length=_MANY)] = ()
    """What racing saw, rung by rung; empty without racing."""


@dataclass(frozen=True)
class Candidate:
    """One program with its lineage, state, training result and score."""

    id: CandidateId
    iteration: Count
    operator: str
    parents: Annotated[tuple[CandidateId, ...], Field(max_length=_MANY)]
    state: State = State.PROPOSED
    idea: str = ""
    source: str = ""
    program: str = ""
    plan: str = ""
    reason: str = ""
    attempts: Count = 0
    """Drafts that the writer made for this candidate, repairs included."""
    usage: Usage = field(default_factory=Usage)
    """Of the replies that came; those that were lost are in the study's calls only, which are the bill."""
    training: TrainingResult | None = None
    """The last training; earlier ones failed and were repaired."""
    trainings: Count = 0
    """Trainings that this candidate took, failed ones included."""
    env_steps: Count = 0
    """Environment steps that all of them took."""
    training_s: Amount = 0.0
    """Seconds that all of them took, its share of the batches."""
    screening: Screening | None = None
    """What its program says of earlier episodes; ``None`` where there were none, or nobody looked."""
    judgement: Number | None = None
    """The writer's own rating of the finished program, -1 to 1 (RF-Agent's self-verification); ``None``: not asked."""
    rungs: Annotated[tuple[Rung, ...], Field(max_length=_MANY)] = ()
    """What racing saw of its first training; candidates behind it are compared with that, whatever became of it."""
    followed_up: Annotated[tuple[str, ...], Field(max_length=_MANY)] = ()
    """Follow-ups of its proposal that are done."""

    def trained(self, result: TrainingResult) -> Candidate:
        """The candidate after one more training."""
        return replace(
            self,
            state=result.state,
            training=result,
            reason=result.cause,
            trainings=self.trainings + 1,
            env_steps=self.env_steps + result.env_steps,
            training_s=self.training_s + result.wall_s,
            rungs=self.rungs if self.trainings else result.rungs,
        )

    @property
    def score(self) -> Score | None:
        """The true score, or ``None`` where the candidate was not trained to the end."""
        return self.training.score if self.training else None


@dataclass(frozen=True)
class FinalRun:
    """One training of the closing comparison: the winner or a baseline, on a fresh seed."""

    id: FinalId
    reward: Annotated[str, Field(pattern=r"^(human|sparse|best:c[0-9]{3,9})$")]
    """``best`` (with the candidate's id behind a colon), ``human`` or ``sparse``."""
    training: TrainingResult
