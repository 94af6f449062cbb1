"""Reading what servers send under the name of a chat completion."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from rewardsmith.usage import MAX_COUNT, Usage
from rewardsmith.writers.openai.refusals import Refusal
from rewardsmith.writers.storable import one_line, storable

_STATUS = re.compile("[345][0-9]{2}")
_MOST_LOGPROB = 1e6
"""Above what any token has; NaN, infinities and numbers of 400 digits are none."""
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
    answered: bool = True
    """Whether a model said something, good or bad. If not, the error is the server's."""
    refusal: Refusal | None = None
    """The error that stands in place of an answer, in a response that says it is good."""
    logprobs: str = ""
    """See :attr:`rewardsmith.records.Call.logprobs`."""


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
    choice = choices[0] if isinstance(choices, list) and choices else None
    message, fault = _field(choice, "message"), _field(data, "error") or _field(choice, "error")
    said = _text(_field(fault, "message")) or _text(fault) or "an error without words"
    if fault and not message:
        refusal = Refusal(_status(_field(fault, "code")), said, _text(_field(fault, "param")))
        return replace(_unreadable(text), error=_shortly(said), refusal=refusal)
    if not isinstance(message, dict):
        return _unreadable(text)
    finish = _text(_field(choice, "finish_reason"))
    reply = Reply(
        text=_content(_field(message, "content")),
        finish_reason=finish,
        usage=read_usage(_field(data, "usage")),
        logprobs=_logprobs(_field(_field(choice, "logprobs"), "content")),
    )
    if fault or finish == "error":
        why = _shortly(said) if fault else "finish reason error"
        return replace(reply, error=f"the server broke off the reply: {why}.", answered=False)
    return replace(reply, error=_complaint(reply.text, finish, _text(_field(message, "refusal"))))


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


def _complaint(content: str, finish: str, refusal: str) -> str:
    if finish == "length":
        return "the reply was cut off at the token limit (--llm.max-tokens). Answer more briefly."
    if content.strip():
        return ""
    ended = f" (finish reason {one_line(finish[:100])})" if finish else ""
    return f"the model refused: {one_line(refusal[:300])}" if refusal else f"the reply is empty{ended}."


def _unreadable(text: str) -> Reply:
    return Reply(
        text[:_KEPT_CHARS],
        "",
        Usage(calls=1, unmetered=1),
        f"the answer is not a chat completion: {_shortly(text)}.",
        answered=False,
    )


def _shortly(text: str) -> str:
    return one_line(text[:_KEPT_CHARS])[:200] or "nothing"


def _status(code: Json) -> int:
    """The HTTP status that an error has as its code; 0 for another code, or none."""
    digits = str(code) if isinstance(code, int | str) else ""
    return int(digits) if _STATUS.fullmatch(digits) else 0


def _logprobs(tokens: Json) -> str:
    """A line for each token (see :attr:`rewardsmith.records.Call.logprobs`)."""
    if not isinstance(tokens, list):
        return ""
    pairs = ((_text(_field(token, "token")), _finite(_field(token, "logprob"))) for token in tokens)
    return "\n".join(f"{json.dumps(token)} {json.dumps(logprob)}" for token, logprob in pairs)


def _finite(number: Json) -> float | None:
    if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < _MOST_LOGPROB:
        return None
    return round(float(number), 5)


def _content(data: Json) -> str:
    """Text, also where it comes in parts."""
    if isinstance(data, list):
        return "".join(_text(_field(part, "text")) for part in data)
    return _text(data)


def _field(data: Json, name: str) -> Json:
    return data.get(name) if isinstance(data, dict) else None


def _text(data: Json) -> str:
    return storable(data) if isinstance(data, str) else ""
