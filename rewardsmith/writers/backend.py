"""What a model behind :class:`rewardsmith.writers.chat.ChatWriter` must offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.usage import Usage
from rewardsmith.writers.prompts import Message, Prompt

Parameters = Mapping[str, str | int | float]
"""Sampling parameters as they are sent."""
UNMETERED = Usage(calls=1, unmetered=1)
"""A call of which nobody knows what it cost."""
Tell = Callable[[str], None]
"""Takes one line for the user, such as what a request waits for."""


@dataclass(frozen=True)
class Answer:
    """What became of one request."""

    text: str = ""
    finish_reason: str = ""
    error: str = ""
    """Why the text is of no use."""
    answered: bool = True
    """Whether the model's answer came, good or bad. What else came, or nothing, is the server's
    trouble: no model is told of it."""
    too_long: bool = False
    """Whether the request is more than the model or the rate limit takes, so that only a shorter
    one may be answered."""
    usage: Usage = UNMETERED
    parameters: Parameters | None = None
    """As the server took them in the end."""
    messages: tuple[Message, ...] | None = None
    """As the server took them in the end."""
    logprobs: str = ""
    """See :attr:`rewardsmith.records.Call.logprobs`."""
    tries: int = 1


class UnreachableError(WriterError):
    """No connection came about, so that nothing was asked and nothing can be charged."""


class Backend(Protocol):
    """A model that answers one request at a time. Open while the writer writes."""

    model: str
    address: str
    concurrency: int

    async def __aenter__(self) -> Self:
        """Open connections."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        ...

    def parameters(self, brief: Brief) -> Parameters:
        """What the request for a brief asks for."""
        ...

    async def ask(self, prompt: Prompt, parameters: Parameters, tell: Tell) -> Answer:
        """Send one request and wait for its answer; failures are answers too.

        Args:
            prompt: The messages.
            parameters: As :meth:`parameters` made them.
            tell: Hears what the request waits for, and how long.

        Raises:
            WriterError: No other request would fare better.
        """
        ...
