"""Reading what servers send under the name of a chat completion."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from rewardsmith.usage import MAX_COUNT, Usage
from rewardsmith.writers.storable import one_line, storable

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_KEPT_CHARS = 100_000
"""Of an answer that is no completion; enough to see what it is."""


@dataclass(frozen=True)
class Reply:
    """The first choice of a completion."""

    text: str
    finish_reason: str
    usage: Usage
    error: str = ""
    """Why the text is of no use."""


def read_reply(body: bytes, cut: str = "") -> Reply:
    """Read a response body.

    JSON is UTF-8 (RFC 8259); what is not is replaced, and the guard sees it.

    Args:
        body: Of a response that says it is good.
        cut: Why the body is not whole; such a reply was made, and perhaps charged, but is useless.
    """
    text = body.decode("utf-8-sig", errors="replace")
    if cut:
        return replace(_unreadable(text), error=f"the reply cannot be read: {cut}")
    try:
        data: Json = json.loads(text)
    except (ValueError, RecursionError):
        return _unreadable(text)
    choices = _field(data, "choices")
    if not isinstance(choices, list):
        return _unreadable(text)
    usage = read_usage(_field(data, "usage"))
    choice = choices[0] if choices else None
    finish = _text(_field(choice, "finish_reason"))
    content = _content(_field(_field(choice, "message"), "content"))
    refusal = _text(_field(_field(choice, "message"), "refusal"))
    return Reply(content, finish, usage, _complaint(content, finish, refusal, bool(choices)))


def read_usage(data: Json) -> Usage:
    """Token counts.

    A server that does not count, or counts what cannot be, leaves the call unmetered.
    """
    prompt = _count(_field(data, "prompt_tokens"))
    completion = _count(_field(data, "completion_tokens"))
    if prompt is None or completion is None:
        return Usage(calls=1, unmetered=1)
    cached = _count(_field(_field(data, "prompt_tokens_details"), "cached_tokens"), prompt)
    reasoning = _count(_field(_field(data, "completion_tokens_details"), "reasoning_tokens"), completion)
    return Usage(1, prompt, completion, cached_tokens=cached or 0, reasoning_tokens=reasoning or 0)


def _count(data: Json, most: int = MAX_COUNT) -> int | None:
    """A number of tokens, or ``None`` where it is none, below zero or absurd."""
    return data if isinstance(data, int) and not isinstance(data, bool) and 0 <= data <= most else None


def _complaint(content: str, finish: str, refusal: str, chosen: bool) -> str:
    if not chosen:
        return "the reply has no choices."
    if finish == "length":
        return "the reply was cut off at the token limit (--llm.max-tokens). Answer more briefly."
    if content.strip():
        return ""
    ended = f" (finish reason {one_line(finish[:100])})" if finish else ""
    return f"the model refused: {one_line(refusal[:300])}" if refusal else f"the reply is empty{ended}."


def _unreadable(text: str) -> Reply:
    said = one_line(text[:_KEPT_CHARS])[:200] or "nothing"
    return Reply(
        text[:_KEPT_CHARS], "", Usage(calls=1, unmetered=1), f"the answer is not a chat completion: {said}"
    )


def _content(data: Json) -> str:
    """Text, also where it comes in parts."""
    if isinstance(data, list):
        return "".join(_text(_field(part, "text")) for part in data)
    return _text(data)


def _field(data: Json, name: str) -> Json:
    return data.get(name) if isinstance(data, dict) else None


def _text(data: Json) -> str:
    return storable(data) if isinstance(data, str) else ""
