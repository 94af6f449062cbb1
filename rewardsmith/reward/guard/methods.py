"""Layer 2, before the rest: ``compute_reward(self)`` that reads ``self.tcp_pos`` takes ``tcp_pos``.

Only signals are read so; whatever else a method does with its object is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from rewardsmith.reward.guard.refusal import Collecting, Objections, RefusedError

_OBJECTS = frozenset({"self", "env"})


def take_signals(function: ast.FunctionDef, objections: Objections, signals: Collection[str] | None) -> bool:
    """Make parameters of the signals that a method reads of its object.

    Args:
        function: The function that is meant; changed in place.
        objections: Where it goes that it reads something else of its object, or does something else
            with it.
        signals: What the task offers; ``None``: any name may be one.

    Returns:
        Whether there was anything to do.
    """
    arguments = function.args.args
    roots = {argument.arg for argument in arguments if argument.arg in _OBJECTS}
    if not roots or (signals is not None and roots & set(signals)):
        return False
    reader = _Reader(objections, roots, signals)
    function.body = [reader.visit(statement) for statement in function.body]
    if not reader.found and not objections:
        return False
    kept = [argument for argument in arguments if argument.arg not in roots]
    known = {argument.arg for argument in kept}
    added = [ast.arg(name) for name in reader.found if name not in known]
    for argument in added:
        ast.copy_location(argument, function)
    function.args.args = [*added, *kept]
    return True


class _Reader(Collecting, ast.NodeTransformer):
    """Puts the signal's name in the place of ``self.NAME`` and ``self.env.NAME``."""

    def __init__(self, objections: Objections, roots: set[str], signals: Collection[str] | None) -> None:
        super().__init__(objections)
        self._roots, self._signals = roots, signals
        self.found: dict[str, None] = {}

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """``env = self.env`` is another name of the object."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in _OBJECTS and self._is_object(node.value):
                self._roots.add(name)
                return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not self._is_object(node.value):
            return self.generic_visit(node)
        known = self._signals is None or node.attr in self._signals
        if not known or not isinstance(node.ctx, ast.Load):
            raise self._refused(f"{ast.unparse(node)[:60]} is not a signal of this task.", node)
        self.found[node.attr] = None
        return ast.copy_location(ast.Name(node.attr, node.ctx), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self._roots:
            raise self._refused(f"{node.id} itself is not available.", node)
        return node

    def _refused(self, message: str, node: ast.expr) -> RefusedError:
        known = ", ".join(self._signals or ())
        return RefusedError("syntax", message, f"Signals: {known}." if known else "", node.lineno)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``device=self.device`` says nothing: a program does not choose where tensors are."""
        node.keywords = [keyword for keyword in node.keywords if not self._is_device(keyword)]
        return self.generic_visit(node)

    def _is_device(self, keyword: ast.keyword) -> bool:
        value = keyword.value
        return keyword.arg == "device" and isinstance(value, ast.Attribute) and self._is_object(value.value)

    def _is_object(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self._roots
            case ast.Attribute(value=owner, attr="env"):
                return self._is_object(owner)
        return False
