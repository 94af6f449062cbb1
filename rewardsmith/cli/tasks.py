"""``rewardsmith tasks [TASK]``: what can be searched, and what a reward may read."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rich.console import Console
from rich.table import Table
from tyro.conf import Positional

from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.contracts import Signal, Task, TrainingSettings
from rewardsmith.registry import TASKS


@dataclass(frozen=True)
class TasksOptions:
    """List the tasks, or show one."""

    task: Positional[str] = ""
    json: bool = False
    """Print JSON."""


@dataclass(frozen=True)
class TaskSheet:
    """A task as JSON shows it."""

    name: str
    group: str
    difficulty: str
    description: str
    success_rule: str
    horizon: int
    control_dt: float
    signals: tuple[Signal, ...]
    human_reward: str
    preset: TrainingSettings


def run(arguments: list[str]) -> int:
    """Print the list or the sheet."""
    options = parse(TasksOptions, "tasks", arguments)
    sheets = [_sheet(TASKS.load(name)) for name in ([options.task] if options.task else TASKS.names())]
    if options.json:
        print_json(sheets[0] if options.task else sheets)
    elif options.task:
        _show(sheets[0])
    else:
        _list(sheets)
    return 0


def _sheet(task: Task) -> TaskSheet:
    return TaskSheet(**{field.name: getattr(task, field.name) for field in fields(TaskSheet)})


def _list(sheets: list[TaskSheet]) -> None:
    """All tasks, group by group, the easy ones first."""
    table = Table("task", "difficulty", "signals", "steps", "success", box=None, header_style="bold", pad_edge=False)
    for group in sorted({sheet.group for sheet in sheets}):
        table.add_row(f"[bold cyan]{group}[/]")
        for sheet in sorted((s for s in sheets if s.group == group), key=_by_difficulty):
            table.add_row(f"  {sheet.name}", sheet.difficulty, str(len(sheet.signals)), f"{sheet.preset.env_steps:,}", sheet.success_rule)
    console = Console()
    console.print(table)
    console.print("\nsteps: environment steps per candidate. rewardsmith tasks TASK shows one task's signals.", style="dim")


def _by_difficulty(sheet: TaskSheet) -> tuple[int, str]:
    known = ("easy", "medium", "hard")
    return (known.index(sheet.difficulty) if sheet.difficulty in known else len(known), sheet.name)


def _show(sheet: TaskSheet) -> None:
    console = Console()
    console.print(f"[bold]{sheet.name}[/]\n{sheet.description}\n\nsuccess: {sheet.success_rule}", highlight=False)
    console.print(f"episode: {sheet.horizon} steps of {sheet.control_dt:g} s; {sheet.group}, {sheet.difficulty}\n", highlight=False)
    table = Table("signal", "shape", "unit", "frame", "meaning", box=None, header_style="bold", pad_edge=False)
    for signal in sheet.signals:
        table.add_row(signal.name, str(("num_envs", *signal.shape)).replace("'", ""), signal.unit, signal.frame, signal.meaning)
    console.print(table)
    console.print("\nhuman reward (the baseline; writers never see it):\n" + sheet.human_reward, markup=False)
    console.print(f"training preset: {sheet.preset}", markup=False)
