"""``rewardsmith tasks [TASK]``: what can be searched, and what a reward may read.

It also tells how fast this machine is at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text
from tyro.conf import Positional

from rewardsmith.capabilities import REPEATING
from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.console import Screen, wide_screen
from rewardsmith.cli.output import tell_progress, warn
from rewardsmith.contracts import Capabilities, Device, Signal, Task
from rewardsmith.errors import RewardsmithError
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings, settings_of
from rewardsmith.training.ppo import PpoSettings

if TYPE_CHECKING:
    from rewardsmith.training.speed import Speed  # imports torch, which a list does not wait for

_TRAINER = "population"
"""Its presets are shown, and it is measured."""


@dataclass(frozen=True)
class TasksOptions:
    """List the tasks, or show one."""

    task: Positional[str] = ""
    measure: bool = False
    """Simulate and train each task for a moment, and tell how
    long a training takes on this machine."""
    device: Device = "cpu"
    """Whose presets are listed, and where to measure."""
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
    """Empty where there is none."""
    preset: PpoSettings
    """Of the population trainer, on a CPU."""
    gpu_preset: PpoSettings
    on_cpu: bool
    room: Mapping[str, int]
    capabilities: Capabilities
    provenance: Mapping[str, str]
    """Versions of what simulates, by name."""
    speed: Any = None
    """A :class:`rewardsmith.training.speed.Speed`, where it was measured."""


def run(arguments: list[str]) -> int:
    """Print the list or the sheet."""
    options = parse(TasksOptions, "tasks", arguments)
    tasks = [TASKS.load(TASKS.named(options.task))] if options.task else list(_loadable())
    if options.measure and not options.task:
        tasks = list(_measurable(tasks, options.device))
    sheets = [_sheet(task) for task in tasks]
    if options.measure:
        sheets = [
            replace(sheet, speed=_measured(task, options.device))
            for sheet, task in zip(sheets, tasks, strict=True)
        ]
    if options.json:
        print_json(sheets[0] if options.task else sheets)
    elif options.task:
        _show(sheets[0])
    else:
        _list(sheets, options.device)
    return 0


def _loadable() -> Iterator[Task]:
    """All tasks; one whose package is broken is named, and keeps none of the others away."""
    for name in TASKS.names():
        try:
            yield TASKS.load(name)
        except RewardsmithError as error:
            warn(f"warning: {error}")


def _measurable(tasks: list[Task], device: Device) -> Iterator[Task]:
    """Those that can be made on a device; the others are named."""
    for task in tasks:
        if device in task.capabilities.devices:
            yield task
        else:
            warn(f"{task.name} is left out: it cannot be simulated on {device}")


def _sheet(task: Task) -> TaskSheet:
    """What the task says of itself."""
    return TaskSheet(
        name=task.name,
        group=task.group,
        difficulty=task.difficulty,
        description=task.description,
        success_rule=task.success_rule,
        horizon=task.horizon,
        control_dt=task.control_dt,
        signals=task.signals,
        human_reward=task.human_reward,
        preset=preset_settings(PpoSettings, task, _TRAINER, "cpu"),
        gpu_preset=preset_settings(PpoSettings, task, _TRAINER, "cuda"),
        on_cpu=task.on_cpu,
        room=dict(task.room),
        capabilities=task.capabilities,
        provenance=dict(task.provenance()),
    )


def _measured(task: Task, device: Device) -> Speed:
    settings = settings_of(PpoSettings, task, _TRAINER, device, {})
    from rewardsmith.training.speed import measure

    tell_progress(f"measuring {task.name} ...")
    return measure(task, settings)


def _list(sheets: list[TaskSheet], device: Device) -> None:
    """All tasks, group by group, the easy ones first."""
    measured = all(sheet.speed for sheet in sheets)
    columns = (
        _SPEED_COLUMNS
        if measured
        else {"success": lambda sheet: Text(sheet.success_rule, no_wrap=True, overflow="ellipsis")}
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("task", "difficulty", "signals", "steps", "on cpu", *columns):
        table.add_column(name, justify="left" if name in _TEXTS else "right", no_wrap=name != "success")
    for group in sorted({sheet.group for sheet in sheets}):
        table.add_row(Text(group, style="bold cyan"))
        for sheet in sorted((s for s in sheets if s.group == group), key=_by_difficulty):
            steps = (sheet.preset if device == "cpu" else sheet.gpu_preset).env_steps
            cells = (sheet.difficulty, str(len(sheet.signals)), f"{steps:,}", "yes" if sheet.on_cpu else "no")
            table.add_row(f"  {sheet.name}", *cells, *(cell(sheet) for cell in columns.values()))
    screen = wide_screen()
    screen.print(table)
    notes = [
        f"steps: environment steps per candidate, preset for {device}",
        _ON_CPU,
        *(_SPEED_NOTES if measured else ()),
    ]
    screen.print("\n" + "\n".join(notes), style="dim")
    ways = "rewardsmith tasks TASK shows one task whole" + (
        "" if measured else "; --measure tells how long its training takes here"
    )
    screen.print(ways, style="dim")


_TEXTS = ("task", "difficulty", "on cpu", "success")
_ON_CPU = (
    "on cpu: whether a training there takes hours at most; where not, the CPU preset is too short to "
    "learn the task"
)
_SPEED_COLUMNS: dict[str, Callable[[TaskSheet], str | Text]] = {
    "sim s/1M": lambda sheet: f"{sheet.speed.simulation_s:,.0f}",
    "train s/1M": lambda sheet: f"{sheet.speed.training_s:,.0f}",
    "preset": lambda sheet: duration(sheet.speed.preset_s),
}
_SPEED_NOTES = (
    "sim s/1M: seconds per million environment steps, simulation alone, random actions; measured here and "
    "now, for a second",
    "train s/1M: the same with the policy and the learner, as one candidate is trained; preset: "
    "its training at that speed, without start-up and scoring",
)


def duration(seconds: float) -> str:
    """Such as ``40 s``, ``12 min``, ``3.1 h`` or ``5 days``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"


def _by_difficulty(sheet: TaskSheet) -> tuple[int, str]:
    known = ("easy", "medium", "hard")
    return (known.index(sheet.difficulty) if sheet.difficulty in known else len(known), sheet.name)


def _show(sheet: TaskSheet) -> None:
    screen = Screen()
    screen.print(Text(sheet.name, style="bold"))
    screen.print(f"{sheet.description}\n\nsuccess: {sheet.success_rule}")
    screen.print(
        f"episode: {sheet.horizon} steps of {sheet.control_dt:g} s; {sheet.group}, {sheet.difficulty}\n"
    )
    table = Table(
        "signal", "shape", "unit", "frame", "meaning", box=None, header_style="bold", pad_edge=False
    )
    for signal in sheet.signals:
        table.add_row(
            signal.name,
            str(("num_envs", *signal.shape)).replace("'", ""),
            signal.unit,
            signal.frame,
            signal.meaning,
        )
    screen.print(table)
    human = sheet.human_reward or "none\n"
    screen.print("\nhuman reward (the baseline; writers never see it):\n" + human, soft_wrap=True)
    screen.print(_presets(sheet))
    where = "hours at most" if sheet.on_cpu else "too slow; its preset there only shows that everything runs"
    screen.print(f"\ntraining on a cpu: {where}")
    for line in _simulation(sheet):
        screen.print(line, soft_wrap=True)
    if sheet.room:
        room = ", ".join(f"{number:,} {what}" for what, number in sheet.room.items())
        screen.print(f"room in the GPU simulator, per environment: {room}")
    if sheet.speed:
        screen.print(
            f"on this machine's {sheet.speed.device}, {sheet.speed.envs} environments, per million "
            f"environment steps: simulation {sheet.speed.simulation_s:,.0f} s, training "
            f"{sheet.speed.training_s:,.0f} s; the preset's training: "
            f"{duration(sheet.speed.preset_s)}, without start-up and scoring"
        )


def _simulation(sheet: TaskSheet) -> Iterator[str]:
    """What simulates the task, and what follows from that."""
    able = sheet.capabilities
    versions = ", ".join(f"{name} {version}" for name, version in sheet.provenance.items())
    if versions:
        yield f"simulated by {versions}"
    yield f"repeats: {REPEATING[able.repeats]}"
    if len(able.devices) == 1:
        yield f"devices: {able.devices[0]} only"
    if able.alone:
        yield "a simulation holds one training only"
    if able.most_envs is not None:
        yield f"environments that usual memory holds: {able.most_envs:,}"
    if able.native:
        yield f"native reward (its suite's own; a baseline): {able.native}"


def _presets(sheet: TaskSheet) -> Table:
    """Settings of the devices that it can be made on, side by side."""
    table = Table("training preset", box=None, header_style="bold", pad_edge=False)
    presets = {"cpu": sheet.preset, "cuda": sheet.gpu_preset}
    known = [presets[device] for device in sheet.capabilities.devices]
    for device in sheet.capabilities.devices:
        table.add_column(device, justify="right")
    for field in fields(PpoSettings):
        if field.name != "device":
            table.add_row(field.name, *(_value(getattr(preset, field.name)) for preset in known))
    return table


def _value(value: float | str | tuple[int, ...]) -> str:
    if isinstance(value, str):
        return value
    return (
        " ".join(map(str, value))
        if isinstance(value, tuple)
        else f"{value:,}"
        if isinstance(value, int)
        else f"{value:g}"
    )
