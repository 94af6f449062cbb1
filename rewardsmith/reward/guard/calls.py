"""Layer 2, across functions: no recursion, and a bound on the program with helpers written out."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from rewardsmith.reward.guard.refusal import RefusedError

MAX_INLINED = 30_000


def check_calls(functions: Sequence[ast.FunctionDef]) -> None:
    """Refuse helpers that call themselves, or that double and double again.

    Raises:
        RefusedError: Naming the helper.
    """
    known = {function.name: function for function in functions}
    sizes: dict[str, int] = {}
    for function in functions:
        _measure(function, known, sizes, ())


def _measure(
    function: ast.FunctionDef,
    known: dict[str, ast.FunctionDef],
    sizes: dict[str, int],
    callers: tuple[str, ...],
) -> int:
    """Nodes of a function with all that it calls.

    The depth of recursion here is the number of functions at most.
    """
    if function.name in callers:
        raise RefusedError(
            "syntax", f"{function.name} calls itself.", "Write it without recursion.", function.lineno
        )
    if function.name not in sizes:
        nodes = list(ast.walk(function))
        called = [
            node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        inner = (
            _measure(known[name], known, sizes, (*callers, function.name)) for name in called if name in known
        )
        sizes[function.name] = len(nodes) + sum(inner)
        if sizes[function.name] > MAX_INLINED:
            message = "the program is too large once its helpers are written out."
            raise RefusedError(
                "syntax", message, "Call them less often; keep their results in names.", function.lineno
            )
    return sizes[function.name]
