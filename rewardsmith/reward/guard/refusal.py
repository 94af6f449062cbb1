"""How a layer of the guard says no, to one thing or to several at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from rewardsmith.records import Objection, Verdict

MOST_LISTED = 10
"""Objections that are listed; a program with more is not worth a longer list."""


class RefusedError(Exception):
    """A layer refuses the program: what is wrong, where, and what to write instead."""

    def __init__(self, layer: str, message: str, hint: str = "", line: int | None = None) -> None:
        """Keep the parts of the verdict."""
        super().__init__(message)
        self.layer = layer
        self.message = message
        self.hint = hint
        self.line = line
        self.further: tuple[Objection, ...] = ()
        """What else the layer objects to, by line."""

    def verdict(self) -> Verdict:
        """The refusal as a verdict."""
        return Verdict(False, self.layer, self.line, self.message, self.hint, further=self.further)


class Objections:
    """Collects refusals, so that who wrote the program hears of all of them at once.

    A block ``with Objections() as objections:`` refuses the program at its end if anything in it
    did: with the first refusal, and all others beside it. So none that it collected is forgotten.
    """

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self._found: list[RefusedError] = []

    def __bool__(self) -> bool:
        """Whether anything was refused so far."""
        return bool(self._found)

    def __enter__(self) -> Objections:
        """Begin a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Refuse the program if anything did; a refusal that ended the block is the last one."""
        if isinstance(error, RefusedError):
            self._found.append(error)
        if self._found and (error is None or isinstance(error, Exception)):
            cause = None if isinstance(error, RefusedError) else error
            raise _joined(self._found) from cause

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A part that may be refused by itself: what comes after it is looked at all the same."""
        try:
            yield
        except RefusedError as refusal:
            self._found.append(refusal)


class Collecting(ast.NodeTransformer):
    """Goes on where a node is refused: something takes its place to which nobody objects."""

    def __init__(self, objections: Objections) -> None:
        """Keep where refusals go; whoever made it refuses the program."""
        self.objections = objections

    def visit(self, node: ast.AST) -> Any:
        """The node as it is written out, or what stands for a refused one."""
        with self.objections.apart():
            return super().visit(node)
        context = getattr(node, "ctx", None)
        is_read = context is None or isinstance(context, ast.Load)
        return ast.copy_location(ast.Constant(0.0) if is_read else ast.Name("_", context), node)


def _joined(found: Sequence[RefusedError]) -> RefusedError:
    """The first of some refusals, with the others beside it: by line, and no two alike."""
    first, others = found[0], dict[tuple[int | None, str], Objection]()
    for refusal in found:
        for fault in (Objection(refusal.line, refusal.message, refusal.hint), *refusal.further):
            others.setdefault((fault.line, fault.message), fault)
    del others[first.line, first.message]
    rest = sorted(others.values(), key=lambda fault: fault.line or 0)
    listed, unlisted = rest[: MOST_LISTED - 1], len(rest) - (MOST_LISTED - 1)
    if unlisted > 0:
        listed.append(Objection(None, f"{unlisted} more are not listed."))
    first.further = tuple(listed)
    return first
