"""Layer 2, inside of functions: which statements, expressions, names and constants may appear."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.constants import MAX_NUMBER
from rewardsmith.reward.guard.fixed import is_fixed
from rewardsmith.reward.guard.nearest import (
    NUMPY,
    instead_of_attribute,
    instead_of_function,
    instead_of_numpy,
)
from rewardsmith.reward.guard.places import check_attribute, check_name
from rewardsmith.reward.guard.refusal import Objections, RefusedError

_COMPONENT = re.compile(r"[A-Za-z_][A-Za-z0-9_ \-]{0,39}")
_EQUATION = re.compile(r"\s*[A-Za-z]+\s*(,\s*[A-Za-z]+\s*)*->\s*[A-Za-z]*\s*")
"""What ``einsum`` may be told: every axis by a letter, and which are left."""
_DEVICE = re.compile(r"[a-z]{1,8}(:[0-9]{1,2})?")
_ALLOWED = (
    ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Pass, ast.If,
    ast.expr_context,
    ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple,
    ast.List, ast.Dict,
    ast.IfExp, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop,
)  # fmt: skip
_NO_LOOPS = "Compute on whole tensors; loops are not part of the reward language."
_NO_IMPORTS = "torch and math are there already; nothing else can be imported."
ADVICE: dict[type[ast.AST], str] = {
    ast.For: _NO_LOOPS,
    ast.While: _NO_LOOPS,
    ast.ListComp: _NO_LOOPS,
    ast.DictComp: _NO_LOOPS,
    ast.GeneratorExp: _NO_LOOPS,
    ast.Lambda: "Write a helper function with def, beside compute_reward.",
    ast.FunctionDef: "Write helper functions at the top level, beside compute_reward.",
    ast.Import: _NO_IMPORTS,
    ast.ImportFrom: _NO_IMPORTS,
    ast.JoinedStr: "Strings are only allowed as component names.",
    ast.ClassDef: "Write one function compute_reward.",
    ast.Global: "Make it a local variable.",
    ast.Assert: "Leave it out.",
    ast.Raise: "Leave it out.",
}
_NAMES: dict[type[ast.AST], str] = {
    ast.For: "a for loop", ast.While: "a while loop", ast.ListComp: "a list comprehension",
    ast.SetComp: "a set comprehension",
    ast.DictComp: "a dictionary comprehension", ast.GeneratorExp: "a generator expression",
    ast.Lambda: "a lambda function",
    ast.FunctionDef: "a function inside a function", ast.AsyncFunctionDef: "an async function",
    ast.ClassDef: "a class",
    ast.Import: "an import", ast.ImportFrom: "an import", ast.JoinedStr: "an f-string", ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.Assert: "assert", ast.Raise: "raise", ast.Try: "try", ast.With: "with", ast.Delete: "del",
    ast.Match: "match", ast.Break: "break",
    ast.Continue: "continue", ast.NamedExpr: "the operator :=", ast.Starred: "unpacking with *",
    ast.Set: "a set", ast.Yield: "yield",
    ast.YieldFrom: "yield", ast.Await: "await",
}  # fmt: skip
"""What messages call a piece of syntax that is not on the list."""


@dataclass(frozen=True)
class Scope:
    """What a function may refer to."""

    helpers: Mapping[str, frozenset[str]]
    """The program's helper functions and the names of their parameters."""
    function: str
    """The function that is looked at."""
    own: frozenset[str]
    """Its parameters and the names that it assigns."""
    fixed: frozenset[str] = frozenset()
    """Of these the ones that hold numbers which no signal has a part in."""


def check_expressions(root: ast.AST, scope: Scope, objections: Objections) -> None:
    """Refuse everything below a node that is not on the list.

    Args:
        root: The node.
        scope: What may be referred to.
        objections: Where refusals go, with the line, what is wrong and what to write instead.
            Below a refused node nothing is looked at.
    """
    nodes: list[tuple[ast.AST, ast.AST | None]] = [(root, None)]
    while nodes:
        node, parent = nodes.pop()
        with objections.apart():
            _check_node(node, scope)
            if isinstance(node, ast.Name):
                check_name(node, parent, scope.own, scope.helpers)
            elif isinstance(node, ast.Attribute):
                check_attribute(node, parent)
            nodes += [(child, node) for child in _children(node) if not _is_name_of_component(child, node)]


def _children(node: ast.AST) -> list[ast.AST]:
    """Annotations of local names are left out: they are not printed."""
    if isinstance(node, ast.AnnAssign):
        return [child for child in (node.target, node.value) if child is not None]
    return list(ast.iter_child_nodes(node))


def _is_name_of_component(node: ast.AST, parent: ast.AST) -> bool:
    """The only strings: keys of dictionaries, equations, and devices, which are not kept."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    if isinstance(parent, ast.Call):
        einsum = isinstance(parent.func, ast.Attribute) and ast.unparse(parent.func) == "torch.einsum"
        return einsum and parent.args[:1] == [node] and _EQUATION.fullmatch(node.value) is not None
    if isinstance(parent, ast.keyword):
        return parent.arg == "device" and _DEVICE.fullmatch(node.value) is not None
    return isinstance(parent, (ast.Dict, ast.Subscript)) and _COMPONENT.fullmatch(node.value) is not None


def _check_node(node: ast.AST, scope: Scope) -> None:
    if not isinstance(node, _ALLOWED):
        advice = ADVICE.get(type(node), "Use arithmetic, comparisons and torch functions on the signals.")
        raise _refused(f"{_NAMES.get(type(node), 'this')} is not part of the reward language.", advice, node)
    if isinstance(node, ast.Expr):
        raise _refused(
            "this statement has no effect on the result.",
            "Remove it; printing and in-place calls are not allowed.",
            node,
        )
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.MatMult):
        raise _refused("@= is not part of the reward language.", "Write x = x @ y.", node)
    if isinstance(node, ast.Attribute):
        _check_attribute(node)
    elif isinstance(node, ast.Call):
        _check_call(node, scope)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        _check_assignment(node, scope)
    elif isinstance(node, ast.Name):
        _check_name(node)
    elif isinstance(node, ast.Constant):
        _check_constant(node)
    elif isinstance(node, ast.Dict):
        _check_components(node)
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        raise _refused("comparisons cannot be chained on tensors.", "Write (a < b) & (b < c).", node)


def _refused(message: str, hint: str, node: ast.AST) -> RefusedError:
    return RefusedError("syntax", message, hint, getattr(node, "lineno", None))


def _check_attribute(node: ast.Attribute) -> None:
    allowed = vocabulary.FUNCTIONS | vocabulary.NAMESPACES | vocabulary.ATTRIBUTES
    if node.attr in allowed:
        return
    if node.attr.endswith("_") and not node.attr.startswith("_"):
        raise _refused(
            f".{node.attr} changes a tensor in place.",
            f"Use .{node.attr.rstrip('_')} and keep its result.",
            node,
        )
    if isinstance(node.value, ast.Name) and node.value.id == "self":
        raise _refused("self is not available.", "Take the signal as a parameter.", node)
    name = node.attr[:40]
    raise _refused(f".{name} is not in the reward language.", instead_of_attribute(name), node)


def _check_name(node: ast.Name) -> None:
    if node.id.startswith("__"):
        raise _refused(f"the name {node.id[:40]} starts with two underscores.", "Choose another name.", node)
    if node.id == "self":
        raise _refused("self is not available.", "Take the signal as a parameter.", node)


def _check_call(node: ast.Call, scope: Scope) -> None:
    keywords = vocabulary.KEYWORDS
    if isinstance(node.func, ast.Name):
        name = node.func.id
        if name not in vocabulary.BUILTINS | scope.helpers.keys():
            hint = instead_of_function(name[:40], scope.helpers)
            raise _refused(f"{name[:40]}() is not a known function.", hint, node)
        keywords = scope.helpers.get(name, frozenset[str]())
    elif isinstance(node.func, ast.Attribute):
        _check_attribute(node.func)
        if isinstance(node.func.value, ast.Attribute):  # np.linalg
            _check_numpy(node.func, scope)
        _check_axis(node, node.func, scope)
    else:
        raise _refused("only functions with a name can be called.", "Call torch functions by name.", node)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise _refused(
                "unpacking with ** is not part of the reward language.", "Write every argument out.", node
            )
        if keyword.arg not in keywords:
            hint = (
                "Results are returned, never written into a tensor."
                if keyword.arg == "out"
                else "Leave it out, or write it otherwise."
            )
            raise _refused(f"the keyword {keyword.arg!r} is not allowed here.", hint, node)


def _check_numpy(function: ast.Attribute, scope: Scope) -> None:
    """Of what is refused in any case: name torch's function, if numpy's was meant."""
    module = ast.unparse(function.value).removesuffix(".linalg")
    if module in NUMPY - scope.own:
        raise _refused(f"{module} is not defined.", instead_of_numpy(function.attr), function)


def _check_axis(node: ast.Call, function: ast.Attribute, scope: Scope) -> None:
    """A reduction without an axis mixes the environments; the probe would only see that it does."""
    if function.attr not in vocabulary.MIXING:
        return
    is_method = ast.unparse(function.value) not in vocabulary.OWNERS
    own = node.args if is_method else node.args[1:]
    reduced = [function.value] if is_method else node.args[:1]
    if reduced and all(is_fixed(tensor, scope.fixed) for tensor in reduced):
        return
    orders = 1 if function.attr in ("norm", "vector_norm") else 0
    if len(own) <= orders and not any(keyword.arg in ("dim", "axis", "other") for keyword in node.keywords):
        _check_numpy(function, scope)
        message = f"{function.attr} without dim takes all environments together."
        raise _refused(
            message,
            "Give it dim=-1 and a tensor of shape (num_envs, k); for one column index it, such as [:, 2].",
            node,
        )


def _check_assignment(node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope) -> None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for name in (
        name
        for target in targets
        for name in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])
    ):
        if not isinstance(name, ast.Name):
            raise _refused(
                "only plain local names, columns and masks of them can be assigned.",
                "Such as x[:, 2] = y and x[near] = 0.0. Otherwise use torch.where.",
                node,
            )
        if name.id in vocabulary.INTERNAL_NAMES | scope.helpers.keys() | {scope.function}:
            raise _refused(f"the name {name.id} is taken.", "Use another name.", node)


def _check_constant(node: ast.Constant) -> None:
    value = node.value
    if isinstance(value, (int, float)):
        if not abs(value) <= MAX_NUMBER:
            raise _refused("a number is too large.", f"Use numbers up to {MAX_NUMBER:.0e}.", node)
    elif isinstance(value, str):
        raise _refused("strings are only allowed as component names.", "Leave it out.", node)
    elif value is not None and value is not ...:
        kind = "complex numbers" if isinstance(value, complex) else "byte strings"
        raise _refused(f"{kind} are not part of the reward language.", "Use plain numbers.", node)


def _check_components(node: ast.Dict) -> None:
    for key in node.keys:
        if not (
            isinstance(key, ast.Constant) and isinstance(key.value, str) and _COMPONENT.fullmatch(key.value)
        ):
            raise _refused(
                "component names must be short plain strings.", 'Write {"distance": distance_reward}.', node
            )
