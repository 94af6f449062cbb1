"""Which language model answered, and how it was asked, as recorded with every call.

The config says what holds now. Flags, the environment and a later version of the config may have
said otherwise before, so it is no witness of who wrote the programs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rewardsmith.records import Call

_OF_ONE_REQUEST = ("seed", "grammar")
"""Parameters that differ from request to request."""


@dataclass(frozen=True)
class ModelUse:
    """Answers in a row that came from one model under one sampling."""

    model: str
    parameters: str
    """Such as ``max_completion_tokens 4096, temperature 1``: what the server took."""
    since: str
    """The candidate that the first of the answers was for."""

    @property
    def text(self) -> str:
        """Model and sampling in words."""
        return f"{self.model} ({self.parameters})" if self.parameters else self.model


def models_used(calls: Sequence[Call]) -> tuple[ModelUse, ...]:
    """Who answered, in the order of the calls.

    More than one entry where the model or its sampling changed on the way.
    """
    answers = [
        (ModelUse(call.model, _sampling(call.parameters), ""), call.candidate)
        for call in calls
        if call.answered
    ]
    return tuple(
        ModelUse(use.model, use.parameters, next(group)[1])
        for use, group in groupby(answers, key=lambda answer: answer[0])
    )


def in_words(uses: Iterable[ModelUse]) -> str:
    """Such as ``a from c000 on, then b from c008 on``."""
    return ", then ".join(f"{use.text} from {use.since} on" for use in uses)


def _sampling(parameters: str) -> str:
    try:
        known = json.loads(parameters)
    except (ValueError, RecursionError):
        return parameters  # forged, and shown as what it is
    if not isinstance(known, dict):
        return parameters
    return ", ".join(f"{name} {known[name]}" for name in sorted(known) if name not in _OF_ONE_REQUEST)
