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
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.mutations import ROOT, Mutant, mutants

SOURCES = ("search", "envs", "")
SEARCH, SCREENING = "search/rewardsmith_search", "rewardsmith/screening"
TREE = ("unit/search/test_tree.py", "unit/search/test_tree_selection.py")
TESTS: dict[str, tuple[str, ...]] = {
    f"{SEARCH}/": (
        "unit/search/test_options.py",
        "unit/search/test_greedy.py",
        "contract/test_strategies.py",
    ),
    f"{SEARCH}/evolutionary.py": ("unit/search/test_options.py", "unit/search/test_evolutionary.py"),
    f"{SEARCH}/greedy.py": ("unit/search/test_greedy.py", "unit/search/test_options.py"),
    f"{SEARCH}/islands.py": ("unit/search/test_islands.py", "unit/search/test_evolutionary.py"),
    f"{SEARCH}/nodes.py": ("unit/search/test_nodes.py", *TREE),
    f"{SEARCH}/options.py": ("unit/search/test_options.py",),
    f"{SEARCH}/selection.py": ("unit/search/test_selection.py",),
    f"{SEARCH}/tree.py": ("unit/search/test_options.py", *TREE),
    "rewardsmith/budget.py": ("unit/test_budget.py",),
    "rewardsmith/confirming.py": ("unit/test_confirming.py", "unit/test_runner.py"),
    "rewardsmith/event_replay.py": ("unit/test_replaying.py",),
    "rewardsmith/executors/": (
        "unit/executors",
        "integration/test_local_executor.py",
        "integration/machine",
        "integration/test_worker_kills.py",
        "contract/test_executors.py",
    ),
    "rewardsmith/finals.py": ("unit/test_finals.py", "integration/test_search.py"),
    "rewardsmith/fitness.py": ("unit/test_fitness.py", "unit/test_confirming.py"),
    "rewardsmith/library.py": ("unit/test_library.py",),
    "rewardsmith/runner.py": (
        "unit/test_runner.py",
        "unit/test_runner_asks.py",
        "unit/test_finals.py",
        "unit/test_replaying.py",
        "integration/test_extending.py",
        "integration/test_search.py",
    ),
    "rewardsmith/schedule.py": (
        "unit/test_schedule.py",
        "unit/test_schedule_screening.py",
        "unit/test_finals.py",
    ),
    "rewardsmith/training_desk.py": (
        "unit/test_training_desk.py",
        "unit/test_replaying.py",
        "integration/test_search.py",
    ),
    "rewardsmith/writing_desk.py": (
        "unit/test_writing_desk.py",
        "unit/test_replaying.py",
        "integration/test_writer_searches.py",
        "integration/test_search.py",
    ),
    "rewardsmith/seeds.py": ("unit/test_seeds.py",),
    "rewardsmith/feedback/": ("unit/feedback",),
    "rewardsmith/reports/comparison_report.py": (
        "unit/reports/test_comparison_report.py",
        "unit/reports/test_comparison_failures.py",
        "unit/reports/test_comparison_warnings.py",
        "unit/reports/test_comparison_text.py",
    ),
    "rewardsmith/reports/statistics.py": ("unit/reports/test_comparison_statistics.py",),
    f"{SCREENING}/": ("unit/screening",),
    f"{SCREENING}/concordance.py": ("unit/screening/test_concordance.py",),
    f"{SCREENING}/order.py": ("unit/screening/test_training_order.py",),
    "rewardsmith/training/heldout.py": (
        "unit/training/test_heldout_episodes.py",
        "unit/training/test_heldout.py",
    ),
    "rewardsmith/tuning/": ("unit/tuning",),
    # rollout, population, normaliser, ...; takes minutes
    "rewardsmith/training/population/": ("unit/training/population",),
    "rewardsmith/training/population/learner.py": ("unit/training/test_learner.py",),
    "rewardsmith/training/worker.py": ("unit/training/test_worker.py", "integration/machine"),
    "rewardsmith/training/racing.py": ("unit/training/test_racing.py",),
}
"""Below ``tests/``, what must notice a fault in a file or a folder, the fastest first; of several
lines the longest one counts."""
IMPORTED, OUTPUT = "imported.txt", "output.txt"
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"


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
    for name in (_copy / IMPORTED).read_text(encoding="utf-8").split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    del sys.modules[target]
    started = time.monotonic()
    if _forked(file) != SURVIVED:
        output = (_copy / OUTPUT).read_text(encoding="utf-8")
        raise RuntimeError(f"the tests of {file} fail already on the file as it is:\n{output}")
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
    (_copy / IMPORTED).write_text("\n".join(names), encoding="utf-8")
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
        arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")
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
