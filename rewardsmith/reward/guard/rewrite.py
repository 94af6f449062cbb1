"""Layer 3: print the program anew from the checked tree.

Comments, type comments, tabs and whatever else a second parser might read differently are gone:
what was checked is what is compiled. Spellings that models like and TorchScript does not are turned
into their plain equivalents on the way (see ``canonical``).

The print means what the program means as plain Python, to the last component: see ``meaning`` for
what is changed to that end. It goes on in a few places where Python would stop: torch's functions
take plain numbers and math's take tensors, and ``x += y`` may make x larger or of another type. A
whole number that a helper takes for a parameter without a type is a float in the print, and a zero
has no sign: TorchScript keeps one zero.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rewardsmith.reward.guard.canonical import Canonical
from rewardsmith.reward.guard.helpers import declare_truths, number_parameters
from rewardsmith.reward.guard.meaning import read_meaning
from rewardsmith.reward.guard.parameters import declare_by_use
from rewardsmith.reward.guard.syntax import ENTRY

_PREFIX = "helper_"
"""Helpers are printed with it: TorchScript prefers its own functions to a program's of the same
name, such as ``round``."""


@dataclass(frozen=True)
class Printed:
    """A program as it will be compiled."""

    program: str
    _tree: ast.Module
    _helpers: Mapping[str, str]
    """Names of helpers as they are printed, and as they are written."""
    notes: tuple[str, ...] = ()
    """What of the source is not in it, since it means nothing here."""

    def source_line(self, line: int) -> int | None:
        """The line of the source that became this line of the program, for messages."""
        printed = (node for node in ast.walk(ast.parse(self.program)) if isinstance(node, ast.stmt))
        given = (node for node in ast.walk(self._tree) if isinstance(node, ast.stmt))
        return next(
            (old.lineno for new, old in zip(printed, given, strict=False) if new.lineno == line), None
        )

    def in_own_words(self, message: str) -> str:
        """A message about the program, with its helpers called as their author calls them."""
        return re.sub(rf"\b{_PREFIX}\w+", lambda name: self._helpers.get(name[0], name[0]), message)


def reprint(tree: ast.Module) -> Printed:
    """The canonical text of a checked program; ``tree`` is used up.

    Raises:
        RefusedError: The text would grow beyond measure, or cannot mean the same to TorchScript.
    """
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for signal in (one for function in functions if function.name == ENTRY for one in function.args.args):
        signal.annotation = None  # a tensor, whatever its author took it for
    declare_truths(tree)
    declare_by_use(tree)
    floats, names = (
        number_parameters(tree),
        _printed_names(tree, [f.name for f in functions if f.name != ENTRY]),
    )
    meaning = read_meaning(functions, floats)
    tree.body = [
        Canonical(function, floats, names, meaning).visit_FunctionDef(function) for function in functions
    ]
    program = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return Printed(program, tree, {printed: own for own, printed in names.items()})


def _printed_names(tree: ast.Module, helpers: list[str]) -> dict[str, str]:
    """A name for every helper that begins with the prefix and that nothing else has.

    Printing again changes none.
    """
    names = {name: name for name in helpers if name.startswith(_PREFIX)}
    if len(names) == len(helpers):
        return names
    found = (node for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.arg)))
    taken = {node.id if isinstance(node, ast.Name) else node.arg for node in found} | names.keys()
    for name in (name for name in helpers if name not in names):
        names[name] = next(new for new in _numbered(_PREFIX + name) if new not in taken)
        taken.add(names[name])
    return names


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(2))
