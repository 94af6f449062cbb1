"""Types of helpers' parameters that have none, from how they are used and called.

TorchScript takes an undeclared parameter for a tensor. One that picks an axis or a column is a
whole number; one that is only ever given True or False is a truth value.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.constants import number_of
from rewardsmith.reward.guard.helpers import calls_of, declared, defaults_of, kind_of, local_kinds, passed

_AXES = {"dim", "axis", "dims", "start_dim", "end_dim", "dim0", "dim1", "dim2", "axis0", "axis1"}
"""Keywords that are given an axis."""
_ALL = """
    select size unsqueeze squeeze unbind unflatten flatten transpose swapaxes repeat tile expand view reshape
"""
_AXIS_FIRST = (
    vocabulary.MIXING - {"norm", "vector_norm"}
    | {"softmax", "log_softmax", "cumsum", "cumprod", "sort", "logsumexp"}
    | set(_ALL.split())
)
"""Functions whose plain arguments behind the tensor are axes, places or sizes."""
Functions = Mapping[str, ast.FunctionDef]
Given = dict[tuple[str, str], set[str]]


def declare_by_use(tree: ast.Module) -> None:
    """Declare them. Nothing is said where a call passes anything else than such a number."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if len(functions) == 1:
        return
    given: Given = {}
    for _ in functions:  # a number may be handed on from helper to helper
        given = _given(functions, given)
    for _ in functions:
        for function in functions.values():
            picks = _names_that_pick(function, functions)
            for argument in (one for one in function.args.args if one.annotation is None):
                kinds = given.get((function.name, argument.arg), set())
                if kinds == {"bool"} or (kinds == {"int"} and argument.arg in picks):
                    argument.annotation = ast.Name(next(iter(kinds)), ast.Load())


def _given(functions: Functions, before: Given) -> Given:
    """What kinds of values every parameter of every helper is given.

    ``before`` is what was known of the callers' own parameters.
    """
    given: Given = {}
    for caller in functions.values():
        own = {argument.arg: declared(argument) for argument in caller.args.args}
        known = {name: before.get((caller.name, name), set()) for name in own}
        own |= {name: next(iter(kinds)) for name, kinds in known.items() if len(kinds) == 1}
        kinds = local_kinds(caller) | {name: kind for name, kind in own.items() if kind in ("int", "float")}
        for call, callee in calls_of(caller, functions):
            defaults = {argument.arg: default for argument, default in defaults_of(callee)}
            for name, value in (defaults | passed(call, callee)).items():
                given.setdefault((callee.name, name), set()).add(_kind(value, kinds, own))
    return given


def _kind(value: ast.expr, kinds: Mapping[str, str], own: Mapping[str, str]) -> str:
    handed_on = isinstance(value, ast.Name) and own.get(value.id) == "bool"
    return "bool" if handed_on or isinstance(number_of(value), bool) else kind_of(value, kinds)


def _names_that_pick(function: ast.FunctionDef, functions: Functions) -> set[str]:
    """Names that stand where only a whole number can."""
    places: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.Subscript(slice=index):
                places += _of_index(index)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                places += [one.value for one in node.keywords if one.arg in _AXES]
                if name in _AXIS_FIRST:
                    places += node.args[1:] if ast.unparse(owner) in vocabulary.OWNERS else node.args
    for call, callee in calls_of(function, functions):
        whole = {argument.arg for argument in callee.args.args if declared(argument) == "int"}
        places += [value for name, value in passed(call, callee).items() if name in whole]
    return {name for place in places for name in _plain_names(place)}


def _of_index(index: ast.expr) -> list[ast.expr]:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    bounds = [
        (part.lower, part.upper, part.step) if isinstance(part, ast.Slice) else (part,) for part in parts
    ]
    return [bound for three in bounds for bound in three if bound is not None]


def _plain_names(node: ast.expr) -> set[str]:
    """Names of a sum or a product of numbers, as in ``k + 1``."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.BinOp(left=left, right=right):
            return _plain_names(left) | _plain_names(right)
        case ast.UnaryOp(operand=operand):
            return _plain_names(operand)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return {name for part in parts for name in _plain_names(part)}
    return set()
