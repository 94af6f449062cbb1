"""Layer 3, one function: rewritten to what TorchScript compiles into native operators."""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Mapping
from typing import Any

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.brackets import bracketed
from rewardsmith.reward.guard.constants import literal, number_of
from rewardsmith.reward.guard.helpers import Kinds, defaults_of, make_float
from rewardsmith.reward.guard.meaning import Meaning
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.syntax import ENTRY

_RETURNS = "Tuple[Tensor, Dict[str, Tensor]]"
_IN_TORCH = {"relu", "tanh", "sigmoid", "softmax"}
"""Functions of torch.nn.functional that are wrappers in Python; torch has the operator itself."""
_KEYWORDS = {"axis": "dim", "keepdims": "keepdim"}
_MAX_REPEATED = 200
"""Nodes of an expression that is printed twice."""
_PER_DEGREE = math.pi / 180.0
_CONSTANT_ANGLES = {"radians": _PER_DEGREE, "degrees": 1.0 / _PER_DEGREE}


class Canonical(ast.NodeTransformer):
    """Rewrites one function to what TorchScript compiles into native operators."""

    def __init__(
        self,
        function: ast.FunctionDef,
        floats: Mapping[str, Kinds],
        names: Mapping[str, str],
        meaning: Meaning,
    ) -> None:
        """Know which parameters of which helper are numbers.

        Also what helpers are called, and what is written otherwise.
        """
        self._floats, self._names, self._meaning = floats, names, meaning
        own = floats.get(function.name, {})
        tensors = [argument.arg for argument in function.args.args if not own.get(argument.arg)]
        self._device = f"{tensors[0]}.device" if tensors else ""

    def visit(self, node: ast.AST) -> Any:
        """Numbers that TorchScript would compute otherwise are there already."""
        written = None if isinstance(node, ast.stmt) else self._meaning.written.get(node)
        printed: Any = bracketed(super().visit(node if written is None else ast.copy_location(written, node)))
        printed = make_float(printed) if node in self._meaning.floats else printed
        return (
            printed
            if node not in self._meaning.truths
            else self._on_device(ast.Call(_expression("torch.tensor"), [printed], []))
        )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Types are ours in compute_reward.

        Elsewhere the written ones, else Tensor or float by the calls.
        """
        numbers = self._floats.get(node.name, {})
        for argument in node.args.args:
            if node.name == ENTRY or argument.annotation is None:
                argument.annotation = _name("float" if numbers.get(argument.arg) else "Tensor")
            argument.type_comment = None
        node.returns = _expression(_RETURNS) if node.name == ENTRY else None
        node.type_comment = None
        node.args.defaults = [
            make_float(value) if numbers.get(argument.arg) else value for argument, value in defaults_of(node)
        ]
        node.body = self._all(node.body)
        node.args.args = [self.visit(argument) for argument in node.args.args]
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.name = self._names.get(node.name, node.name)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        node.test = self.visit(node.test)
        node.body, node.orelse = self._all(node.body), self._all(node.orelse)
        return node

    def _all(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """An augmented assignment may become several."""
        return [
            new
            for old in body
            for new in (self.visit_AugAssign(old) if isinstance(old, ast.AugAssign) else [self.visit(old)])
        ]

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.type_comment = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Local annotations are the model's claims, not ours: leave them to inference."""
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> list[Any]:
        """``x += y`` becomes ``x = x + y``.

        For all names of the tensor x, and in all dictionaries that hold it.
        """
        assert isinstance(node.target, ast.Name)
        value = self._meaning.written.get(node) or ast.BinOp(_name(node.target.id), node.op, node.value)
        renewed = self._meaning.renewed.get(node, {})
        others = [ast.Name(name, ast.Store()) for name, keys in renewed.items() if not keys]
        change = ast.Assign([node.target, *others], value)
        groups = [_with_new(name, keys, node.target.id) for name, keys in renewed.items() if keys]
        return [self.generic_visit(ast.copy_location(statement, node)) for statement in (change, *groups)]

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """``F`` is the customary short name of torch.nn.functional."""
        return _expression("torch.nn.functional") if node.id == "F" else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == "pi" and isinstance(node.value, ast.Name) and node.value.id in ("math", "torch"):
            return ast.Constant(math.pi)
        node.attr = vocabulary.ALIASES.get(node.attr, node.attr)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """TorchScript has no ``+x``, and reads ``--0.5`` as 0."""
        self.generic_visit(node)
        number = number_of(node)
        if number is not None:
            return literal(number)
        return node.operand if isinstance(node.op, ast.UAdd) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            self._numbers_as_floats(node, node.func.id)
            node.func.id = self._names.get(node.func.id, node.func.id)
            return node
        for keyword in node.keywords:
            keyword.arg = _KEYWORDS.get(keyword.arg or "", keyword.arg)
        assert isinstance(node.func, ast.Attribute)
        owner, name = ast.unparse(node.func.value), node.func.attr
        if owner == "math" and name in _CONSTANT_ANGLES and len(node.args) == 1:
            return ast.BinOp(node.args[0], ast.Mult(), ast.Constant(_CONSTANT_ANGLES[name]))
        if owner == "math":
            node.func = _expression("torch.abs" if name == "fabs" else f"torch.{name}")
        elif owner == "torch.nn.functional" and name == "normalize":
            return _quotient(node)
        elif name == "norm":
            _name_order(node, owner)
        elif owner == "torch.nn.functional" and name in _IN_TORCH and len(node.args) <= 2:
            node.func = _expression(f"torch.{name}")
        elif owner == "torch" and name in vocabulary.CREATION:
            return self._on_device(node)
        return node

    def _on_device(self, node: ast.Call) -> ast.Call:
        if self._device:
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "device"]
            node.keywords.append(ast.keyword("device", _expression(self._device)))
        return node

    def _numbers_as_floats(self, node: ast.Call, helper: str) -> None:
        """Python hands an integer, too, to a helper that wants a float; TorchScript does not."""
        wanted = self._floats.get(helper, {})
        by_place = [*wanted.values(), *("" for _ in node.args)]
        node.args = [make_float(value) if by_place[place] else value for place, value in enumerate(node.args)]
        for keyword in node.keywords:
            keyword.value = make_float(keyword.value) if wanted.get(keyword.arg or "") else keyword.value


def _with_new(group: str, keys: Mapping[str, bool], name: str) -> ast.Assign:
    """``group = {...}`` with the tensor ``name`` under some keys, under the rest what was there."""
    values = [
        _name(name) if is_new else ast.Subscript(_name(group), ast.Constant(key), ast.Load())
        for key, is_new in keys.items()
    ]
    return ast.Assign(
        [ast.Name(group, ast.Store())], ast.Dict([ast.Constant(key) for key in keys], list(values))
    )


def _name_order(node: ast.Call, owner: str) -> None:
    """Find the overload of norm that is one native operator."""
    if owner == "torch.linalg":
        _check_vectors(node)
    if owner in ("torch", "torch.linalg"):
        # torch.norm is scripted Python inside torch, with loops; the
        # native operator is the same function.
        node.func = _expression("torch.linalg.vector_norm")
        for keyword in node.keywords:
            keyword.arg = {"p": "ord", "input": "x"}.get(keyword.arg or "", keyword.arg)
    elif not node.args and not any(keyword.arg == "p" for keyword in node.keywords):
        # Tensor.norm(dim=) has no overload without p
        node.keywords.insert(0, ast.keyword("p", ast.Constant(2)))


def _check_vectors(node: ast.Call) -> None:
    """``torch.linalg.norm`` with an order and two axes is a norm of matrices.

    Raises:
        RefusedError: It may be one.
    """
    given = dict(zip(("x", "ord", "dim"), node.args, strict=False)) | {
        keyword.arg or "": keyword.value for keyword in node.keywords
    }
    axes = given.get("dim")
    if isinstance(axes, (ast.Tuple, ast.List)) and len(axes.elts) == 1:
        (axes,) = axes.elts
    if "ord" in given and (axes is None or number_of(axes) is None):
        message = "torch.linalg.norm with an order takes one axis here, written out."
        raise RefusedError("syntax", message, "Use torch.linalg.vector_norm for more axes.", node.lineno)


def _quotient(node: ast.Call) -> ast.expr:
    """``normalize(x, p, dim, eps)`` written out, with x twice.

    Torch's own is Python with an in-place branch.

    Raises:
        RefusedError: x is large, as nested calls make it: each one doubles what is inside.
    """
    given = dict(zip(("input", "p", "dim", "eps"), node.args, strict=False)) | {
        k.arg or "": k.value for k in node.keywords
    }
    if (
        "input" not in given
        or len(given) < len(node.args) + len(node.keywords)
        or given.keys() - {"input", "p", "dim", "eps"}
    ):
        return node
    vector, order = given["input"], given.get("p", ast.Constant(2.0))
    if sum(1 for _ in ast.walk(vector)) > _MAX_REPEATED:
        raise RefusedError(
            "syntax",
            "the argument of normalize is too large.",
            "Give it a name first, and do not nest normalize.",
            node.lineno,
        )
    axis, least = given.get("dim", ast.Constant(1)), given.get("eps", ast.Constant(1e-12))
    length = ast.Call(
        _expression("torch.linalg.vector_norm"),
        [copy.deepcopy(vector), order],
        [ast.keyword("dim", axis), ast.keyword("keepdim", ast.Constant(True))],
    )
    return ast.BinOp(
        vector, ast.Div(), ast.Call(_expression("torch.clamp"), [length], [ast.keyword("min", least)])
    )


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
