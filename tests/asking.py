"""Asking the openai writer, and watching what it pays and records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief, Quote, Task, TaskSheet
from rewardsmith.records import Call
from rewardsmith.testing.briefs import write_all
from rewardsmith.writers.openai.writer import OpenAIWriter
from tests.servers import ChatServer, Exchange, Reaction, serving

KEY = "sk-test-0123456789abcdef"


@dataclass
class Memory:
    """A ledger without limits."""

    calls: list[Call] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def recall(self, request: str) -> Call | None:
        return next((call for call in self.calls if call.answered and call.request == request), None)

    def reserve(self, quote: Quote) -> str:
        return ""

    def settle(self, quote: Quote, call: Call) -> None:
        self.calls.append(call)

    def tell(self, text: str) -> None:
        self.told.append(text)


def writer(server: ChatServer, options: LanguageModelOptions, **changes: object) -> OpenAIWriter:
    return OpenAIWriter(replace(options, base_url=server.url, **changes))  # pyright: ignore[reportArgumentType]


def briefs(task: Task, count: int = 1) -> list[Brief]:
    return [Brief(f"c{n:03d}", TaskSheet.of(task), "initial", (), n) for n in range(count)]


def ask(
    react: Callable[[Exchange], Reaction],
    options: LanguageModelOptions,
    task: Task,
    count: int = 1,
    **changes: object,
):
    """Drafts, recorded calls and the server's view of it."""
    memory = Memory()
    with serving(react) as server:
        drafts = write_all(writer(server, options, **changes), briefs(task, count), memory)
    return drafts, memory.calls, server
