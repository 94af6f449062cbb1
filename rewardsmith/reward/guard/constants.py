"""Layer 2, before the rest: ``SCALE = 3.0`` above functions becomes 3.0 wherever they read it."""

from __future__ import annotations

import ast

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.refusal import RefusedError

MAX_NUMBER = 1e9
Number = int | float
"""A plain number of Python; a bool is one."""


def inline_constants(tree: ast.Module) -> ast.Module:
    """Write plain numbers of the module into its functions.

    Everything else at the top is left for the checks to refuse.

    Returns:
        The same tree, without the assignments.

    Raises:
        RefusedError: A number is named twice, by a name that is taken, or below a default that
            reads it.
    """
    numbers: dict[str, Number] = {}
    rest: list[ast.stmt] = []
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        constant = _constant(node)
        if constant is None:
            rest.append(node)
            # defaults are read where the function stands, bodies when it is called
            if isinstance(node, ast.FunctionDef):
                node.args.defaults = [_Numbers(numbers).visit(default) for default in node.args.defaults]
            continue
        name, number = constant
        if name in numbers:
            raise RefusedError(
                "syntax",
                f"the constant {name} is defined twice.",
                "Give every constant its own name.",
                node.lineno,
            )
        if name in vocabulary.INTERNAL_NAMES | vocabulary.BUILTINS | functions:
            raise RefusedError("syntax", f"the name {name} is taken.", "Use another name.", node.lineno)
        numbers[name] = number
    tree.body = [
        _written_out(node, numbers) if numbers and isinstance(node, ast.FunctionDef) else node
        for node in rest
    ]
    return tree


def number_of(node: ast.expr) -> Number | None:
    """The plain number that an expression is, with any signs before it.

    None where it is something else.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, (int, float)) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = number_of(node.operand)
        return value if value is None else -value if isinstance(node.op, ast.USub) else +value
    return None


def literal(value: Number) -> ast.expr:
    """A number as Python's parser reads it, the sign apart: TorchScript takes ``--0.5`` for 0."""
    if str(value).startswith("-"):
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _constant(node: ast.stmt) -> tuple[str, Number] | None:
    target = (
        node.targets[0]
        if isinstance(node, ast.Assign) and len(node.targets) == 1
        else getattr(node, "target", None)
    )
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(target, ast.Name) and node.value:
        number = number_of(node.value)
        return None if number is None else (target.id, number)
    return None


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
