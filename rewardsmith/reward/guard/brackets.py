"""Brackets where TorchScript's grammar binds otherwise than Python's.

To TorchScript ``~a & b`` is ``~(a & b)``, ``and`` binds as loosely as ``or``, and ``not inside``
begins with ``not in``.
"""

from __future__ import annotations

import ast


def bracketed(node: ast.AST) -> ast.AST:
    """The node, with those of its operands in brackets that need them here."""
    if isinstance(node, ast.BinOp):
        node.left, node.right = _apart(node.left), _apart(node.right)
    elif isinstance(node, ast.UnaryOp):
        node.operand = _in_brackets(node.operand) if _reads_not_in(node) else _apart(node.operand)
    elif isinstance(node, ast.Compare):
        node.left, node.comparators = _apart(node.left), [_apart(value) for value in node.comparators]
    elif isinstance(node, ast.BoolOp):
        node.values = [
            _in_brackets(value) if isinstance(value, ast.BoolOp) else value for value in node.values
        ]
    return node


def _apart(operand: ast.expr) -> ast.expr:
    return (
        _in_brackets(operand)
        if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.Invert)
        else operand
    )


def _reads_not_in(node: ast.UnaryOp) -> bool:
    return isinstance(node.op, ast.Not) and ast.unparse(node.operand).startswith("in")


def _in_brackets(node: ast.expr) -> ast.expr:
    """``ast.unparse`` writes a name as it is, and writes no brackets that Python does not need."""
    return ast.Name(f"({ast.unparse(node)})", ast.Load())
