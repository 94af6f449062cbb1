"""Layer 2, before the rest: ``SCALE = 3.0`` above functions becomes 3.0 wherever they read it.

So do ``HALF = SCALE / 2``, ``NEAR, FAR = 0.1, 1.0`` and ``TURN = 2 * math.pi``, worked out as
Python does.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.refusal import Objections, RefusedError

MAX_NUMBER = 1e9
MAX_POWER = 16
Number = int | float
"""A plain number of Python; a bool is one."""
_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
}  # fmt: skip
_SIGNS: dict[type[ast.unaryop], Callable[[Number], Number]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def inline_constants(tree: ast.Module, objections: Objections) -> ast.Module:
    """Write plain numbers of the module into its functions.

    Everything else at the top is left for the checks to refuse.

    Args:
        tree: The parsed program.
        objections: Where it goes that a number is named twice, or by a name that is taken.

    Returns:
        The same tree, without the assignments.
    """
    numbers: dict[str, Number] = {}
    rest: list[ast.stmt] = []
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        found = _constants(node, numbers)
        if not found:
            rest.append(node)
            # defaults are read where the function stands, bodies when it is called
            if isinstance(node, ast.FunctionDef):
                node.args.defaults = [_Numbers(numbers).visit(default) for default in node.args.defaults]
            continue
        for name, number in found:
            with objections.apart():
                _check_constant(node, name, numbers.keys(), functions)
            numbers[name] = number
    tree.body = [
        _written_out(node, numbers) if numbers and isinstance(node, ast.FunctionDef) else node
        for node in rest
    ]
    return tree


def _check_constant(node: ast.stmt, name: str, known: Collection[str], functions: Collection[str]) -> None:
    if name in known:
        raise RefusedError(
            "syntax",
            f"the constant {name} is defined twice.",
            "Give every constant its own name.",
            node.lineno,
        )
    if name in vocabulary.INTERNAL_NAMES | vocabulary.BUILTINS or name in functions:
        raise RefusedError("syntax", f"the name {name} is taken.", "Use another name.", node.lineno)


def number_of(node: ast.expr) -> Number | None:
    """The plain number that an expression is, with any signs before it.

    None where it is something else.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, (int, float)) else None
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        value = number_of(node.operand)
        return None if value is None else _SIGNS[type(node.op)](value)
    return None


def literal(value: Number) -> ast.expr:
    """A number as Python's parser reads it, the sign apart: TorchScript takes ``--0.5`` for 0."""
    if str(value).startswith("-"):
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _constants(node: ast.stmt, known: Mapping[str, Number]) -> list[tuple[str, Number]]:
    """Names and numbers of an assignment that gives nothing else."""
    match node:
        case ast.Assign(targets=[ast.Name() as target], value=value):
            pairs = [(target, value)]
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
            pairs = [(target, value)]
        case ast.Assign(
            targets=[ast.Tuple(elts=names) | ast.List(elts=names)],
            value=ast.Tuple(elts=values) | ast.List(elts=values),
        ) if len(names) == len(values):
            pairs = [(name, value) for name, value in zip(names, values, strict=True)]
        case _:
            return []
    found = [(name.id, _worked_out(value, known)) for name, value in pairs if isinstance(name, ast.Name)]
    complete = [(name, number) for name, number in found if number is not None]
    return complete if len(complete) == len(pairs) else []


def _worked_out(node: ast.expr, known: Mapping[str, Number]) -> Number | None:
    """The number that an expression of numbers is; ``None`` where it is none, or too large."""
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=ast.Name(id="math"), attr="pi" | "e" | "tau" as name):
            return float(getattr(math, name))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            value = _worked_out(operand, known)
            return None if value is None else _SIGNS[type(sign)](value)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            one, other = _worked_out(left, known), _worked_out(right, known)
            if one is None or other is None or (isinstance(op, ast.Pow) and abs(other) > MAX_POWER):
                return None
            return _applied(_OPERATORS[type(op)], one, other)
    return number_of(node)


def _applied(apply: Callable[[Number, Number], Number], one: Number, other: Number) -> Number | None:
    try:
        value = apply(one, other)
    except ArithmeticError:
        return None
    real = isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= MAX_NUMBER
    return value if real else None


def _written_out(function: ast.FunctionDef, numbers: dict[str, Number]) -> ast.FunctionDef:
    """Names that the function itself defines are its own, as in Python."""
    own = own_names(function)
    visible = _Numbers({name: number for name, number in numbers.items() if name not in own})
    function.body = [visible.visit(statement) for statement in function.body]
    return function


def own_names(function: ast.FunctionDef) -> frozenset[str]:
    """Parameters and names that are assigned anywhere in a function."""
    stored = (
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return frozenset(stored) | {argument.arg for argument in function.args.args}


def own_words(tree: ast.Module) -> frozenset[str]:
    """Names that a program gives to anything: they are not Python's own, such as ``sum``."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return frozenset(node.name for node in functions).union(*(own_names(node) for node in functions))


class _Numbers(ast.NodeTransformer):
    """Puts numbers in the place of their names, on the lines where they are read."""

    def __init__(self, numbers: dict[str, Number]) -> None:
        self._numbers = numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._numbers or not isinstance(node.ctx, ast.Load):
            return node
        number = literal(self._numbers[node.id])
        for part in ast.walk(number):
            ast.copy_location(part, node)
        return number
