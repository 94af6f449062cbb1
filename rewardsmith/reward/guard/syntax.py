"""Layer 2: a positive list of syntax on Python's own tree, with messages a person or a model can act on."""

from __future__ import annotations

import ast
import re

from rewardsmith.contracts import Signal
from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.refusal import Refused

ENTRY = "compute_reward"
MAX_NODES = 1_200
MAX_DEPTH = 60
_COMPONENT = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]{0,39}")
_HARMLESS = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr,
    ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple,
    ast.List, ast.Dict, ast.IfExp, ast.If, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip
_ADVICE = {
    ast.For: "Compute on whole tensors; loops are not part of the reward language.",
    ast.While: "Compute on whole tensors; loops are not part of the reward language.",
    ast.Lambda: "Write a helper function with def.",
    ast.ListComp: "Compute on whole tensors.",
    ast.Import: "torch and math are there already; nothing else can be imported.",
    ast.ImportFrom: "torch and math are there already; nothing else can be imported.",
    ast.JoinedStr: "Strings are only allowed as component names.",
    ast.ClassDef: "Write one function compute_reward.",
    ast.MatMult: "Use torch.sum(a * b, dim=-1) for dot products.",
}


def parse(source: str) -> ast.Module:
    """Parse text that passed the lexical layer.

    Raises:
        Refused: It is not Python.
    """
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise Refused("syntax", f"this is not valid Python: {error.msg}.", "Check brackets, commas and indentation.", error.lineno) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise Refused("syntax", f"the parser gave up: {error}.", "Write it simpler.") from None


def check_tree(tree: ast.Module, signals: tuple[Signal, ...]) -> None:
    """Refuse everything that is not on the list.

    Args:
        tree: The parsed program.
        signals: The task's signal table.

    Raises:
        Refused: Naming the line, what is wrong and what to write instead.
    """
    functions = [_as_function(node) for node in tree.body]
    names = [function.name for function in functions]
    if names.count(ENTRY) != 1:
        found = ", ".join(names) or "none"
        raise Refused("syntax", f"exactly one function {ENTRY} is needed; found: {found}.", f"Define {ENTRY} once, helpers beside it.")
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise Refused("syntax", f"the function {repeated} is defined twice.", "Give every helper its own name.")
    _check_size(tree)
    for function in functions:
        _check_function(function, frozenset(names), signals)


def _as_function(node: ast.stmt) -> ast.FunctionDef:
    if isinstance(node, ast.FunctionDef):
        return node
    advice = _ADVICE.get(type(node), f"Put everything inside {ENTRY}; constants become local variables.")
    raise Refused("syntax", "only function definitions may stand at the top.", advice, node.lineno)


def _check_size(tree: ast.Module) -> None:
    count, stack = 0, [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise Refused("syntax", "the program is too large or nested too deeply.", "Use fewer terms and named intermediate values.")
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


def _check_function(function: ast.FunctionDef, functions: frozenset[str], signals: tuple[Signal, ...]) -> None:
    arguments = function.args
    if function.decorator_list:
        raise Refused("syntax", "decorators are not allowed.", "Leave them out; the program is compiled anyway.", function.lineno)
    if arguments.defaults or arguments.kwonlyargs or arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        raise Refused("syntax", "only plain parameters without defaults are allowed.", "Make constants local variables.", function.lineno)
    parameters = [argument.arg for argument in arguments.args]
    if function.name == ENTRY:
        _check_parameters(parameters, signals, function.lineno)
    else:
        _check_helper(function)
    body = function.body
    for node in body:
        for child in ast.walk(node):
            _check_node(child, functions, frozenset(parameters))
    if not any(isinstance(node, ast.Return) for statement in body for node in ast.walk(statement)):
        raise Refused("syntax", f"{function.name} returns nothing.", "End with: return total, {...}.", function.lineno)


def _check_parameters(parameters: list[str], signals: tuple[Signal, ...], line: int) -> None:
    known = [signal.name for signal in signals]
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise Refused("syntax", f"{unknown[0]!r} is not a signal of this task.", f"Signals: {', '.join(known)}.", line)
    if not parameters:
        raise Refused("syntax", f"{ENTRY} takes no signal.", f"Signals: {', '.join(known)}.", line)


def _check_helper(function: ast.FunctionDef) -> None:
    annotations = [argument.annotation for argument in function.args.args] + [function.returns]
    for annotation in annotations:
        if annotation is not None and ast.unparse(annotation) not in vocabulary.TYPES:
            allowed = ", ".join(sorted(vocabulary.TYPES))
            raise Refused("syntax", f"the type {ast.unparse(annotation)[:40]} is not allowed.", f"Use: {allowed}.", annotation.lineno)


def _check_node(node: ast.AST, functions: frozenset[str], parameters: frozenset[str]) -> None:
    line = getattr(node, "lineno", None)
    if not isinstance(node, _HARMLESS) or isinstance(node, (ast.MatMult, ast.FunctionDef)):
        advice = _ADVICE.get(type(node), "Use arithmetic, comparisons and torch functions on the signals.")
        raise Refused("syntax", f"{type(node).__name__} is not part of the reward language.", advice, line)
    if isinstance(node, ast.Expr) and not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
        raise Refused("syntax", "this statement has no effect on the result.", "Remove it; printing and in-place calls are not allowed.", line)
    if isinstance(node, ast.Attribute):
        _check_attribute(node)
    if isinstance(node, ast.Call):
        _check_call(node, functions)
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        _check_assignment(node, functions, parameters)
    if isinstance(node, ast.Name) and node.id.startswith("_"):
        raise Refused("syntax", f"the name {node.id} starts with an underscore.", "Choose another name.", line)
    if isinstance(node, ast.Constant):
        _check_constant(node)
    if isinstance(node, ast.Dict):
        _check_components(node)


def _check_attribute(node: ast.Attribute) -> None:
    allowed = vocabulary.FUNCTIONS | vocabulary.NAMESPACES | vocabulary.ATTRIBUTES
    if node.attr.endswith("_"):
        raise Refused("syntax", f".{node.attr} changes a tensor in place.", f"Use .{node.attr.rstrip('_')} and keep its result.", node.lineno)
    if node.attr not in allowed:
        what = "self is not available; take the signal as a parameter." if ast.unparse(node.value) == "self" else ""
        raise Refused("syntax", f".{node.attr} is not in the reward language.", what or "Use elementary torch functions.", node.lineno)


def _check_call(node: ast.Call, functions: frozenset[str]) -> None:
    target = node.func
    if isinstance(target, ast.Name):
        if target.id not in vocabulary.BUILTINS | functions or target.id == ENTRY:
            raise Refused("syntax", f"{target.id}() is not a known function.", "Use torch functions or define a helper with def.", node.lineno)
    elif not isinstance(target, ast.Attribute) or target.attr not in vocabulary.FUNCTIONS:
        raise Refused("syntax", f"{ast.unparse(target)[:40]}() cannot be called.", "Call torch functions by name.", node.lineno)
    for keyword in node.keywords:
        if keyword.arg not in vocabulary.KEYWORDS:
            raise Refused("syntax", f"the keyword {keyword.arg!r} is not allowed here.", "Results are returned, never written into a tensor.", node.lineno)
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        raise Refused("syntax", "argument lists cannot be unpacked.", "Write the arguments out.", node.lineno)


def _check_assignment(node: ast.Assign | ast.AnnAssign | ast.AugAssign, functions: frozenset[str], parameters: frozenset[str]) -> None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [name for target in targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])]
    for name in names:
        if not isinstance(name, ast.Name):
            raise Refused("syntax", "only plain local names can be assigned.", "Use torch.where, or one dictionary literal in the return.", node.lineno)
        if name.id in parameters:
            raise Refused("syntax", f"the signal {name.id} may not be reassigned.", "Use a new name.", node.lineno)
        if name.id in vocabulary.INTERNAL_NAMES | functions:
            raise Refused("syntax", f"the name {name.id} is taken.", "Use another name.", node.lineno)


def _check_constant(node: ast.Constant) -> None:
    value = node.value
    if not isinstance(value, (int, float, str, bool, type(None), type(...))):
        raise Refused("syntax", f"constants of type {type(value).__name__} are not allowed.", "Use plain numbers.", node.lineno)
    if isinstance(value, (int, float)) and not abs(value) <= 1e9:
        raise Refused("syntax", f"the number {value} is too large.", "Use numbers up to 1e9.", node.lineno)


def _check_components(node: ast.Dict) -> None:
    for key in node.keys:
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str) and _COMPONENT.fullmatch(key.value)):
            raise Refused("syntax", "component names must be short plain strings.", 'Write {"distance": distance_reward}.', node.lineno)
