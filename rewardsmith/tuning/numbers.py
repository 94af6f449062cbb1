"""The numbers of a reward program that may be tuned: weights, temperatures and thresholds.

They are found in the text as it was written and put back into it, so a tuned program is the same
text with other numbers, whoever put them there. Taken are numbers with a name of their own, factors
and divisors, and what something is compared with. Left out are indices, axes, exponents, shapes,
numbers that are added or subtracted (places and sizes of the scene, such as a height of 0.02 m),
tiny ones that only keep a divisor from 0, and 0 itself.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rewardsmith.errors import UsageError
from rewardsmith.reward.guard.constants import MAX_NUMBER
from rewardsmith.reward.guard.lexical import check_text
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.syntax import parse

_TINY = 1e-4
_REACH = 5.0
"""A number is looked for between a fifth and five times of what is written."""
_DIGITS = 4
"""Significant digits of a tuned number: more would only look precise."""
_LONGEST = 48
"""Letters of a name that is an expression."""
_BOUND = r"(-?(?<![\d.])[\d.]{1,20}(?:e-?\d{1,3})?)"
_RANGE = re.compile(rf"{_BOUND}\s{{0,9}}(?:to|\.\.|,|-)\s{{0,9}}{_BOUND}", re.ASCII)
"""In a comment, such as ``# 0.05 to 0.5``. Bounded: a search takes no longer than the text."""


@dataclass(frozen=True)
class Number:
    """One number of a program."""

    name: str
    """Its own, or what it is part of: ``total: 0.4 * near``."""
    value: float
    low: float
    high: float
    """Where to look for a better one; of the same sign."""
    line: int
    start: int
    end: int
    """Where it stands: columns of the line, in letters."""

    def __post_init__(self) -> None:
        assert 0 < self.low / self.value <= 1 <= self.high / self.value, "a range around the number"


def find_numbers(source: str) -> tuple[Number, ...]:
    """What may be tuned in a program that the guard accepts, in the order of the text.

    Raises:
        UsageError: There is nothing.
    """
    try:
        code = check_text(source)  # which leaves nothing that a parser would choke on
        tree = parse(code)
    except RefusedError as refusal:
        raise UsageError(f"the program cannot be read: {refusal}") from None
    comments = [line[len(left) :] for line, left in zip(source.split("\n"), code.split("\n"), strict=True)]
    found = sorted(set(_places(tree)), key=lambda place: (place[1].lineno, place[1].col_offset))
    numbers = [made for name, node in found if (made := _number(name, node, comments))]
    if not numbers:
        raise UsageError(
            "the program has no number to tune: no weight, temperature or threshold. Give it some by name, "
            "such as near_weight = 0.5."
        )
    counts, seen = Counter(number.name for number in numbers), Counter[str]()
    named: list[Number] = []
    for number in numbers:
        seen[number.name] += 1
        name = number.name if counts[number.name] == 1 else f"{number.name} ({seen[number.name]})"
        named.append(replace(number, name=name))
    return tuple(named)


def with_numbers(source: str, numbers: Sequence[Number], values: Mapping[str, float]) -> str:
    """The program with other numbers; all else stays as it is, to the last comment.

    Args:
        source: Of :func:`find_numbers`.
        numbers: What that found.
        values: By name; the others stay, as do those that are the same to four digits.
    """
    lines = source.split("\n")
    for number in sorted(numbers, key=lambda one: (one.line, one.start), reverse=True):
        value = rounded(values.get(number.name, number.value))
        if value != rounded(number.value):
            line = lines[number.line - 1]
            lines[number.line - 1] = line[: number.start] + repr(value) + line[number.end :]
    return "\n".join(lines)


def rounded(value: float) -> float:
    """A number as it is written into a program."""
    return float(f"{value:.{_DIGITS}g}")


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Expressions that are such a number, each with its name or with what it is part of."""
    whole = _whole_names(tree)
    for statement in ast.walk(tree):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if name not in whole and statement.value:
                    yield name, statement.value
            case ast.AugAssign(target=ast.Name(id=name)):
                pass
            case ast.Assign() | ast.Return():
                name = f"line {statement.lineno}"
            case _:
                continue
        yield from ((f"{name}: {ast.unparse(part)}", side) for part, side in _operands(statement))


def _operands(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Factors, divisors and thresholds that are plain numbers, each with what it belongs to."""
    for node in ast.walk(statement):
        match node:
            case ast.BinOp(op=ast.Mult() | ast.Div(), left=left, right=right):
                sides = (left, right)
            case ast.Compare(left=left, comparators=[right]):
                sides = (left, right)
            case _:
                continue
        numbers = [side for side in sides if _signed(side) is not None]
        if len(numbers) == 1:
            yield node, numbers[0]


def _whole_names(tree: ast.Module) -> set[str]:
    """Names that are used where only whole numbers can stand, or as exponents."""
    found: set[str] = set()
    for node in ast.walk(tree):
        inner: list[ast.AST] = []
        match node:
            case ast.Subscript(slice=index):
                inner = [index]
            case ast.keyword(arg="dim" | "axis" | "ord" | "p" | "repeats"):
                inner = [node.value]
            case ast.BinOp(op=ast.Pow() | ast.FloorDiv() | ast.Mod(), right=right):
                inner = [right]
            case ast.Call(
                func=ast.Attribute(attr="size" | "repeat" | "view" | "reshape" | "expand" | "norm")
            ):
                inner = [*node.args]
        found |= {name.id for part in inner for name in ast.walk(part) if isinstance(name, ast.Name)}
    return found


def _signed(node: ast.expr) -> float | None:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return None if isinstance(value, bool) else -float(value)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
    return None


def _number(name: str, node: ast.expr, comments: Sequence[str]) -> Number | None:
    value = _signed(node)
    if value is None or not _TINY <= abs(value) <= MAX_NUMBER:
        return None
    if node.end_lineno != node.lineno or node.end_col_offset is None:
        return None
    low, high = _range(value, comments[node.lineno - 1])
    return Number(name[:_LONGEST], value, low, high, node.lineno, node.col_offset, node.end_col_offset)


def _range(value: float, comment: str) -> tuple[float, float]:
    """What a comment says, if the number lies in it; else a fifth to five times."""
    if said := _RANGE.search(comment):
        bounds = [_bound(bound) for bound in said.groups()]
        if None not in bounds:
            low, high = sorted((float(bound or 0.0) for bound in bounds), key=abs)
            if low / value > 0 and high / value > 0 and abs(low) <= abs(value) <= abs(high) and low != high:
                return low, high
    return value / _REACH, value * _REACH


def _bound(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= MAX_NUMBER else None
