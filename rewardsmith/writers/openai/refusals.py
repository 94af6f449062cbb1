"""What a server means by a refusal: not now, not so long, not this parameter, or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

import openai

from rewardsmith.writers.openai.backoff import retry_after

_HOPELESS = (401, 402, 403, 404, 405)
"""No key, no money, no right, no such model or place: no other request would change that."""
_PASSING = (408, 409, 425, 500, 502, 503, 504, 520, 522, 524, 529)
"""Answers that the same request may not get again."""
_ABOUT_THE_REQUEST = (400, 422)
_NO_ROLE = re.compile(
    r"\brole\b.{0,80}\bsystem\b|\bsystem\W{1,3}(role|message|prompt|instruction)|developer instruction"
    r"|roles must alternate|only\W.{0,30}\buser\b.{0,30}\bassistant\b.{0,30}\broles?\b",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LONG = re.compile(
    r"context[ _-](length|size|window)|maximum (context|model) length|(prompt|input|request) is too long"
    r"|too many (input |prompt )?tokens|token count.{0,60}exceeds|tokens?\b.{0,80}must be <=",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LARGE = re.compile(
    r"request too large|tokens must be reduced|reduce (your|the) (message |prompt |request )?(size|length)",
    re.IGNORECASE,
)
_READ_CHARS = 100_000
"""Of an answer: what it means stands at its beginning, and it may be megabytes."""
_NUMBERS = re.compile(r"\blimit:?\s+(\d+)\b.*\brequested:?\s+(\d+)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Refusal:
    """An answer that is none: an HTTP error, or an error inside a good response."""

    status: int
    """Of HTTP; 0 for an error without one."""
    text: str
    """What the server says, as it says it."""
    named: str = ""
    """The parameter that it names as the wrong one."""
    wait_s: float | None = None
    """How long it asks to be left alone."""
    location: str = ""
    """Where it sends requests on to."""
    details: str = ""
    """All else that its answer holds."""

    @classmethod
    def of(cls, error: openai.APIStatusError) -> Refusal:
        """Read the library's error."""
        headers = error.response.headers
        text, details = str(error)[:_READ_CHARS], json.dumps(error.body, default=str)[:_READ_CHARS]
        silent = text == f"Error code: {error.status_code}"  # so the library reads unusual forms
        return cls(
            error.status_code,
            f"{text} - {details}" if silent else text,
            str(getattr(error, "param", None) or "").split(".")[-1],
            retry_after(headers),
            headers.get("location", ""),
            details,
        )

    @property
    def _words(self) -> str:
        return f"{self.text} {self.details}"

    @property
    def moved(self) -> bool:
        """Whether the request is sent on to another address."""
        return 300 <= self.status < 400

    @property
    def hopeless(self) -> bool:
        """Whether no other request would fare better."""
        return self.status in _HOPELESS or (self.status == 429 and "insufficient_quota" in self._words)

    @property
    def too_long(self) -> bool:
        """Whether only a shorter request may be answered.

        It is too long for the model, or larger than a rate limit ever allows: no waiting helps.
        """
        if self.status in (413, 429):
            numbers = _NUMBERS.search(self._words)
            alone = numbers is not None and int(numbers[2][:18]) > int(numbers[1][:18])
            return self.status == 413 or alone or _TOO_LARGE.search(self._words) is not None
        return self.status in (*_ABOUT_THE_REQUEST, 500) and is_too_long(self._words)

    @property
    def rate_limited(self) -> bool:
        """Whether it is too much at once."""
        return self.status == 429

    @property
    def passing(self) -> bool:
        """Whether the same request may be answered later."""
        return self.status in (0, *_PASSING)

    @property
    def of_the_system_role(self) -> bool:
        """Whether the model takes no message of the system."""
        return self.status in (*_ABOUT_THE_REQUEST, 500) and _NO_ROLE.search(self._words) is not None

    def parameter(self, sent: Iterable[str]) -> str:
        """Which of the parameters that were sent the server refuses; nothing if none."""
        names = list(sent)
        if self.status == 403:  # of OpenAI's reasoning models
            names = [name for name in names if name == "logprobs"]
        elif self.status not in _ABOUT_THE_REQUEST:
            return ""
        if self.named in names:
            return self.named
        return next((name for name in names if re.search(rf"\b{name}\b", self._words)), "")


def is_too_long(text: str) -> bool:
    """Whether a message says that a prompt does not fit into the model's context."""
    return _TOO_LONG.search(text) is not None
