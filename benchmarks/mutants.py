"""Which one-line faults the tests miss: changes a module, runs its tests, says whether one failed.

    .venv/bin/python benchmarks/mutants.py --modules rewardsmith/budget.py search/rewardsmith_search
    .venv/bin/python benchmarks/mutants.py --modules rewardsmith/training/heldout.py --list
    .venv/bin/python benchmarks/mutants.py --sample 40 --seed 1 --jobs 2 --out mutants.json

The last takes 40 mutants of every module of the table. The checkout is never changed: every job has
a copy of the tree, and mutants are written there, so that processes which a test starts run them
too. A job imports all that the tests need, but nothing that hangs on the module, checks that its
tests pass, and forks once per mutant: a mutant costs its tests and not the imports. Prints
survivors as they come; exits with 1 if there are any.

Why not a library: mutmut 3.8 forks alike, but its operators are a closed list (no removed statement
or call, no min for max), it changes functions only (our constants and dataclass defaults stand
outside of them) and messages too; cosmic-ray 8.7 takes operators of one's own, but edits the
checkout and starts a Python, thus importing torch, for every mutant.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("search", "envs", "")
SEARCH, SCREENING = "search/rewardsmith_search", "rewardsmith/screening"
TESTS: dict[str, tuple[str, ...]] = {
    f"{SEARCH}/": (
        "unit/search/test_options.py",
        "unit/search/test_greedy.py",
        "contract/test_strategies.py",
    ),
    f"{SEARCH}/evolutionary.py": ("unit/search/test_options.py", "unit/search/test_evolutionary.py"),
    f"{SEARCH}/greedy.py": ("unit/search/test_greedy.py", "unit/search/test_options.py"),
    f"{SEARCH}/islands.py": ("unit/search/test_islands.py", "unit/search/test_evolutionary.py"),
    f"{SEARCH}/nodes.py": ("unit/search/test_nodes.py", "unit/search/test_tree.py"),
    f"{SEARCH}/options.py": ("unit/search/test_options.py",),
    f"{SEARCH}/selection.py": ("unit/search/test_selection.py",),
    f"{SEARCH}/tree.py": ("unit/search/test_options.py", "unit/search/test_tree.py"),
    "rewardsmith/budget.py": ("unit/test_budget.py",),
    "rewardsmith/seeds.py": ("unit/test_seeds.py",),
    "rewardsmith/feedback/": ("unit/feedback",),
    "rewardsmith/reports/comparison.py": ("unit/reports/test_comparison_report.py",),
    "rewardsmith/reports/statistics.py": ("unit/reports/test_comparison_statistics.py",),
    f"{SCREENING}/": ("unit/screening",),
    f"{SCREENING}/concordance.py": ("unit/screening/test_concordance.py",),
    f"{SCREENING}/order.py": ("unit/screening/test_training_order.py",),
    "rewardsmith/training/heldout.py": (
        "unit/training/test_heldout_episodes.py",
        "unit/training/test_heldout.py",
    ),
    # rollout, population, normaliser, ...; takes minutes
    "rewardsmith/training/population/": ("unit/training/population",),
    "rewardsmith/training/population/learner.py": ("unit/training/test_learner.py",),
    "rewardsmith/training/racing.py": ("unit/training/test_racing.py",),
}
"""Below ``tests/``, what must notice a fault in a file or a folder, the fastest
first; of several lines the longest one counts."""

EQUIVALENT = {
    ("ROOT = -1", "1 -> 2"): "any number does that no candidate has",
    ("whole = sum(sizes) or 1.0", "1.0 -> 2.0"): "zeros are divided by it",
    (
        "return tuple(queue[len(queue) - count :]) if count > 0 else ()",
        "count > 0 -> count >= 0",
    ): "the end from the length on is empty",
}
"""Changes that change nothing, as line of code and change, and why."""

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
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
IMPORTED, OUTPUT = "imported.txt", "output.txt"
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"


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


_copy, _limit_s = Path(), 600.0
"""Of a job: its tree, and how long the tests may take."""


def _prepare(scratch: Path, file: str) -> None:
    """In a new job: a copy of the tree, and all imports but those that hang on the module."""
    global _copy, _limit_s
    _copy = scratch / str(os.getpid())
    shutil.copytree(ROOT, _copy, ignore=shutil.ignore_patterns(".*", "results", "runs"))
    os.chdir(_copy)
    sys.path[:0] = [str(_copy / source) for source in SOURCES]
    os.environ |= {
        "PYTHONPATH": os.pathsep.join(sys.path[: len(SOURCES)]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    _forked(file, "--collect-only")
    module = next(file.removeprefix(f"{source}/") for source in SOURCES if file.startswith(source))
    target = module.removesuffix(".py").replace("/", ".")
    # so that whatever imports it fails and stays out
    sys.modules[target] = None  # pyright: ignore[reportArgumentType]
    for name in (_copy / IMPORTED).read_text().split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    del sys.modules[target]
    started = time.monotonic()
    if _forked(file) != SURVIVED:
        raise RuntimeError(
            f"the tests of {file} fail already on the file as it is:\n{(_copy / OUTPUT).read_text()}"
        )
    _limit_s = 10 + 5 * (time.monotonic() - started)
    # a file that changes twice in a second would pass for unchanged
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True


def _forked(file: str, *options: str) -> str:
    """What becomes of the tests in a fork of this process."""
    child = multiprocessing.get_context("fork").Process(target=_test, args=(file, options))
    child.start()
    child.join(_limit_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid or 0, signal.SIGKILL)  # and what it started
    child.join()
    return {0: SURVIVED, -signal.SIGKILL: TIMED_OUT}.get(child.exitcode or 0, KILLED)


def _test(file: str, options: Sequence[str]) -> None:
    """Run the tests up to the first that fails, say what they imported, end with their verdict."""
    os.setsid()
    output = os.open(_copy / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    tests = TESTS[max((place for place in TESTS if file.startswith(place)), key=len)]
    verdict = pytest.main(["-x", *options, *(f"tests/{path}" for path in tests)])
    own = str(_copy / "tests")
    names = [name for name, module in sys.modules.items() if own not in str(getattr(module, "__file__", own))]
    (_copy / IMPORTED).write_text("\n".join(names))
    sys.stdout.flush()
    os._exit(verdict)


def _judge(mutant: Mutant) -> str:
    """What the tests say of a mutant."""
    place = _copy / mutant.file
    code = place.read_bytes()
    try:
        place.write_bytes(code[: mutant.span[0]] + mutant.new.encode() + code[mutant.span[1] :])
        return _forked(mutant.file)
    finally:
        place.write_bytes(code)


def main() -> None:
    """Print a line for each survivor and a table of all, and write both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--modules", nargs="+", default=list(TESTS), help="files or folders; default: those of the table"
    )
    parser.add_argument("--sample", type=int, help="so many mutants of each module at most; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--list", action="store_true", help="print the mutants and run none")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--out", type=Path, help="JSON file of all mutants and what became of them")
    arguments = parser.parse_args()
    results: list[dict[str, object]] = []
    named = [
        path
        for place in arguments.modules
        for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).glob("*.py"))
    ]
    for file in sorted({str(path.relative_to(ROOT)) for path in named if path.name != "__init__.py"}):
        chosen = mutants(file)
        count = min(arguments.sample or len(chosen), len(chosen))
        drawn = random.Random(f"{arguments.seed}/{file}").sample(range(len(chosen)), count)
        chosen = [chosen[place] for place in sorted(drawn)]
        states = ["listed"] * len(chosen) if arguments.list else _judged(file, chosen, arguments.jobs)
        for mutant, state in zip(chosen, states, strict=True):
            results.append({"state": state, **asdict(mutant)})
            if state != KILLED:
                print(
                    f"{state:<10}{mutant.file}:{mutant.line}  {mutant.change}   | {mutant.code}", flush=True
                )
        counts = Counter(str(row["state"]) for row in results if row["file"] == file)
        print(
            f"{file}: {len(chosen)} mutants, "
            + ", ".join(f"{counts[state]} {state}" for state in sorted(counts)),
            flush=True,
        )
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=1))
    raise SystemExit(any(row["state"] == SURVIVED for row in results))


def _judged(file: str, chosen: Sequence[Mutant], jobs: int) -> Iterator[str]:
    """What becomes of the mutants of a file, in their order."""
    context = multiprocessing.get_context("fork")
    with (
        tempfile.TemporaryDirectory() as scratch,
        ProcessPoolExecutor(jobs, context, _prepare, (Path(scratch), file)) as pool,
    ):
        yield from pool.map(_judge, chosen)


if __name__ == "__main__":
    main()
