"""What plain numbers come to, by Python's rules, and where TorchScript's are others.

TorchScript rounds ``1.0 // 0.1`` to 10, makes ``2 ** 3`` a float, wraps whole numbers at 64 bits,
and goes on with inf and nan where Python stops. So numbers that are known when a program is printed
are computed here where the two differ, and what cannot be known there is refused.
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rewardsmith.reward.guard.constants import MAX_NUMBER, Number, literal
from rewardsmith.reward.guard.refusal import RefusedError

KINDS = frozenset({"int", "float", "bool", "loose"})
_MAX_WHOLE = 2**62
MAX_SIZE = 2**20
"""Largest size of an axis that is reckoned with."""
_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number | complex]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.Pow: operator.pow, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_NOT_IN_TORCHSCRIPT = frozenset({"log2", "hypot", "trunc", "remainder", "exp2"})
_WHOLE = frozenset({"floor", "ceil", "trunc", "int", "len"})
_TRUTH = frozenset({"isfinite", "isinf", "isnan"})


@dataclass(frozen=True)
class Plain:
    """A plain number, as far as it is known before the program runs."""

    kind: str
    """``int``, ``float``, ``bool``, or ``loose``: an int in
    Python that may be a float in the print."""
    known: Number | None = None
    most: int = 0
    """Bound on the absolute value of an int."""


@dataclass(frozen=True)
class Result:
    """A number, and what to print for it where TorchScript would compute another one."""

    number: Plain
    written: ast.expr | None = None


def known(value: Number) -> Plain:
    """A number that is written down."""
    return Plain(type(value).__name__, value, abs(int(value)) if isinstance(value, int) else 0)


def binary(node: ast.BinOp | ast.AugAssign, left: Plain, right: Plain) -> Result:
    """``left op right``.

    Raises:
        RefusedError: Python stops here, or TorchScript computes something else and the numbers are
            not known.
    """
    kind, whole = type(node.op), left.kind in ("int", "bool") and right.kind in ("int", "bool")
    if left.known is None or right.known is None:
        if kind in (ast.FloorDiv, ast.Mod) and not whole:
            sign = "//" if kind is ast.FloorDiv else "%"
            raise _refused(
                f"{sign} of numbers that are not written out differs in TorchScript.",
                "Use math.floor(a / b).",
                node,
            )
        if kind is ast.Pow and whole:
            raise _refused(
                "a power of whole numbers is a float in TorchScript.",
                "Write the base as a float, such as 2.0 ** n.",
                node,
            )
        most = left.most * right.most if kind is ast.Mult else left.most + right.most
        return Result(
            _bounded(Plain("int" if whole and kind is not ast.Div else _wider(left, right), None, most), node)
        )
    if whole and kind in (ast.Pow, ast.LShift) and not 0 <= right.known * max(1, left.most.bit_length()) < 62:
        return _enormous(node, left.known, int(right.known))
    result = _attempt(lambda: _BINARY[kind](left.known or 0, right.known or 0), node)
    differs = (kind in (ast.FloorDiv, ast.Mod) and not whole) or (kind is ast.Pow and whole)
    return _result(result, node, differs)


def compare(node: ast.Compare, left: Plain, right: Plain) -> Plain:
    """``left < right`` and its kind."""
    apply = _COMPARE.get(type(node.ops[0]))
    if apply is None or left.known is None or right.known is None:
        return Plain("bool")
    return known(apply(left.known, right.known))


def unary(node: ast.UnaryOp, operand: Plain) -> Result:
    """``-x``, ``+x``, ``~x`` and ``not x``."""
    if isinstance(node.op, ast.Not):
        return Result(Plain("bool") if operand.known is None else known(not operand.known))
    kind = "int" if operand.kind == "bool" else operand.kind
    if operand.known is None:
        return Result(Plain(kind, None, operand.most))
    if isinstance(node.op, ast.Invert):
        return _result(_attempt(lambda: ~operand.known, node), node, differs=True)  # type: ignore[operator]
    return Result(known(-operand.known if isinstance(node.op, ast.USub) else +operand.known))


def logical(node: ast.BoolOp, values: Sequence[Plain]) -> Result:
    """``and`` and ``or``: one of the numbers in Python, a truth value in TorchScript."""
    truth = all(value.kind == "bool" for value in values)
    if all(value.known is not None for value in values):
        wanted = isinstance(node.op, ast.Or)
        chosen = next((value for value in values if bool(value.known) is wanted), values[-1])
        return _result(chosen.known, node, differs=not truth)
    if truth:
        return Result(Plain("bool"))
    raise _refused("and and or of numbers differ in TorchScript.", "Compare them first, such as a > 0.", node)


def call(node: ast.Call, owner: str, name: str, values: Sequence[Plain]) -> Result:
    """A builtin function (without an owner) or one of ``math``, of numbers only.

    Raises:
        RefusedError: Python stops here.
    """
    kinds = {value.kind for value in values}
    if name in ("min", "max") and "bool" in kinds:
        raise _refused(
            f"{name} of truth values is a whole number in TorchScript.", "Use and, or and not.", node
        )
    if all(value.known is not None for value in values) and values:
        function: Callable[..., Number] = getattr(math, name) if owner else getattr(builtins, name)
        result = _attempt(lambda: function(*(value.known for value in values)), node)
        mixed = len(kinds) > 1 if name in ("min", "max") else owner and kinds != {"float"}
        return _result(result, node, differs=name in _NOT_IN_TORCHSCRIPT or bool(mixed))
    if name == "remainder":
        raise _refused(
            "math.remainder of numbers that are not written out differs in TorchScript.",
            "Use math.fmod.",
            node,
        )
    if name in ("min", "max", "abs") and not owner:
        kind = ("int" if kinds == {"bool"} and name == "abs" else kinds.pop()) if len(kinds) == 1 else "loose"
        return Result(Plain(kind, None, max((value.most for value in values), default=0)))
    kind = "int" if name in _WHOLE else "bool" if name in _TRUTH else "float"
    return Result(Plain(kind, None, MAX_SIZE if name == "len" else int(MAX_NUMBER)))


def _wider(left: Plain, right: Plain) -> str:
    return (
        "float"
        if "float" in (left.kind, right.kind)
        else "loose"
        if "loose" in (left.kind, right.kind)
        else "float"
    )


def _enormous(node: ast.BinOp | ast.AugAssign, left: Number, right: int) -> Result:
    """Whole numbers beyond 64 bits, or with a negative exponent.

    They are never computed, since they may fill the memory.
    """
    if isinstance(node.op, ast.Pow):
        small = abs(right) < 1000
        if right < 0 and small:
            return _result(_attempt(lambda: left**right, node), node, differs=False)
        return Result(Plain("float"))
    if right < 0:
        raise _refused("a shift by a negative number.", "Write the number out.", node)
    power = ast.BinOp(ast.Constant(2.0), ast.Pow(), ast.Constant(min(right, 2000)))
    number = known(float(left) * 2.0**right) if right < 900 else Plain("float")
    return Result(number, ast.BinOp(literal(left), ast.Mult(), power))


def _attempt(compute: Callable[[], Number | complex], node: ast.expr | ast.stmt) -> Number | complex:
    try:
        return compute()
    except (ArithmeticError, ValueError, TypeError) as error:
        raise _refused(
            f"this fails in Python: {error}.", "Use numbers for which it is defined.", node
        ) from None


def _result(value: Number | complex | None, node: ast.expr | ast.stmt, differs: bool) -> Result:
    if isinstance(value, complex) or value is None:
        raise _refused(
            "this is a complex number in Python.", "Raise only positive numbers to a fraction.", node
        )
    number = _bounded(known(value), node)
    printable = math.isfinite(value) and abs(value) <= MAX_NUMBER
    return Result(number, literal(value) if differs and printable else None)


def _bounded(number: Plain, node: ast.expr | ast.stmt) -> Plain:
    if number.kind == "int" and number.most > _MAX_WHOLE:
        raise _refused("a whole number grows beyond 64 bits.", "Write it as a float, such as 1e9.", node)
    return number


def _refused(message: str, hint: str, node: ast.expr | ast.stmt) -> RefusedError:
    return RefusedError("syntax", message, hint, node.lineno)
