"""A terminal view as an SVG file that needs nothing from the network."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import RenderableType

from rewardsmith.cli.console import Screen
from rewardsmith.errors import RewardsmithError

_WIDTH = 128


def save_picture(view: RenderableType, path: Path) -> None:
    """Draw a view.

    Raises:
        RewardsmithError: The file cannot be written.
    """
    screen = Screen(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    screen.print(view)
    svg = screen.export_svg(title="rewardsmith", unique_id="view")
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)  # rich would load its font from a server
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise RewardsmithError(
            f"cannot write {path}: {error.strerror}. Give another file with --svg."
        ) from None
