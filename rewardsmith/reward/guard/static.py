"""Layers 1 to 3, in this process: nothing of them runs or even imports torch."""

from __future__ import annotations

import ast
import dataclasses

from rewardsmith.contracts import Signal
from rewardsmith.reward.guard.ceremony import without_ceremony
from rewardsmith.reward.guard.changes import with_changes
from rewardsmith.reward.guard.components import with_plain_dictionaries
from rewardsmith.reward.guard.constants import inline_constants
from rewardsmith.reward.guard.entry import with_entry, with_settings
from rewardsmith.reward.guard.lexical import check_text
from rewardsmith.reward.guard.preludes import with_prelude
from rewardsmith.reward.guard.refusal import Objections, RefusedError
from rewardsmith.reward.guard.rewrite import Printed, reprint
from rewardsmith.reward.guard.spelling import with_numbers, with_paths, with_plain_spelling
from rewardsmith.reward.guard.syntax import check_size, check_tree, parse

MAX_WRITTEN_OUT = 6_000
"""Nodes of a program with columns, sums and helpers of the prelude written out."""


def check_source(source: str, signals: tuple[Signal, ...] | None) -> Printed:
    """Read a program, check its text and its tree, and print it anew.

    Args:
        source: The program as written.
        signals: The task's signal table; ``None``: any names may be read.

    Returns:
        The only text that may be compiled.

    Raises:
        RefusedError: By the first layer that objects, with whatever else it objects to.
    """
    layer = "lexical"
    try:
        code = check_text(source)
        layer = "syntax"
        tree, notes = _checked(parse(code), signals)
        return dataclasses.replace(reprint(tree), notes=notes)
    except RefusedError:
        raise
    except Exception as error:  # the boundary: whatever a text does to these layers, it ends no search
        message = f"the program cannot be read: {type(error).__name__}: {str(error)[:200]}."
        raise RefusedError(layer, message, "Write it simpler.") from error


def _checked(tree: ast.Module, signals: tuple[Signal, ...] | None) -> tuple[ast.Module, tuple[str, ...]]:
    """The tree as it may be printed, and what was done to it."""
    names = None if signals is None else [signal.name for signal in signals]
    with Objections() as objections:
        tree, left_out = without_ceremony(with_paths(with_numbers(tree)))
        tree, choices = with_entry(tree, objections, names)
        tree = with_settings(inline_constants(tree, objections), names)
        tree = with_changes(with_plain_dictionaries(tree))
        tree, called = with_prelude(with_plain_spelling(tree, objections), objections)
        check_size(tree, MAX_WRITTEN_OUT)
        check_tree(tree, signals, objections)
    gone = (f"left out: {', '.join(left_out)}",) if left_out else ()
    return tree, (*gone, *choices, *called)
