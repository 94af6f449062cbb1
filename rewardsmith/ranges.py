"""Numbers of a config that are out of all reason."""

from __future__ import annotations

from collections.abc import Mapping

from rewardsmith.errors import UsageError


def check_ranges(path: str, values: Mapping[str, object], ranges: Mapping[str, tuple[float, float]]) -> None:
    """Refuse numbers out of range, and NaN; what is left out is in every range."""
    for name, (low, high) in ranges.items():
        value = values.get(name)
        if isinstance(value, int | float) and not low <= value <= high:
            raise UsageError(f"{path}{name} is {brief(value)}; give at least {low:,}, and at most {high:,}.")


def brief(value: object) -> str:
    """A value as a message can repeat it."""
    return text if len(text := str(value)) <= 60 else f"{text[:60]}..."
