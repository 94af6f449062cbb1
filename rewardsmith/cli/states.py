"""States in words and colours."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from rewardsmith.reports.summary import INTERRUPTED, CandidateRow
from rewardsmith.shown import one_line

STATE_STYLES = {
    "SCORED": "green", "ACCEPTED": "cyan", "PROPOSED": "dim", "REJECTED": "yellow", "DIVERGED": "red",
    "CRASHED": "red", "TIMED_OUT": "red",
    "FAILED": "red", "REFUSED": "yellow", "EVICTED": "yellow", "DROPPED": "yellow", "LOST": "yellow",
    "QUEUED": "cyan", "RUNNING": "cyan", "TRAINED": "cyan", INTERRUPTED: "yellow",
}  # fmt: skip
_MEANINGS = {
    "PROPOSED": "nothing is written yet",
    "REFUSED": "the guard refused its last draft, a repair is due",
    "ACCEPTED": "written, waits for its training",
    "QUEUED": "waits for its training",
    "RUNNING": "is being trained",
    INTERRUPTED: "nothing runs now, `resume` trains it from its start",
    "TRAINED": "waits for its score",
    "REJECTED": "no draft was acceptable",
    "DROPPED": "left out by screening",
    "EVICTED": "racing ended its training early",
    "CRASHED": "its program failed in training",
    "DIVERGED": "its reward or policy became infinite",
    "TIMED_OUT": "its program took far too long",
    "LOST": "the machine failed, it is trained again",
}
"""What a state says of a candidate; SCORED needs no words."""

_LONGEST = 40


def states(rows: Sequence[CandidateRow]) -> str:
    """What the states that are shown mean; nothing where all are scored."""
    known = dict.fromkeys(row.state for row in rows if row.state in _MEANINGS)
    return "; ".join(f"{state}: {_MEANINGS[state]}" for state in known)


def state_text(state: str) -> Text:
    """A state in its colour."""
    return Text(one_line(state, _LONGEST), style=STATE_STYLES.get(state, ""))
