"""Rich consoles for text that anybody may have written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from rewardsmith.shown import clean

PIPED_WIDTH = 120


class Screen(Console):
    """A console that obeys nothing in a text.

    There is no markup, no emoji code, no highlighting and no control character. Styles are given as
    :class:`rich.text.Text`. Tables clean their cells before they are measured; whatever is missed
    is cleaned here, on its way out.
    """

    def __init__(
        self,
        *,
        width: int | None = None,
        file: IO[str] | None = None,
        record: bool = False,
        force_terminal: bool | None = None,
    ) -> None:
        """Write to standard output.

        Args:
            width: Columns; without it those of the terminal.
            file: Write here instead.
            record: Keep what is written, for a picture.
            force_terminal: Write colours, or none, wherever the output goes.
        """
        super().__init__(
            markup=False,
            emoji=False,
            highlight=False,
            width=width,
            file=file,
            record=record,
            force_terminal=force_terminal,
        )

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, and clean what comes of it."""
        for segment in super().render(renderable, options):
            kept = segment.control or segment.text.isprintable() or segment.text == "\n"
            yield segment if kept else Segment(clean(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Let the command decide what a reader that left means."""
        self.quiet = True
        raise


def wide_screen() -> Screen:
    """A console as wide as the terminal.

    In a pipe always equally wide, whatever terminal is near.
    """
    screen = Screen()
    return screen if screen.is_terminal else Screen(width=PIPED_WIDTH)
