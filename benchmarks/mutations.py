"""One-line faults: what may be changed in a module, one place at a time.

Nothing to run by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

EQUIVALENT = {
    ("ROOT = -1", "1 -> 2"): "any number does that no candidate has",
    ("whole = sum(sizes) or 1.0", "1.0 -> 2.0"): "zeros are divided by it",
    (
        "return tuple(queue[len(queue) - count :]) if count > 0 else ()",
        "count > 0 -> count >= 0",
    ): "the end from the length on is empty",
    ("self._width = self._places = 0", "0 -> 1"): "the order of places counts, and one is trained at least",
    ("self._width = self._places = 0", "0 -> -1"): "the order of places counts, and one is trained at least",
    ("self._places += 1", "1 -> 2"): "only the order of places counts",
    (
        "before = {run: rungs for run, (place, rungs) in self._rungs.items() if place < work.place}",
        "place < work.place -> place <= work.place",
    ): "nothing is known of its own rungs while it is still to be trained",
    ("lone = left[0] if len(left) == 1 else None", "0 -> -1"): "the first of one is the last of it",
    (
        "work = Work(ScoringJob(job.run, job.policy, 0, 2), job, 0)",
        "0 -> 1",
    ): "any episodes and any place do, for it is alone",
    (
        "work = Work(ScoringJob(job.run, job.policy, 0, 2), job, 0)",
        "0 -> -1",
    ): "any place does, for it is alone",
    (
        "if worker.process in said or worker.until < time.monotonic():",
        "worker.until < time.monotonic() -> worker.until <= time.monotonic()",
    ): "at that very instant it is looked at once more",
    (
        "if time.monotonic() >= deadline or not (busy or self._broken):",
        "time.monotonic() >= deadline -> time.monotonic() > deadline",
    ): "at that very instant it is looked at once more",
    ("self.until = 0.0", "self.until = 0.0 -> pass"): "it is set before anybody looks",
    ("self.until = 0.0", "0.0 -> 1.0"): "it is set before anybody looks",
    (
        "made = drafted(candidate, answer, judge(self._parts, answer), repairs=0)",
        "0 -> -1",
    ): "it has no draft yet, so the first one is the last",
    ("_POLL_S = 0.1", "0.1 -> 0.2"): "a choice: what is said is heard a tenth of a second later",
    ("report = executor.next(1.0)", "1.0 -> 2.0"): "what is said ends the wait",
    ("trainings.wait(1.0)", "1.0 -> 2.0"): "what is said ends the wait",
}
"""Changes that change nothing, as line of code and change, and why."""

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
SWAPPED = {
    "min": "max",
    "any": "all",
    "minimum": "maximum",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "sum": "mean",
    "floor": "ceil",
}
SWAPPED |= {new: old for old, new in SWAPPED.items()}
UNWRAPPED = {"abs", "round", "sorted", "reversed", "floor"}
"""Functions that are replaced by their first argument."""
DROPPED = {
    "detach",
    "clone",
    "clamp",
    "clamp_min",
    "clamp_max",
    "clip",
    "abs",
    "sqrt",
    "exp",
    "log",
    "square",
    "triu",
    "double",
}
"""Methods that are replaced by what they are called on."""
EMPTY = {
    "str": "''",
    "list": "[]",
    "dict": "{}",
    "tuple": "()",
    "int": "0",
    "float": "0.0",
    "bool": "False True",
}


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    code: str
    change: str
    span: tuple[int, int]
    """Bytes that are replaced."""
    new: str


def mutants(file: str) -> list[Mutant]:
    """All mutants of a file, in the order of its lines."""
    lines = (ROOT / file).read_bytes().splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    found: dict[tuple[tuple[int, int], str], Mutant] = {}
    for node, replacement in _changes(ast.parse(b"".join(lines)), ""):
        old, new = ast.unparse(node), ast.unparse(replacement)
        span = (
            starts[node.lineno - 1] + node.col_offset,
            starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0),
        )
        code, change = lines[node.lineno - 1].decode().strip(), " ".join(f"{old} -> {new}".split())
        if (code, change) not in EQUIVALENT and new != old:
            within = new if isinstance(replacement, ast.stmt | ast.Constant) else f"({new})"
            found[span, within] = Mutant(file, node.lineno, code, change, span, within)
    return sorted(found.values(), key=lambda mutant: mutant.span)


def _changes(node: ast.AST, returns: str) -> Iterator[tuple[ast.expr | ast.stmt, ast.expr | ast.stmt]]:
    """Every node that may be replaced, with what replaces it.

    ``returns``: the type that the function around it is said to return.
    """
    if _untouched(node):
        return
    if isinstance(node, ast.FunctionDef):
        returns = ast.unparse(node.returns) if node.returns else ""
    if isinstance(node, ast.expr | ast.stmt):
        yield from ((node, new) for new in _replacements(node))
    if isinstance(node, ast.Return) and node.value:
        yield from ((node.value, new) for new in _returned(returns))
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, ast.UnaryOp):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)
    for condition in node.ifs if isinstance(node, ast.comprehension) else ():
        yield condition, ast.UnaryOp(ast.Not(), condition)
    if isinstance(node, ast.Slice):
        yield from (
            (end, ast.BinOp(end, ast.Add(), ast.Constant(1))) for end in (node.lower, node.upper) if end
        )
    if isinstance(node, ast.Raise):  # what it says is no matter
        return
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list", "bases", "ctx"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _changes(child, returns)


def _untouched(node: ast.AST) -> bool:
    """Texts, what is written for the type checker, and what no test runs."""
    match node:
        case ast.JoinedStr() | ast.Assert() | ast.keyword("strict") | ast.FunctionDef("__repr__"):
            return True
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("logging" | "logger" | "warnings")))):
            return True
        case ast.If(ast.Name("TYPE_CHECKING") | ast.Compare(ast.Name("__name__"))):
            return True
    return False


def _replacements(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    match node:
        case ast.Compare(left, ops, others):
            for place, op in enumerate(ops):
                for new in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:place], new(), *ops[place + 1 :]], others)
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            yield from map(ast.Constant, (value - 1, value + 1) if value < 100 else (0, 2 * value))
        case ast.Constant(float(value)):
            yield from map(ast.Constant, (0.0, 1.0, 2.0 * value))
        case ast.Call(ast.Name(name) as called, args, keywords) | ast.Call(
            ast.Attribute(_, name) as called, args, keywords
        ):
            owner = called.value if isinstance(called, ast.Attribute) else None
            if name in SWAPPED and (owner or name != "sum"):  # no built-in function is called mean
                yield ast.Call(
                    ast.Attribute(owner, SWAPPED[name]) if owner else ast.Name(SWAPPED[name]), args, keywords
                )
            if owner and name in DROPPED:
                yield owner
            elif args and name in UNWRAPPED:
                yield args[0]
        case ast.AugAssign(target, op, value) if type(op) in ARITHMETIC:
            yield ast.AugAssign(target, ARITHMETIC[type(op)](), value)
            yield ast.Pass()
        case (
            ast.Expr(ast.Call())
            | ast.Raise()
            | ast.Break()
            | ast.Continue()
            | ast.Assign([ast.Attribute() | ast.Subscript(), *_])
        ):
            yield ast.Pass()  # but for local variables, without which nothing would run


def _returned(returns: str) -> Iterator[ast.expr]:
    kind = returns.split("[")[0].split(" ")[0]
    for text in [*EMPTY.get(kind, "").split(), *["None"] * ("None" in returns)]:
        yield ast.parse(text, mode="eval").body
