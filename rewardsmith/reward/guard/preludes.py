"""Layer 2, before the rest: helpers that a program calls and does not define are added to it.

They are checked like its own from then on. ``tolerance`` becomes a function for its sigmoid, since
the reward language has no strings.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Mapping

from rewardsmith.reward import prelude
from rewardsmith.reward.guard.constants import MAX_NUMBER, literal, number_of
from rewardsmith.reward.guard.refusal import Collecting, Objections, RefusedError

_ORDER = ("x", "bounds", "margin", "sigmoid", "value_at_margin")
_DEFAULTS: Mapping[str, ast.expr] = {
    "bounds": ast.Tuple([ast.Constant(0.0), ast.Constant(0.0)], ast.Load()),
    "margin": ast.Constant(0.0),
    "sigmoid": ast.Constant("gaussian"),
    "value_at_margin": ast.Constant(0.1),
}
_INFINITE = {"float('inf')", "math.inf", "torch.inf"}
_HINT = 'Such as tolerance(d, bounds=(0.0, 0.02), margin=0.3, sigmoid="long_tail", value_at_margin=0.1).'


def with_prelude(tree: ast.Module, objections: Objections) -> tuple[ast.Module, list[str]]:
    """Add the helpers of the prelude that are called.

    Args:
        tree: The parsed program.
        objections: Where it goes that ``tolerance`` is called with what is not known before the
            program runs.

    Returns:
        The same tree, where each helper stands on the line that calls it first, and a note for each
        that is called by another name.
    """
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if prelude.TOLERANCE not in own:
        _Tolerances(objections, own).visit(tree)
    lines: dict[str, int] = {}
    notes: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            other = node.func.id
            name = prelude.OTHER_NAMES.get(other, other)
            if name in prelude.TEXTS.keys() - own and other not in own:
                if name != other:
                    node.func.id = name
                    notes[f"{other} is taken for {name}"] = None
                lines[name] = min(node.lineno, lines.get(name, node.lineno))
    tree.body = [*(_parsed(name, line) for name, line in lines.items()), *tree.body]
    return tree, list(notes)


def _parsed(name: str, line: int) -> ast.stmt:
    (function,) = ast.parse(prelude.TEXTS[name]).body
    for node in ast.walk(function):
        if isinstance(node, (ast.stmt, ast.expr, ast.arg, ast.keyword)):
            node.lineno = node.end_lineno = line
    return function


class _Tolerances(Collecting, ast.NodeTransformer):
    """``tolerance(x, (a, b), m, "linear", v)`` to ``tolerance_linear(x, a, b, m, scale)``."""

    def __init__(self, objections: Objections, own: set[str]) -> None:
        super().__init__(objections)
        self._own = own

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == prelude.TOLERANCE):
            return node
        given = _given(node)
        lower, upper = _bounds(given["bounds"])
        sigmoid, margin = given["sigmoid"], given["margin"]
        if not (isinstance(sigmoid, ast.Constant) and sigmoid.value in prelude.SCALES):
            raise _refused(f"tolerance has these sigmoids: {', '.join(prelude.SCALES)}.", node)
        name, rest = prelude.WITHIN, list[ast.expr]()
        if (known := number_of(margin)) != 0:
            if known is not None and known < 0:
                raise _refused("the margin of a tolerance is not negative.", node)
            name = f"{prelude.TOLERANCE}_{sigmoid.value}"
            rest = [margin, literal(_scale(str(sigmoid.value), given["value_at_margin"]))]
        if name in self._own:
            raise _refused(f"the name {name} is taken: tolerance needs it.", node)
        call = ast.Call(ast.Name(name, ast.Load()), [given["x"], lower, upper, *rest], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _given(node: ast.Call) -> dict[str, ast.expr]:
    named = {keyword.arg or "": keyword.value for keyword in node.keywords}
    placed = dict(zip(_ORDER, node.args, strict=False))
    given = {**copy.deepcopy(dict(_DEFAULTS)), **placed, **named}
    whole = len(node.args) <= len(_ORDER) and not placed.keys() & named.keys()
    if not whole or given.keys() != set(_ORDER):
        raise _refused(f"tolerance takes {', '.join(_ORDER)}.", node)
    return given


def _bounds(node: ast.expr) -> tuple[ast.expr, ast.expr]:
    if not (isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) == 2):
        raise _refused("the bounds of a tolerance are two numbers, written out.", node)
    lower, upper = (_finite(bound) for bound in node.elts)
    low, high = number_of(lower), number_of(upper)
    if low is not None and high is not None and low > high:
        raise _refused("the lower bound of a tolerance is above the upper one.", node)
    return lower, upper


def _finite(bound: ast.expr) -> ast.expr:
    """No bound is written as one beyond all numbers that a program may name."""
    negative = isinstance(bound, ast.UnaryOp) and isinstance(bound.op, ast.USub)
    text = ast.unparse(bound.operand if isinstance(bound, ast.UnaryOp) and negative else bound)
    if text not in _INFINITE and not (isinstance(bound, ast.Constant) and bound.value == math.inf):
        return bound
    return literal(-MAX_NUMBER if negative else MAX_NUMBER)


def _scale(sigmoid: str, node: ast.expr) -> float:
    value = number_of(node)
    least_is_allowed = sigmoid in prelude.REACHES_ZERO
    if value is None or not (0 <= value < 1 if least_is_allowed else 0 < value < 1):
        raise _refused("value_at_margin is a plain number between 0 and 1.", node)
    return prelude.SCALES[sigmoid](float(value))


def _refused(message: str, node: ast.expr) -> RefusedError:
    return RefusedError("syntax", message, _HINT, getattr(node, "lineno", None))
