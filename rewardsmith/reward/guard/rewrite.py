"""Layer 3: print the program anew from the checked tree.

Comments, type comments, tabs and whatever else a second parser might read differently are gone:
what was checked is what is compiled. Spellings that models like and TorchScript does not
are turned into their plain equivalents on the way.
"""

from __future__ import annotations

import ast
import copy
import math
from dataclasses import dataclass

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.helpers import make_float, number_parameters
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.syntax import ENTRY

_RETURNS = "Tuple[Tensor, Dict[str, Tensor]]"
_IN_TORCH = {"relu", "tanh", "sigmoid", "softmax"}
"""Functions of torch.nn.functional that are wrappers in Python; torch has the operator itself."""
_CREATION = {"tensor", "zeros", "ones", "full"}
_KEYWORDS = {"axis": "dim", "keepdims": "keepdim"}
_MAX_REPEATED = 200
"""Nodes of an expression that is printed twice."""
_PER_DEGREE = math.pi / 180.0
_CONSTANT_ANGLES = {"radians": _PER_DEGREE, "degrees": 1.0 / _PER_DEGREE}


@dataclass(frozen=True)
class Printed:
    """A program as it will be compiled."""

    program: str
    _tree: ast.Module

    def source_line(self, line: int) -> int | None:
        """The line of the source that became this line of the program, for messages."""
        printed = (node for node in ast.walk(ast.parse(self.program)) if isinstance(node, ast.stmt))
        given = (node for node in ast.walk(self._tree) if isinstance(node, ast.stmt))
        return next((old.lineno for new, old in zip(printed, given, strict=False) if new.lineno == line), None)


def reprint(tree: ast.Module) -> Printed:
    """The canonical text of a checked program; ``tree`` is used up.

    Raises:
        RefusedError: The text would grow beyond measure.
    """
    floats = number_parameters(tree)
    tree.body = [_Canonical(node, floats).visit(node) for node in tree.body if isinstance(node, ast.FunctionDef)]
    return Printed(ast.unparse(ast.fix_missing_locations(tree)) + "\n", tree)


class _Canonical(ast.NodeTransformer):
    """Rewrites one function to what TorchScript compiles into native operators."""

    def __init__(self, function: ast.FunctionDef, floats: dict[str, dict[str, bool]]) -> None:
        """Know which parameters of which helper are numbers."""
        self._floats = floats
        own = floats.get(function.name, {})
        tensors = [argument.arg for argument in function.args.args if not own.get(argument.arg)]
        self._device = f"{tensors[0]}.device" if tensors else ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Types are ours in compute_reward; elsewhere the written ones, else Tensor or float by the calls."""
        numbers = self._floats.get(node.name, {})
        for argument in node.args.args:
            if node.name == ENTRY or argument.annotation is None:
                argument.annotation = _name("float" if numbers.get(argument.arg) else "Tensor")
            argument.type_comment = None
        node.returns = _expression(_RETURNS) if node.name == ENTRY else None
        node.type_comment = None
        defaulted = node.args.args[len(node.args.args) - len(node.args.defaults) :]
        node.args.defaults = [
            make_float(value) if numbers.get(argument.arg) else value for argument, value in zip(defaulted, node.args.defaults, strict=True)
        ]
        node.body = [self.visit(statement) for statement in node.body]
        node.args.args = [self.visit(argument) for argument in node.args.args]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.type_comment = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Local annotations are the model's claims, not ours: leave them to inference."""
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """``x += y`` writes into x in TorchScript; ``x = x + y`` does not."""
        assert isinstance(node.target, ast.Name)
        value = ast.BinOp(_name(node.target.id), node.op, node.value)
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], value), node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """``F`` is the customary short name of torch.nn.functional."""
        return _expression("torch.nn.functional") if node.id == "F" else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == "pi" and isinstance(node.value, ast.Name) and node.value.id in ("math", "torch"):
            return ast.Constant(math.pi)
        if node.attr == "Tensor":
            return _name("Tensor")
        if node.attr == "fabs":
            return _expression("torch.abs")
        node.attr = vocabulary.ALIASES.get(node.attr, node.attr)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """TorchScript has no ``+x``."""
        self.generic_visit(node)
        return node.operand if isinstance(node.op, ast.UAdd) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for keyword in node.keywords:
            keyword.arg = _KEYWORDS.get(keyword.arg or "", keyword.arg)
        if isinstance(node.func, ast.Name):
            return self._numbers_as_floats(node, node.func.id)
        assert isinstance(node.func, ast.Attribute)
        owner, name = ast.unparse(node.func.value), node.func.attr
        if owner == "math" and name in _CONSTANT_ANGLES and len(node.args) == 1:
            return ast.BinOp(node.args[0], ast.Mult(), ast.Constant(_CONSTANT_ANGLES[name]))
        if owner == "math":
            node.func.value = _name("torch")
        elif owner == "torch.nn.functional" and name == "normalize":
            return _quotient(node)
        elif name == "norm":
            _name_order(node, owner)
        elif owner == "torch.nn.functional" and name in _IN_TORCH:
            node.func = _expression(f"torch.{name}")
        elif owner == "torch" and name in _CREATION and self._device:
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "device"]
            node.keywords.append(ast.keyword("device", _expression(self._device)))
        return node

    def _numbers_as_floats(self, node: ast.Call, helper: str) -> ast.Call:
        """Python hands an integer, too, to a helper that wants a float; TorchScript does not."""
        wanted = self._floats.get(helper, {})
        by_place = [*wanted.values(), *(False for _ in node.args)]
        node.args = [make_float(value) if by_place[place] else value for place, value in enumerate(node.args)]
        for keyword in node.keywords:
            keyword.value = make_float(keyword.value) if wanted.get(keyword.arg or "") else keyword.value
        return node


def _name_order(node: ast.Call, owner: str) -> None:
    """Find the overload of norm that is one native operator."""
    if owner in ("torch", "torch.linalg"):
        # torch.norm is scripted Python inside torch, with loops; the native operator is the same function.
        node.func = _expression("torch.linalg.vector_norm")
        for keyword in node.keywords:
            keyword.arg = {"p": "ord", "input": "x"}.get(keyword.arg or "", keyword.arg)
    elif not node.args and not any(keyword.arg == "p" for keyword in node.keywords):
        node.keywords.insert(0, ast.keyword("p", ast.Constant(2)))  # Tensor.norm(dim=) has no overload without p


def _quotient(node: ast.Call) -> ast.expr:
    """``normalize(x, p, dim, eps)`` written out, with x twice; torch's own is Python with an in-place branch.

    Raises:
        RefusedError: x is large, as nested calls make it: each one doubles what is inside.
    """
    given = dict(zip(("input", "p", "dim", "eps"), node.args, strict=False)) | {k.arg or "": k.value for k in node.keywords}
    if "input" not in given:
        return node
    vector, order = given["input"], given.get("p", ast.Constant(2.0))
    if sum(1 for _ in ast.walk(vector)) > _MAX_REPEATED:
        raise RefusedError(
            "syntax", "the argument of normalize is too large.", "Give it a name first, and do not nest normalize.", node.lineno
        )
    axis, least = given.get("dim", ast.Constant(1)), given.get("eps", ast.Constant(1e-12))
    length = ast.Call(
        _expression("torch.linalg.vector_norm"),
        [copy.deepcopy(vector), order],
        [ast.keyword("dim", axis), ast.keyword("keepdim", ast.Constant(True))],
    )
    return ast.BinOp(vector, ast.Div(), ast.Call(_expression("torch.clamp"), [length], [ast.keyword("min", least)]))


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
