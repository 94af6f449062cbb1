"""Constants of a search, with presets for what was published and what the authors' code does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from rewardsmith.errors import UsageError, unknown_name

Constant = bool | int | float | str
PRESETS = ("corrected", "paper", "release")


@dataclass(frozen=True, init=False)
class Options:
    """Constants that every search has.

    What is not given is the preset's, and else the field's default.
    """

    preset: Literal["corrected", "paper", "release"] = "corrected"
    """``paper``: as published. ``release``: as the authors' code behaves,
    apart from plain bugs. ``corrected``: ours."""
    barrier: bool = True
    """Begin no batch before all results of the last one are in, as the papers do. Without it
    nothing waits for a slow reply, and what is proposed hangs on which results come first, so a
    search cannot be repeated exactly."""

    CHANGES: ClassVar[Mapping[str, Mapping[str, Constant]]] = {}
    """By preset: the fields in which it differs from the defaults."""
    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """By field: the lowest and the highest value."""

    def __init__(self, **given: Constant) -> None:
        """Take the constants by name.

        Raises:
            UsageError: A name is unknown, or a value outside of its range.
        """
        names = [field.name for field in fields(self)]
        for name in given:
            if name not in names:
                raise unknown_name("strategy option", name, names)
        preset = str(given.get("preset", PRESETS[0]))
        if preset not in PRESETS:
            raise unknown_name("preset", preset, PRESETS)
        changed = {**self.CHANGES.get(preset, {}), **given}
        for field in fields(self):
            object.__setattr__(self, field.name, changed.get(field.name, field.default))
        for name, (low, high) in self.RANGES.items():
            if not low <= (value := getattr(self, name)) <= high:
                allowed = f"at least {low:g}" if math.isinf(high) else f"{low:g} to {high:g}"
                raise UsageError(f"strategy option {name} is {value}; give {allowed}.")


AT_LEAST_0, AT_LEAST_1, SHARE = (0, math.inf), (1, math.inf), (0, 1)
