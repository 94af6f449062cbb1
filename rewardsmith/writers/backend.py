"""What a model behind :class:`rewardsmith.writers.chat.ChatWriter` must offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rewardsmith.contracts import Brief
from rewardsmith.errors import WriterError
from rewardsmith.usage import Usage
from rewardsmith.writers.prompts import Prompt

Parameters = Mapping[str, str | int | float]
"""Sampling parameters as they are sent."""
UNMETERED = Usage(calls=1, unmetered=1)
"""A call of which nobody knows what it cost."""


@dataclass(frozen=True)
class Answer:
    """What became of one request."""

    text: str = ""
    finish_reason: str = ""
    error: str = ""
    """Why the text is of no use."""
    answered: bool = True
    """Whether the model's answer came, good or bad."""
    again: bool = False
    """Whether the same request may do better at once."""
    usage: Usage = UNMETERED
    parameters: Parameters | None = None
    """As the server took them in the end."""
    tries: int = 1


class SilentError(WriterError):
    """None of the last requests was answered."""

    def __init__(self, message: str, usage: Usage) -> None:
        """Keep what the last of them cost, as far as anybody knows."""
        super().__init__(message)
        self.usage = usage


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

    async def ask(self, prompt: Prompt, parameters: Parameters) -> Answer:
        """Send one request and wait for its answer; failures are answers too.

        Raises:
            WriterError: No other request would fare better.
        """
        ...
