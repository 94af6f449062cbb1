"""Which parameters of helper functions are plain numbers.

In Python ``shaped(distance, 0.1)`` works whatever ``shaped`` declares; TorchScript takes an
undeclared parameter for a tensor. So one without a type is a float where a call passes a number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from rewardsmith.reward.guard.constants import literal, number_of

Kinds = dict[str, str]
"""What names are: ``float``; ``loose``, a float in the print that some call
makes an int in Python; empty for all else."""
_WHOLE = {"floor", "ceil", "trunc"}


def defaults_of(function: ast.FunctionDef) -> list[tuple[ast.arg, ast.expr]]:
    """The parameters that have a default, each with it."""
    arguments, defaults = function.args.args, function.args.defaults
    return list(zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True))


def declare_truths(tree: ast.Module) -> None:
    """A parameter without a type whose default is True or False is a plain truth value."""
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for argument, default in defaults_of(function):
            if argument.annotation is None and isinstance(number_of(default), bool):
                argument.annotation = ast.Name("bool", ast.Load())


def number_parameters(tree: ast.Module) -> dict[str, Kinds]:
    """For every function, what each of its parameters is, in order."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = {
        name: {
            argument.arg: "float" if declared(argument) == "float" else "" for argument in function.args.args
        }
        for name, function in functions.items()
    }
    for name, function in functions.items():
        _read_defaults(function, found[name])
    if len(functions) == 1:
        return found
    calls = {name: calls_of(function, functions) for name, function in functions.items()}
    for _ in functions:  # a number may be handed on from helper to helper
        for name, function in functions.items():
            kinds = local_kinds(function) | {
                parameter: kind for parameter, kind in found[name].items() if kind
            }
            for call, callee in calls[name]:
                _read_call(call, callee, found[callee.name], kinds)
    return found


def make_float(node: ast.expr) -> ast.expr:
    """``5`` to ``5.0``, ``x`` to ``float(x)``: what TorchScript takes for a helper's float."""
    number = number_of(node)
    if number is not None:
        return literal(float(number))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        return node
    return ast.Call(ast.Name("float", ast.Load()), [node], [])


def calls_of(
    function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]
) -> list[tuple[ast.Call, ast.FunctionDef]]:
    """Calls of the program's own functions, each with what it calls."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return [
        (call, functions[call.func.id])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in functions
    ]


def declared(argument: ast.arg) -> str:
    """The type of a parameter as it is written; nothing where none is."""
    return ast.unparse(argument.annotation) if argument.annotation else ""


def _read_defaults(function: ast.FunctionDef, parameters: Kinds) -> None:
    for argument, default in defaults_of(function):
        if argument.annotation is None or parameters[argument.arg]:
            parameters[argument.arg] = "float" if isinstance(number_of(default), float) else "loose"


def passed(call: ast.Call, callee: ast.FunctionDef) -> dict[str, ast.expr]:
    """What a call gives for each parameter."""
    names = [argument.arg for argument in callee.args.args]
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    return dict(zip(names, call.args, strict=False)) | named


def _read_call(call: ast.Call, callee: ast.FunctionDef, parameters: Kinds, kinds: Mapping[str, str]) -> None:
    untyped = {argument.arg for argument in callee.args.args if argument.annotation is None}
    for name, value in passed(call, callee).items():
        kind = kind_of(value, kinds)
        if parameters.get(name) or (kind and name in untyped):
            parameters[name] = "float" if kind == "float" and parameters[name] != "loose" else "loose"


def local_kinds(function: ast.FunctionDef) -> Kinds:
    """Local names that only ever hold numbers."""
    kinds: Kinds = {}
    others: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            kind = kind_of(node.value, kinds)
            others |= set() if kind else names
            kinds |= {name: kind if kinds.get(name, kind) == kind else "loose" for name in names}
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            others.add(node.target.id)
    return {name: kind for name, kind in kinds.items() if name not in others}


def kind_of(node: ast.expr, kinds: Mapping[str, str]) -> str:
    """``int``, ``float`` or ``loose`` for a number, empty for what cannot be said to be one."""
    number = number_of(node)
    if number is not None:
        return type(number).__name__ if type(number) is not bool else ""
    match node:
        case ast.Name():
            return kinds.get(node.id, "")
        case ast.UnaryOp():
            return kind_of(node.operand, kinds)
        case ast.BinOp():
            kind = _joined((node.left, node.right), kinds)
            return "float" if kind and isinstance(node.op, ast.Div) else kind
        case ast.Attribute(attr="pi"):
            return "float"
        case ast.Call(func=ast.Name(id="float")):
            return "float"
        case ast.Call(func=ast.Name(id="abs" | "min" | "max")):
            return _joined(node.args, kinds, mixed="loose")
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name)) if _joined(node.args, kinds):
            return "int" if name in _WHOLE else "float"
    return ""


def _joined(nodes: Iterable[ast.expr], kinds: Mapping[str, str], mixed: str = "float") -> str:
    found = {kind_of(node, kinds) for node in nodes}
    if "" in found or not found:
        return ""
    return found.pop() if len(found) == 1 else "loose" if "loose" in found else mixed
