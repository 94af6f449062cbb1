"""What a search decided to spend its trainings on, a line for each decision."""

from __future__ import annotations

from collections.abc import Iterator

from rewardsmith.shown import one_line
from rewardsmith.study import Study

_WORDS = {"asked": "new programs", "tune": "other numbers", "confirm": "second look"}
_LINE = 400


def decisions(study: Study) -> Iterator[str]:
    """Decisions in the order they were made, with their reasons; older studies have none."""
    for event in study.store.events():
        if what := _WORDS.get(event.kind):
            reason = event.reason or "no reason kept"
            yield one_line(f"{what}: {' '.join(event.candidates)} ({reason})", _LINE)
