"""What a candidate's language model was asked and what it answered, as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rewardsmith.contracts import ALIGN, VERIFY
from rewardsmith.records import Call
from rewardsmith.shown import beginning, count, one_line

_NOTE = 2_000
"""Characters of a verdict, at most; `--calls` has all."""


def refused_drafts(calls: Sequence[Call]) -> Iterator[str]:
    """One paragraph for each draft that another one followed: what the writer was told of it.

    Args:
        calls: Of one candidate, in the order they were answered.
    """
    drafts = sorted((c for c in calls if c.operator not in (ALIGN, VERIFY)), key=lambda c: c.attempt)
    for call, following in pairwise(drafts):
        if following.attempt == call.attempt:
            continue  # the same order again: its first reply was lost
        messages = _messages(following)
        told = " ".join(messages[-1][1].split()) if messages else "the record of it cannot be read"
        yield f"draft {call.attempt} was refused. The writer was told: {one_line(told, _NOTE)}"


def conversations(calls: Sequence[Call]) -> Iterator[str]:
    """Every call as it was sent and answered."""
    for number, call in enumerate(calls, 1):
        usage = call.usage
        yield (
            f"=== call {number} of {len(calls)}: {call.operator or 'draft'}, draft {call.attempt}, "
            f"{one_line(call.model)}, {count(usage.prompt_tokens)} + {count(usage.completion_tokens)} tokens"
        )
        for role, content in _messages(call):
            yield f"--- {one_line(role)} ---\n{beginning(content)}"
        yield f"--- reply ---\n{beginning(call.reply)}"
        if call.error:
            yield f"--- error ---\n{beginning(call.error)}"


def _messages(call: Call) -> list[tuple[str, str]]:
    """Role and content; whatever else a record holds is left out."""
    try:
        found = json.loads(call.messages)
    except (ValueError, RecursionError):
        return []
    messages = found if isinstance(found, list) else []
    return [
        (str(message.get("role", "")), str(message.get("content", "")))
        for message in messages
        if isinstance(message, dict)
    ]
