"""Which parameters of helper functions are plain numbers.

In Python ``shaped(distance, 0.1)`` works whatever ``shaped`` declares; TorchScript takes an undeclared parameter
for a tensor. So a parameter without a type is a float where some call passes a number.
"""

from __future__ import annotations

import ast

from rewardsmith.reward.guard.constants import literal, number_of


def number_parameters(tree: ast.Module) -> dict[str, dict[str, bool]]:
    """For every function, whether each of its parameters is a float, in order."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = {function.name: {argument.arg: _declared_float(argument) for argument in function.args.args} for function in functions}
    for function in functions:
        _read_defaults(function, found[function.name])
    if len(functions) == 1:
        return found
    for _ in functions:  # a number may be handed on from helper to helper
        for function in functions:
            numbers = _local_numbers(function) | {name for name, is_float in found[function.name].items() if is_float}
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                _read_call(call, found, numbers, functions)
    return found


def make_float(node: ast.expr) -> ast.expr:
    """``5`` to ``5.0``, ``x`` to ``float(x)``: what TorchScript takes where a helper wants a float."""
    number = number_of(node)
    if number is not None:
        return literal(float(number))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        return node
    return ast.Call(ast.Name("float", ast.Load()), [node], [])


def _declared_float(argument: ast.arg) -> bool:
    return isinstance(argument.annotation, ast.Name) and argument.annotation.id == "float"


def _read_defaults(function: ast.FunctionDef, parameters: dict[str, bool]) -> None:
    arguments = function.args.args
    for argument in arguments[len(arguments) - len(function.args.defaults) :]:
        if argument.annotation is None:
            parameters[argument.arg] = True


def _read_call(call: ast.Call, found: dict[str, dict[str, bool]], numbers: set[str], functions: list[ast.FunctionDef]) -> None:
    if not isinstance(call.func, ast.Name) or call.func.id not in found:
        return
    (callee,) = (function for function in functions if function.name == call.func.id)
    untyped = {argument.arg for argument in callee.args.args if argument.annotation is None}
    passed = dict(zip(found[callee.name], call.args, strict=False)) | {k.arg: k.value for k in call.keywords}
    for name, value in passed.items():
        if name in untyped and _is_number(value, numbers):
            found[callee.name][name] = True


def _local_numbers(function: ast.FunctionDef) -> set[str]:
    """Local names that only ever hold literal numbers."""
    numbers: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            (numbers if node.value is not None and _is_number(node.value, numbers) else others).update(names)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            others.add(node.target.id)
    return numbers - others


def _is_number(node: ast.expr, numbers: set[str]) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_number(node.left, numbers) and _is_number(node.right, numbers)
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand, numbers)
    if isinstance(node, ast.Name):
        return node.id in numbers
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)
