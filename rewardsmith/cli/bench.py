"""``rewardsmith bench``: how fast this machine simulates, trains and searches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from rewardsmith.cache import remember_speed
from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.console import Screen
from rewardsmith.cli.output import tell_progress
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Device, Task
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.settings import effective_settings

if TYPE_CHECKING:
    # imports torch, which --help does not wait for
    from rewardsmith.reports.throughput import Rate, Throughput


@dataclass(frozen=True)
class BenchOptions:
    """Measure bare physics, task, training and search; a minute or two per task.

    `search --dry-run` goes by what was found.
    """

    task: tuple[str, ...] = ()
    """Names, one or more. Without it: the easy tasks that suit a CPU."""
    device: Device = "cpu"
    """Where to simulate and to train: `cpu`, or `cuda` for one
    NVIDIA GPU. Each has a preset of its own."""
    rounds: int = 3
    """Everything is measured so often, in turns; medians are told."""
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    json: bool = False
    """Print JSON."""


def run(arguments: list[str]) -> int:
    """Measure, remember, print."""
    options = parse(BenchOptions, "bench", arguments)
    if options.rounds < 1:
        raise UsageError(f"--rounds is {options.rounds}; give at least 1 (3 tell a median).")
    tasks = _chosen(options.task)
    for task in tasks:  # refuses here what cannot be, before anything is measured
        effective_settings(task, StudyConfig.trainer, options.device, options.training)
    from rewardsmith.reports.throughput import Effort, measure

    found: list[Throughput] = []
    for task in tasks:
        found.append(measure(task, options.device, options.training, Effort(options.rounds), _say))
        # The search's figure, not training's: start-up and scoring are
        # in it, as in all that is remembered.
        steps = round(found[-1].search.steps_per_s * 3600)
        remember_speed(task.name, StudyConfig.trainer, options.device, steps, 3600.0)
    if options.json:
        print_json(found)
    else:
        _show(found)
    return 0


def _chosen(names: Sequence[str]) -> list[Task]:
    if names:
        return [TASKS.load(TASKS.named(name)) for name in dict.fromkeys(names)]
    tasks = map(TASKS.load, TASKS.names())
    return [task for task in tasks if task.difficulty == "easy" and task.on_cpu and task.human_reward]


def _say(text: str) -> None:
    tell_progress(f"measuring {text} ...")


def _show(found: Sequence[Throughput]) -> None:
    """One block of four lines per task."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("task", "steps/s", "range", "of physics", "candidates/h"):
        table.add_column(name, justify="left" if name == "task" else "right", no_wrap=True)
    for one in found:
        table.add_row(Text(one.name, style="bold cyan"))
        table.add_row("  bare physics", *_cells(one.physics))
        table.add_row("  task", *_cells(one.task))
        table.add_row("  training", *_cells(one.training))
        table.add_row("  search", *_cells(one.search), f"{one.candidates_per_hour:,.0f}")
    screen = Screen()
    screen.print(table)
    screen.print("\n" + "\n".join(_notes(found[0])), style="dim", soft_wrap=True)


def _cells(rate: Rate | None) -> tuple[str, str, str]:
    if rate is None:
        return "-", "", "-"
    ratio = "-" if rate.of_physics is None else f"{rate.of_physics:.2f}"
    return f"{rate.steps_per_s:,.0f}", f"{rate.low:,.0f} to {rate.high:,.0f}", ratio


def _notes(one: Throughput) -> list[str]:
    rounds = f"medians of {one.rounds} interleaved rounds" if one.rounds > 1 else "one round"
    return [
        (
            f"{rounds} on this machine's {one.device} ({os.cpu_count()} cores); steps of single environments "
            "per second"
        ),
        (
            f"bare physics, task: {one.envs:,} environments under random actions; `-` where physics does not "
            "run by itself"
        ),
        (
            f"training: {one.slots} policies on the human reward, first update to last, without start-up and "
            "held-out scoring"
        ),
        (
            f"search: {one.slots} candidates of the grammar writer, all included but the closing comparison, "
            "with trainings as long as the"
        ),
        (
            "preset's: a real search with shorter ones is timed, and the steps that it lacks are "
            "added at the speed of training"
        ),
    ]
