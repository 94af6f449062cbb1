"""How a layer of the guard says no."""

from __future__ import annotations

from rewardsmith.records import Verdict


class RefusedError(Exception):
    """A layer refuses the program: what is wrong, where, and what to write instead."""

    def __init__(self, layer: str, message: str, hint: str = "", line: int | None = None) -> None:
        """Keep the parts of the verdict."""
        super().__init__(message)
        self.layer = layer
        self.message = message
        self.hint = hint
        self.line = line

    def verdict(self) -> Verdict:
        """The refusal as a verdict."""
        return Verdict(False, self.layer, self.line, self.message, self.hint)
