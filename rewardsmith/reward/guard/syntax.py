"""Layer 2: a positive list of syntax on Python's tree, with messages people and models can act on.

This file looks at the program as a whole and at functions' heads; ``expressions`` looks inside.
"""

from __future__ import annotations

import ast
import warnings

from rewardsmith.contracts import Signal
from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.calls import check_calls
from rewardsmith.reward.guard.constants import number_of, own_names
from rewardsmith.reward.guard.entry import ENTRY
from rewardsmith.reward.guard.expressions import ADVICE, Scope, check_expressions
from rewardsmith.reward.guard.fixed import fixed_names
from rewardsmith.reward.guard.helpers import declared, defaults_of
from rewardsmith.reward.guard.refusal import Objections, RefusedError

MAX_NODES = 1_500
MAX_DEPTH = 60


def parse(code: str) -> ast.Module:
    """Parse text that passed the lexical layer.

    Returns:
        The tree, of bounded size and depth, without docstrings.

    Raises:
        RefusedError: It is not Python, or too much of it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            tree = ast.parse(code)
    except SyntaxError as error:
        raise RefusedError(
            "syntax",
            f"this is not valid Python: {error.msg}.",
            "Check brackets, commas and indentation.",
            error.lineno,
        ) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise RefusedError("syntax", f"the parser gave up: {error}.", "Write it simpler.") from None
    check_size(tree, MAX_NODES)
    return _Undocumented().visit(tree)


class _Undocumented(ast.NodeTransformer):
    """Docstrings, wherever they are, become ``pass``: other strings are parts of the program."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.copy_location(ast.Pass(), node) if is_text else node


def check_tree(tree: ast.Module, signals: tuple[Signal, ...] | None, objections: Objections) -> None:
    """Refuse everything that is not on the list.

    Args:
        tree: The parsed program.
        signals: The task's signal table; ``None``: any names may be read.
        objections: Where refusals go, with the line, what is wrong and what to write instead.

    Raises:
        RefusedError: The last one, behind which nothing can be looked at.
    """
    functions: list[ast.FunctionDef] = []
    for node in tree.body:
        with objections.apart():
            functions += [] if isinstance(node, ast.Pass) else [_as_function(node)]
    names = [function.name for function in functions]
    if names.count(ENTRY) != 1:
        found = ", ".join(names) or "none"
        raise RefusedError(
            "syntax",
            f"exactly one function {ENTRY} is needed; found: {found}.",
            f"Define {ENTRY} once, helpers beside it.",
        )
    for function in functions:
        if names.count(function.name) > 1:
            raise RefusedError(
                "syntax",
                f"the function {function.name} is defined twice.",
                "Give every helper its own name.",
                function.lineno,
            )
    helpers = {f.name: frozenset(a.arg for a in f.args.args) for f in functions if f.name != ENTRY}
    for function in functions:
        with objections.apart():
            _check_head(function, signals, objections)
        scope = Scope(helpers, function.name, own_names(function), fixed_names(function))
        with objections.apart():
            _check_body(function, scope, objections)
    check_calls(functions)


def _as_function(node: ast.stmt) -> ast.FunctionDef:
    if isinstance(node, ast.FunctionDef):
        return node
    hint = ADVICE.get(type(node), f"Compute everything else inside {ENTRY}.")
    if isinstance(node, (ast.Import, ast.ImportFrom)) and "numpy" in ast.unparse(node):
        hint += " np.exp(x) is torch.exp(x), np.linalg.norm(x) is torch.linalg.vector_norm(x, dim=-1)."
    allowed = "only functions and plain numbers, such as SCALE = 3.0, may stand at the top."
    raise RefusedError("syntax", allowed, hint, node.lineno)


def check_size(tree: ast.Module, most: int) -> None:
    """Bound the tree before anything recursive touches it.

    Raises:
        RefusedError: It has more nodes than ``most``, or is too deep.
    """
    count = 0
    stack: list[tuple[ast.AST, int, int | None]] = [(tree, 0, None)]
    while stack:
        node, depth, line = stack.pop()
        line = getattr(node, "lineno", line)
        count += not isinstance(node, ast.expr_context)
        if count > most or depth > MAX_DEPTH:
            raise RefusedError(
                "syntax",
                "the program is too large or nested too deeply.",
                "Use fewer terms and named intermediate values.",
                line,
            )
        stack += [(child, depth + 1, line) for child in ast.iter_child_nodes(node)]


def _check_head(
    function: ast.FunctionDef, signals: tuple[Signal, ...] | None, objections: Objections
) -> None:
    arguments, line = function.args, function.lineno
    if function.decorator_list:
        raise RefusedError(
            "syntax", "decorators are not allowed.", "Leave them out; the program is compiled anyway.", line
        )
    if (
        arguments.kwonlyargs
        or getattr(function, "type_params", None)
        or arguments.vararg
        or arguments.kwarg
        or arguments.posonlyargs
    ):
        raise RefusedError(
            "syntax", "only plain parameters are allowed.", "No *, ** or / and no type parameters.", line
        )
    names = [argument.arg for argument in arguments.args]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise RefusedError("syntax", f"the parameter {repeated} is there twice.", "Name it once.", line)
    taken = next(
        (name for name in (*names, function.name) if name in vocabulary.INTERNAL_NAMES | vocabulary.BUILTINS),
        None,
    )
    if taken:
        raise RefusedError("syntax", f"the name {taken} is taken.", "Use another name.", line)
    if function.name == ENTRY:
        _check_parameters(names, signals, line, objections)
        if arguments.defaults:
            raise RefusedError(
                "syntax",
                f"{ENTRY} takes signals only, without defaults.",
                "Write constants above the functions or inside.",
                line,
            )
    else:
        _check_helper(function, objections)


def _check_parameters(
    parameters: list[str], signals: tuple[Signal, ...] | None, line: int, objections: Objections
) -> None:
    known = parameters if signals is None else [signal.name for signal in signals]
    hint = f"Signals: {', '.join(known)}."
    for unknown in (name for name in parameters if name not in known):
        with objections.apart():
            raise RefusedError("syntax", f"{unknown!r} is not a signal of this task.", hint, line)
        hint = ""  # said once, as a task may have many
    if not parameters and not objections:  # else what it reads may be what was refused
        raise RefusedError("syntax", f"{ENTRY} takes no signal.", f"Signals: {', '.join(known)}.", line)


def _check_helper(function: ast.FunctionDef, objections: Objections) -> None:
    for argument in function.args.args:
        with objections.apart():
            _check_type(argument)
    for argument, default in defaults_of(function):
        with objections.apart():
            _check_default(argument, default)
            check_expressions(default, Scope({}, function.name, frozenset()), objections)


def _check_type(argument: ast.arg) -> None:
    if declared(argument) not in {"", *vocabulary.TYPES}:
        given, allowed = declared(argument)[:40], ", ".join(sorted(vocabulary.TYPES))
        raise RefusedError("syntax", f"the type {given} is not allowed.", f"Use: {allowed}.", argument.lineno)


def _check_default(argument: ast.arg, default: ast.expr) -> None:
    number = number_of(default)
    if number is None:
        raise RefusedError(
            "syntax",
            "a default must be a plain number.",
            "Give anything else as an argument.",
            default.lineno,
        )
    if isinstance(number, bool) and declared(argument) not in ("", "bool"):
        message = f"the default of {argument.arg} is a plain truth value."
        raise RefusedError("syntax", message, f"Declare it: {argument.arg}: bool = {number}.", default.lineno)


def _check_body(function: ast.FunctionDef, scope: Scope, objections: Objections) -> None:
    for statement in function.body:
        check_expressions(statement, scope, objections)
    if not any(isinstance(node, ast.Return) for node in ast.walk(function)):
        raise RefusedError(
            "syntax", f"{function.name} returns nothing.", "End with: return total, {...}.", function.lineno
        )
