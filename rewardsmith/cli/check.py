"""``rewardsmith check REWARD TASK``: the guard's verdict on one reward program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional, arg

from rewardsmith.capabilities import own_device
from rewardsmith.cli.arguments import parse, print_json, value_of
from rewardsmith.cli.given import source_of
from rewardsmith.cli.output import say
from rewardsmith.config import StudyConfig
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import preset_settings
from rewardsmith.shown import command


@dataclass(frozen=True)
class CheckOptions:
    """Say whether a reward program is acceptable for a task, and why not."""

    file: Annotated[Positional[str], arg(metavar="FILE|STUDY/CANDIDATE|human")]
    """A program, a model's whole reply, a candidate of a study, or `human`."""
    task: Annotated[Positional[str], arg(metavar="TASK")] = ""
    """The task whose signals it may read; `--task TASK` does, too."""
    json: bool = False
    """Print the verdict as JSON."""


def run(arguments: list[str]) -> int:
    """Exit 0 when accepted, 1 when not."""
    options = parse(CheckOptions, "check", _in_order(arguments))
    if not options.task:
        raise UsageError(f"no task is given. Name one: {command('check', options.file, 'franka-push')}")
    task = TASKS.load(TASKS.named(options.task))
    source, _ = source_of(options.file, task)
    kind = TRAINERS.load(StudyConfig.trainer).Settings
    # no device is needed to look at a program
    guard = Guard(preset_settings(kind, task, StudyConfig.trainer, own_device(task)))
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
