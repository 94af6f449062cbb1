"""Which names of a function hold numbers that no signal has a part in, such as weights.

Their sum takes no environments together.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from rewardsmith.reward.guard import vocabulary

_ALWAYS = vocabulary.MODULES | vocabulary.BUILTINS
_SAYS_NOTHING = {"device", "dtype"}


def fixed_names(function: ast.FunctionDef) -> frozenset[str]:
    """Local names whose every value is made of numbers."""
    values: dict[str, list[ast.expr]] = {}
    plain: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
                    plain.add(id(target))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values.setdefault(node.target.id, []).append(node.value)
            plain.add(id(node.target))
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in plain:
            values.pop(node.id, None)
    known = values.keys() - {argument.arg for argument in function.args.args}
    while gone := {name for name in known if not all(is_fixed(value, known) for value in values[name])}:
        known -= gone
    return frozenset(known)


def is_fixed(node: ast.expr, known: Collection[str]) -> bool:
    """Whether an expression is made of numbers and of such names."""
    nodes: list[ast.AST] = [node]
    while nodes:
        part = nodes.pop()
        if isinstance(part, ast.Name) and part.id not in known and part.id not in _ALWAYS:
            return False
        if not (isinstance(part, ast.keyword) and part.arg in _SAYS_NOTHING):
            nodes += ast.iter_child_nodes(part)
    return True
