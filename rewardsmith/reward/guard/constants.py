"""Layer 2, before the rest: ``SCALE = 3.0`` above the functions becomes the number wherever a function reads SCALE."""

from __future__ import annotations

import ast
import copy

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.refusal import RefusedError


def inline_constants(tree: ast.Module) -> ast.Module:
    """Write plain numbers of the module into its functions; everything else at the top is left for the checks to refuse.

    Returns:
        The same tree, without the assignments.

    Raises:
        RefusedError: A number is named twice, or by a name that is taken.
    """
    numbers: dict[str, ast.expr] = {}
    rest: list[ast.stmt] = []
    for node in tree.body:
        constant = _constant(node)
        if constant is None:
            rest.append(node)
            continue
        name, number = constant
        if name in numbers:
            raise RefusedError("syntax", f"the constant {name} is defined twice.", "Give every constant its own name.", node.lineno)
        if name in vocabulary.INTERNAL_NAMES | vocabulary.BUILTINS:
            raise RefusedError("syntax", f"the name {name} is taken.", "Use another name.", node.lineno)
        numbers[name] = number
    tree.body = [_written_out(node, numbers) if isinstance(node, ast.FunctionDef) else node for node in rest]
    return tree


def is_number(node: ast.expr) -> bool:
    """Whether an expression is a plain number, negative or not."""
    value = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, (int, float))


def _constant(node: ast.stmt) -> tuple[str, ast.expr] | None:
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else getattr(node, "target", None)
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(target, ast.Name) and node.value and is_number(node.value):
        return target.id, node.value
    return None


def _written_out(function: ast.FunctionDef, numbers: dict[str, ast.expr]) -> ast.FunctionDef:
    """Names that the function itself defines are its own, as in Python."""
    own = {argument.arg for argument in function.args.args}
    own |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    function.args.defaults = [_Numbers(numbers).visit(default) for default in function.args.defaults]
    visible = _Numbers({name: number for name, number in numbers.items() if name not in own})
    function.body = [visible.visit(statement) for statement in function.body]
    return function


class _Numbers(ast.NodeTransformer):
    """Puts numbers in the place of their names, on the lines where they are read."""

    def __init__(self, numbers: dict[str, ast.expr]) -> None:
        self._numbers = numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._numbers or not isinstance(node.ctx, ast.Load):
            return node
        number = copy.deepcopy(self._numbers[node.id])
        for part in ast.walk(number):
            ast.copy_location(part, node)
        return number
