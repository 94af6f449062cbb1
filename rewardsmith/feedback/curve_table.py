"""Curves in a few numbers: the table that language models, the grammar writer and people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rewardsmith.feedback.curve_maths import curve as progress
from rewardsmith.feedback.curve_maths import known, mean_of
from rewardsmith.records import Curve, Run

POINTS = 10
"""Snapshots per curve, as in Eureka."""
_SHOWN = ("success", "episode_length")
_FLAT = 0.02
"""A component that moves by less than this share of its size is flat."""
_DOMINANT = 0.8
"""A component with more than this share of all magnitudes dominates."""


@dataclass(frozen=True)
class Summary:
    """One curve: equally spaced snapshots, and the extremes of the whole."""

    name: str
    points: tuple[float | None, ...]
    maximum: float | None
    mean: float | None
    minimum: float | None


@dataclass(frozen=True)
class ComponentSummary:
    """A reward component, with what is wrong with it."""

    summary: Summary
    share: float
    """Its part of the components' mean absolute values, 0 to 1."""
    flat: bool
    """The policy did not learn to change it."""
    dominant: bool
    """It outweighs all others."""


@dataclass(frozen=True)
class CurveTable:
    """All curves of a training, from the first epoch in which whole episodes ended."""

    stride: int
    """Epochs between two snapshots."""
    epochs: int
    progress: tuple[Summary, ...]
    """True score and length of training episodes."""
    components: tuple[ComponentSummary, ...]


def table(run: Run) -> CurveTable:
    """Make the table of a run.

    Its first epochs are left out: their episodes begin at random times of the horizon, so nothing
    of them is like what comes later.
    """
    first = _staggered(run)
    shown = [_from(curve, first) for curve in run.progress if curve.name in _SHOWN]
    epochs = max((len(curve.values) for curve in shown), default=0)
    components = tuple(
        replace(found, summary=summarise(_from(curve, first)))
        for found, curve in zip(component_summaries(run), run.components, strict=True)
    )
    return CurveTable(stride(epochs), epochs, tuple(map(summarise, shown)), components)


def stride(epochs: int) -> int:
    """Epochs between two snapshots."""
    return max(1, epochs // POINTS)


def summarise(curve: Curve) -> Summary:
    """Snapshots every ``len // 10`` epochs, and maximum, mean and minimum over all known values."""
    there = known(curve.values)
    points = curve.values[:: stride(len(curve.values))]
    if not there:
        return Summary(curve.name, points, None, None, None)
    return Summary(curve.name, points, max(there), sum(there) / len(there), min(there))


def component_summaries(run: Run) -> tuple[ComponentSummary, ...]:
    """All components of a run with their shares and flags."""
    sizes = [mean_of(curve) for curve in run.components]
    whole = sum(sizes) or 1.0
    several = len(sizes) > 1
    return tuple(
        ComponentSummary(
            summarise(curve), size / whole, _is_flat(curve.values, size), several and size / whole > _DOMINANT
        )
        for curve, size in zip(run.components, sizes, strict=True)
    )


def _staggered(run: Run) -> int:
    """Epochs before the first that has a true score; 0 where none has."""
    success = progress(run, "success")
    return next((n for n, value in enumerate(success) if value is not None), 0)


def _from(curve: Curve, first: int) -> Curve:
    return replace(curve, values=curve.values[first:])


def _is_flat(values: Sequence[float | None], size: float) -> bool:
    there = known(values)
    return not there or max(there) - min(there) <= _FLAT * size
