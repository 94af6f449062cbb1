"""How a program came about: a line for every program on its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rewardsmith.records import Trial

_MOST = 12
"""Programs on a path that are told of, the latest."""


@dataclass(frozen=True)
class Ancestor:
    """One program on a path, as it is told."""

    id: str
    operator: str
    """How it was made, in a word."""
    parents: tuple[str, ...]
    score: float | None
    """What was measured of it; ``None``: nothing."""
    added: tuple[str, ...]
    """Terms that none of its parents has."""
    dropped: tuple[str, ...]
    """Terms of its parents that it lacks."""


def path(trials: Iterable[Trial], find: Callable[[str], Trial | None]) -> tuple[Ancestor, ...]:
    """Everybody whom some programs come from, themselves included, in the order of the proposals.

    Args:
        trials: The programs.
        find: A candidate by its id.
    """
    known: dict[str, Trial] = {}
    open_ends = list(trials)
    while open_ends:
        trial = open_ends.pop()
        if trial.id not in known:
            known[trial.id] = trial
            open_ends += filter(None, map(find, trial.candidate.parents))
    latest = sorted(known.values(), key=lambda trial: int(trial.id[1:]))[-_MOST:]
    return tuple(_ancestor(trial, list(filter(None, map(find, trial.candidate.parents)))) for trial in latest)


def _ancestor(trial: Trial, parents: Iterable[Trial]) -> Ancestor:
    given = trial.candidate.origin == "person"
    own, theirs = _terms(trial), dict.fromkeys(name for parent in parents for name in _terms(parent))
    return Ancestor(
        trial.id,
        "a person's" if given else trial.candidate.operator,
        () if given else trial.candidate.parents,
        trial.measured,
        tuple(name for name in own if name not in theirs),
        tuple(name for name in theirs if name not in own),
    )


def _terms(trial: Trial) -> list[str]:
    return [curve.name for curve in trial.run.components] if trial.run else []
