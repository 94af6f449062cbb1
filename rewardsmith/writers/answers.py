"""From a reply to a draft: what counts as an answer to which brief."""

from __future__ import annotations

import re

from rewardsmith.contracts import ALIGN, VERIFY, Brief
from rewardsmith.records import Call, Draft
from rewardsmith.reward.extract import extract, without_thoughts

_RATING = re.compile(r"\[\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\]")
_IDEA_CHARS = 4_000
"""Ideas are shown to descendants, so that endless ones would be paid for again and again."""


def read(brief: Brief, call: Call) -> Draft:
    """Read the recorded answer to a brief."""
    if call.error:
        return Draft(brief.candidate, error=call.error, usage=call.usage)
    text = without_thoughts(call.reply)
    if brief.operator == ALIGN:
        return Draft(brief.candidate, idea=_shortened(text), usage=call.usage)
    if brief.operator == VERIFY:
        return Draft(brief.candidate, idea=_shortened(text), judgement=rating(text), usage=call.usage)
    parts = extract(text)
    source = parts.source if parts.source.strip() else ""
    error = "" if source else "there is no code in the reply."
    return Draft(brief.candidate, _shortened(parts.idea), source, error=error, usage=call.usage)


def rating(text: str) -> float:
    """The last number in square brackets, within -1 and 1.

    0 where there is none, as in RF-Agent.
    """
    found = _RATING.findall(text)
    return min(1.0, max(-1.0, float(found[-1]))) if found else 0.0


def _shortened(idea: str) -> str:
    idea = idea.strip()
    return idea if len(idea) <= _IDEA_CHARS else idea[:_IDEA_CHARS] + " ..."
