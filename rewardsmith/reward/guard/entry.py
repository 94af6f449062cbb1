"""Layer 2, before the rest: which function is meant, where it is not called ``compute_reward``.

One under another name is taken, and of an old and a new version the later one, each with a note.
More than two, or a class, are left for the checks to refuse: nobody knows which is meant. A method
takes the signals that it reads of its object, and parameters with a number as default, which no
signal is, are that number.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from rewardsmith.reward.guard.constants import number_of
from rewardsmith.reward.guard.helpers import defaults_of
from rewardsmith.reward.guard.methods import take_signals
from rewardsmith.reward.guard.refusal import Objections

ENTRY = "compute_reward"
_ALIKE = re.compile(rf"_?{ENTRY}\w*")
_MOST_RIVALS = 2


def with_entry(
    tree: ast.Module, objections: Objections, signals: Collection[str] | None
) -> tuple[ast.Module, tuple[str, ...]]:
    """Call the function that is meant ``compute_reward``.

    Args:
        tree: The parsed program.
        objections: Where refusals go.
        signals: What the task offers; ``None``: any name may be one.

    Returns:
        The same tree, without an earlier version, and what was done, with its line.
    """
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    rivals = _rivals(functions)
    if not 1 <= len(rivals) <= _MOST_RIVALS or any(isinstance(node, ast.ClassDef) for node in tree.body):
        return tree, ()
    *earlier, meant = rivals
    notes = [f"an earlier {function.name} (line {function.lineno}) is left out" for function in earlier]
    tree.body = [node for node in tree.body if node not in earlier]
    if meant.name != ENTRY:
        notes.append(f"{meant.name} (line {meant.lineno}) is taken for {ENTRY}")
        meant.name = ENTRY
    if take_signals(meant, objections, signals):
        notes.append("signals that the method reads of its object are taken for its parameters")
    if meant.args.args and meant.args.args[0].arg == "self" and "self" not in _names(meant):
        notes.append("self, which nothing reads, is left out")
        del meant.args.args[0]
    return tree, tuple(notes)


def with_settings(tree: ast.Module, signals: Collection[str] | None) -> ast.Module:
    """Begin the entry with its parameters that are numbers: ``x_temp: float = 0.1``.

    Nobody passes them, so their defaults are their values.

    Returns:
        The same tree, without these parameters.
    """
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or function.name != ENTRY:
            continue
        defaults = defaults_of(function)
        settings = [
            (argument, default)
            for argument, default in defaults
            if number_of(default) is not None and argument.arg not in (signals or ())
        ]
        if settings and len(settings) == len(defaults):
            gone = {argument for argument, _ in settings}
            function.args.args = [argument for argument in function.args.args if argument not in gone]
            function.args.defaults = []
            values = [_assigned(argument, default) for argument, default in settings]
            function.body = [*values, *function.body]
    return tree


def _assigned(argument: ast.arg, default: ast.expr) -> ast.stmt:
    value = ast.Assign([ast.Name(argument.arg, ast.Store())], default)
    return ast.fix_missing_locations(ast.copy_location(value, argument))


def _rivals(functions: list[ast.FunctionDef]) -> list[ast.FunctionDef]:
    """Functions that nobody calls and that may be meant, in the order of the text."""
    names = {function.name: _names(function) for function in functions}
    called = {name for own, read in names.items() for name in read if name != own}
    free = [function for function in functions if function.name not in called]
    alike = [function for function in free if _ALIKE.fullmatch(function.name)]
    return alike or (free if len(free) == 1 else [])


def _names(function: ast.FunctionDef) -> set[str]:
    return {node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)}
