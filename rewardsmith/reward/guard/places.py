"""Layer 2, inside of expressions: functions are called, values and types are not.

Modules only lead to functions.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.refusal import RefusedError

_SIGNAL_VALUES = frozenset({"shape", "dtype", "device", "values", "indices", "ndim", "T", "mT"})
_IN_FUNCTIONAL = frozenset({"gelu", "softplus", "logsigmoid", "mse_loss", "l1_loss"})


def check_name(
    node: ast.Name, parent: ast.AST | None, own: Collection[str], helpers: Collection[str]
) -> None:
    """Refuse a name that stands where what it means cannot be.

    Args:
        node: The name.
        parent: What it stands in.
        own: Parameters and names that the function assigns.
        helpers: The program's other functions.

    Raises:
        RefusedError: Naming it.
    """
    name, called = node.id, isinstance(parent, ast.Call) and parent.func is node
    if not isinstance(node.ctx, ast.Load):
        return
    if name in own:
        if called:
            raise _refused(
                f"{name} is a value here and cannot be called.", "Give the value another name.", node
            )
    elif name in vocabulary.MODULES:
        if not isinstance(parent, ast.Attribute):
            raise _refused(
                f"{name} is a module, not a value.", f"Call a function of it, such as {_example(name)}.", node
            )
    elif name in vocabulary.TYPE_NAMES:
        raise _refused(f"{name} is a type, not a value.", "Use torch.tensor for constant tensors.", node)
    elif not called and (name in vocabulary.BUILTINS or name in helpers):
        raise _refused(f"the function {name} is not called.", f"Write {name}(...).", node)


def check_attribute(node: ast.Attribute, parent: ast.AST | None) -> None:
    """Refuse an attribute that is not what its place needs.

    Raises:
        RefusedError: Naming it.
    """
    owner, called = ast.unparse(node.value), isinstance(parent, ast.Call) and parent.func is node
    name = f"{owner}.{node.attr}" if owner in vocabulary.PATHS else f".{node.attr}"
    if node.attr in vocabulary.NAMESPACES:
        if f"{owner}.{node.attr}" not in vocabulary.PATHS or not isinstance(parent, ast.Attribute):
            raise _refused(
                f"{name} holds functions and is not one.",
                "Call a function of it, such as torch.linalg.norm.",
                node,
            )
    elif node.attr == "Tensor":
        raise _refused(f"{name} is a type, not a value.", "Use torch.tensor for constant tensors.", node)
    elif called:
        _check_function(node, owner, name)
    elif not _is_value(node.attr, owner):
        what = (
            f"the function {name} is not called"
            if node.attr in vocabulary.FUNCTIONS
            else f"there is no {name}"
        )
        raise _refused(
            f"{what}.",
            "Write its arguments in brackets." if "called" in what else "Use elementary torch functions.",
            node,
        )


def _check_function(node: ast.Attribute, owner: str, name: str) -> None:
    if node.attr not in vocabulary.FUNCTIONS:
        raise _refused(
            f"{name} is a value and cannot be called.",
            f"Write {name.removeprefix('.')} without brackets.",
            node,
        )
    if owner == "math" and node.attr not in vocabulary.MATH:
        raise _refused(f"there is no {name}.", f"Use torch.{node.attr}.", node)
    if owner in vocabulary.PATHS and node.attr in vocabulary.DTYPES:
        raise _refused(
            f"{name} is a type and cannot be called.", f"Write x.{node.attr}() for a tensor x.", node
        )
    if owner not in vocabulary.PATHS and node.attr in vocabulary.NO_METHODS:
        place = "torch.nn.functional" if node.attr in _IN_FUNCTIONAL else "torch"
        raise _refused(f"tensors have no {name}().", f"Use {place}.{node.attr}(x).", node)


def _is_value(name: str, owner: str) -> bool:
    if owner in vocabulary.PATHS:
        return (owner == "torch" and name in vocabulary.DTYPES) or (
            name == "pi" and owner in ("math", "torch")
        )
    return name in _SIGNAL_VALUES


def _example(module: str) -> str:
    return {"math": "math.exp(-1.0)", "F": "F.relu(x)"}.get(module, "torch.exp(x)")


def _refused(message: str, hint: str, node: ast.expr) -> RefusedError:
    return RefusedError("syntax", message, hint, node.lineno)
