"""``rewardsmith adapt``: a task file for an environment that exists, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from rewardsmith.cli.arguments import check_words, parse, print_json
from rewardsmith.cli.output import say, tell_progress
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.files import write_whole
from rewardsmith.registry import TASKS
from rewardsmith.shown import command
from rewardsmith.task_files import SOURCES

_EXAMPLE = ("FetchReach-v4", "--out", "reach.yaml")
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class AdaptOptions:
    """Draft a task file from a live environment, or check a task file."""

    environment: Annotated[Positional[str], arg(metavar="ID")] = ""
    """A Gymnasium id, `module:ID` to import the module first, `envpool:ID` or `metaworld:ID`."""
    out: Path | None = None
    """Write the draft here, such as `arm.yaml`."""
    python: str = ""
    """Interpreter that has the environment: a path or `suite:NAME`; else this one."""
    name: str = ""
    """Of the task; else made of the id."""
    check: str = ""
    """A task file to check: what it fails of the contract of tasks, and what it can promise."""
    json: bool = False
    """Print the verdicts as JSON."""


def run(arguments: list[str]) -> int:
    """Exit 0 when the draft is written, or when nothing failed."""
    options = parse(AdaptOptions, "adapt", arguments)
    check_words(options)
    if bool(options.environment) == bool(options.check):
        raise UsageError(
            f"give an id, or --check FILE; such as {command('adapt', *_EXAMPLE)}, and then "
            f"{command('adapt', '--check', 'reach.yaml')}."
        )
    return _check(options) if options.check else _draft(options)


def _draft(options: AdaptOptions) -> int:
    if options.out is None or options.out.suffix not in _ENDINGS:
        raise UsageError(f"--out is {options.out or 'missing'}; give a file that ends in .yaml.")
    out = options.out.absolute()
    if out.exists():
        raise UsageError(f"{options.out} exists. Give another --out, or remove it.")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}. Make it, or give another --out.")
    tell_progress(f"looking at {options.environment} ...")
    text = SOURCES.load("file").draft(options.environment, options.python, options.name, out.parent)
    try:
        write_whole(out, text.encode())
    except OSError as error:
        raise StoreError(
            f"cannot write {out}: {error.strerror}. Make room, or give another --out."
        ) from error
    after = command("adapt", "--check", options.out)
    say(f"{options.out}: a draft. Decide what is TODO in it, read the guesses, then: {after}")
    return 0


def _check(options: AdaptOptions) -> int:
    from rewardsmith.testing.trying import try_task  # imports torch

    name = TASKS.named(options.check)
    task, file = TASKS.load(name), TASKS.file(name)
    verdicts = []
    for verdict in try_task(task, file.exceptions if file else {}):
        verdicts.append(verdict)
        if not options.json:
            reason = f"  {verdict.reason}" if verdict.reason else ""
            say(
                f"{verdict.outcome:<8}  {verdict.check.replace('_', ' ')}{reason and ':'}{reason}", flush=True
            )
    failed = sum(verdict.outcome == "failed" for verdict in verdicts)
    if options.json:
        print_json(verdicts)
    else:
        excepted = sum(verdict.outcome == "excepted" for verdict in verdicts)
        say(f"\n{task.name}: {len(verdicts)} checks, {failed} failed, {excepted} excepted by the file")
    return 1 if failed else 0
