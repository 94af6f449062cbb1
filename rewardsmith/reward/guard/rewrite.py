"""Layer 3: print the program anew from the checked tree.

Comments, type comments, tabs and whatever else a second parser might read differently are gone:
what was checked is what is compiled. A few spellings that models like and TorchScript does not
are turned into their plain equivalents on the way.
"""

from __future__ import annotations

import ast
import math

from rewardsmith.reward.guard.syntax import ENTRY

_RETURNS = "Tuple[Tensor, Dict[str, Tensor]]"
_PLAIN_FUNCTIONAL = {"relu", "tanh", "sigmoid"}
_ALIASES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2"}


def reprint(tree: ast.Module) -> str:
    """The canonical text of a checked program; ``tree`` is used up."""
    tree = ast.fix_missing_locations(_Canonical().visit(tree))
    return ast.unparse(tree) + "\n"


class _Canonical(ast.NodeTransformer):
    """Rewrites to what TorchScript compiles into native operators."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for argument in node.args.args:
            if node.name == ENTRY or argument.annotation is None:
                argument.annotation = ast.Name("Tensor", ast.Load())
            argument.type_comment = None
        node.returns = ast.parse(_RETURNS, mode="eval").body if node.name == ENTRY else node.returns
        node.type_comment = None
        self.generic_visit(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> None:
        """Drop docstrings, the only expression statements that pass."""
        return

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.type_comment = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Local annotations are the model's claims, not ours: leave them to inference."""
        if node.value is None:
            return None
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """``x += y`` writes into x in TorchScript; ``x = x + y`` does not."""
        assert isinstance(node.target, ast.Name)
        value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], value), node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """``F`` is the customary short name of torch.nn.functional."""
        return ast.parse("torch.nn.functional", mode="eval").body if node.id == "F" else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == "pi" and isinstance(node.value, ast.Name) and node.value.id in ("math", "torch"):
            return ast.Constant(math.pi)
        if node.attr == "Tensor":
            return ast.Name("Tensor", ast.Load())
        node.attr = _ALIASES.get(node.attr, node.attr)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute):
            return node
        owner, name = ast.unparse(node.func.value), node.func.attr
        if name == "norm" and owner in ("torch", "torch.linalg"):
            self._to_vector_norm(node)
        elif name == "norm" and not node.args and not any(k.arg == "p" for k in node.keywords):
            node.keywords.insert(0, ast.keyword("p", ast.Constant(2)))  # Tensor.norm(dim=) has no overload without p
        elif owner == "torch.nn.functional" and name in _PLAIN_FUNCTIONAL:
            node.func = ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load())
        return node

    @staticmethod
    def _to_vector_norm(node: ast.Call) -> None:
        """torch.norm is scripted Python inside torch, with loops; the native operator is the same function."""
        node.func = ast.parse("torch.linalg.vector_norm", mode="eval").body
        for keyword in node.keywords:
            keyword.arg = "ord" if keyword.arg == "p" else keyword.arg
