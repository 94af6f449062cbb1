"""What simulated a task, in lines below its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from rewardsmith.capabilities import REPEATING
from rewardsmith.origins import Origin
from rewardsmith.shown import one_line

_LINE = 2_400
"""Characters of a line, at most."""


def origin_lines(origins: Sequence[Origin], *, native: bool) -> list[Text]:
    """What simulated a task, and what its numbers are worth.

    Args:
        origins: One after another.
        native: Whether something was trained on the suite's own reward.
    """
    lines: list[str] = []
    if texts := list(dict.fromkeys(origin.text for origin in origins if origin.text)):
        lines.append(f"simulated by {', later by '.join(texts)}")
    last = origins[-1] if origins else Origin()
    if last.repeats != "bit":
        lines.append(f"repeats: {REPEATING[last.repeats]}")
    if native and last.native:
        lines.append(f"native: the suite's own reward: {last.native}")
    return [Text(one_line(line, _LINE), style="dim") for line in lines]
