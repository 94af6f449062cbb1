"""What a writer was asked and what it answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from rewardsmith.records.candidate import CandidateId
from rewardsmith.records.limits import Amount, Count
from rewardsmith.usage import Usage


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
    quoted_tokens: Count = 0
    """What it might have cost at most: where nobody knows what it did, that counts."""
    quoted_usd: Amount | None = None
    tries: Count = 1
    """Times that it was sent until the server neither put it off nor refused a parameter."""
    logprobs: str = ""
    """A line for each token of the reply: the token as a JSON string, a space, and the logarithm of
    its probability, or ``null``. Empty where nobody asked for them, or the server gave none."""
