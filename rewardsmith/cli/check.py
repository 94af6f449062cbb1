"""``rewardsmith check FILE TASK``: the guard's verdict on one reward program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli.arguments import parse, print_json, value_of
from rewardsmith.cli.output import say
from rewardsmith.config import StudyConfig
from rewardsmith.errors import UsageError
from rewardsmith.files import read_named
from rewardsmith.registry import TASKS
from rewardsmith.reward.extract import MAX_REPLY, extract, from_file
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import effective_settings
from rewardsmith.shown import command

_MOST_BYTES = 4 * MAX_REPLY
"""A character takes four bytes at most."""


@dataclass(frozen=True)
class CheckOptions:
    """Say whether a reward program is acceptable for a task, and why not."""

    file: Positional[Path]
    """A program, or a model's whole reply."""
    task: Positional[str] = ""
    """The task whose signals it may read; `--task TASK` does, too."""
    json: bool = False
    """Print the verdict as JSON."""


def run(arguments: list[str]) -> int:
    """Exit 0 when accepted, 1 when not."""
    options = parse(CheckOptions, "check", _in_order(arguments))
    if not options.task:
        raise UsageError(f"no task is given. Name one: {command('check', options.file, 'franka-push')}")
    task = TASKS.load(options.task)
    source = read_program(options.file)
    guard = Guard(effective_settings(task, StudyConfig.trainer, StudyConfig.device, {}))
    try:
        verdict = guard.check(source, task)
    finally:
        guard.close()
    if options.json:
        print_json(verdict)
    else:
        say(verdict.text)
    return 0 if verdict.accepted else 1


def _in_order(arguments: list[str]) -> list[str]:
    """The same with a ``--task`` in its place, behind the file."""
    task = value_of("--task", arguments)
    if task is None:
        return arguments
    rest = [word for word in arguments if word != f"--task={task}"]
    if "--task" in rest:
        place = rest.index("--task")
        del rest[place : place + 2]
    return [*rest, task]


def read_program(path: Path) -> str:
    """The program in a file that a user named: a Python file as it is, else a model's reply.

    Lines of a Python file keep their numbers.

    Raises:
        UsageError: See :func:`read_text`.
    """
    text = read_text(path)
    return from_file(text) if path.suffix == ".py" else extract(text).source


def read_text(path: Path) -> str:
    """Read a file that a user named, or a pipe.

    Of something endless, no more than a reply may have.

    Raises:
        UsageError: It cannot be read as text, or is too long.
    """
    advice = "Give a text file with a reward program."
    try:
        return read_named(path, _MOST_BYTES).decode()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}. {advice}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"cannot read {path}: it is not UTF-8 text ({error.reason} at byte {error.start}). {advice}"
        ) from None
