"""Reading what servers send under the name of a chat completion."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rewardsmith.usage import Usage

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


@dataclass(frozen=True)
class Reply:
    """The first choice of a completion."""

    text: str
    finish_reason: str
    usage: Usage
    error: str = ""
    """Why the text is of no use."""


def read_reply(body: bytes) -> Reply:
    """Read a response body. JSON is UTF-8 (RFC 8259); bytes that are not are replaced, and the guard sees them."""
    text = body.decode("utf-8", errors="replace")
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
    """Token counts; a server that does not count leaves the call unmetered."""
    prompt, completion = _field(data, "prompt_tokens"), _field(data, "completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return Usage(calls=1, unmetered=1)
    cached = _field(_field(data, "prompt_tokens_details"), "cached_tokens")
    reasoning = _field(_field(data, "completion_tokens_details"), "reasoning_tokens")
    return Usage(
        calls=1,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached if isinstance(cached, int) else 0,
        reasoning_tokens=reasoning if isinstance(reasoning, int) else 0,
    )


def _complaint(content: str, finish: str, refusal: str, chosen: bool) -> str:
    if not chosen:
        return "the reply has no choices."
    if finish == "length":
        return "the reply was cut off at the token limit (--llm.max-tokens). Answer more briefly."
    if content.strip():
        return ""
    return f"the model refused: {refusal[:300]}" if refusal else f"the reply is empty{f' (finish reason {finish})' if finish else ''}."


def _unreadable(text: str) -> Reply:
    return Reply(text, "", Usage(calls=1, unmetered=1), f"the answer is not a chat completion: {' '.join(text.split())[:200] or 'nothing'}")


def _content(data: Json) -> str:
    """Text, also where it comes in parts."""
    if isinstance(data, list):
        return "".join(_text(_field(part, "text")) for part in data)
    return _text(data)


def _field(data: Json, name: str) -> Json:
    return data.get(name) if isinstance(data, dict) else None


def _text(data: Json) -> str:
    return data if isinstance(data, str) else ""
