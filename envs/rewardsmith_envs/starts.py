"""Where the episodes of tasks start: measured over many resets, and kept beside the tasks.

``python -m rewardsmith_envs.starts [TASK ...]`` resets every registered task, or those named, and
writes ``starts.json`` beside the modules of their classes. Run it after a change to a scene or to
a task's ``scatter``; in a package of your own it makes a file of your own.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal, Span
from rewardsmith.errors import RewardsmithError, UsageError, unknown_name

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.tasks.base import SimulatedTask

STEPS = {"m": 0.001, "rad": 0.01, "quat": 0.01, "m/s": 0.01, "rad/s": 0.01}
"""What values are rounded to, by unit. Forces have no place here: nothing has pressed yet."""
_EPISODES = 32_768
_ENVS = 256
_ANY_TURN = 1.0
"""A component of a quaternion that varies by more says nothing: all orientations occur."""


def recorded(task: SimulatedTask) -> Mapping[str, Span]:
    """What was measured for a task, by signal; nothing where it never was."""
    place = _place(task)
    return _read(place).get(task.name, {}) if place else {}


def measured(task: SimulatedTask, seeds: Tensor) -> dict[str, Span]:
    """Reset a task with many seeds and look where its signals are.

    Args:
        task: The task.
        seeds: One for each episode, ``(n,)`` int64.

    Returns:
        Least and greatest values, not rounded, of every signal that a person would look at: no
        joints and actions, nothing with more than one axis, no orientation that may be any, and
        no velocity that is always zero.
    """
    import torch

    from rewardsmith_envs.engine import SimulatedEnv

    env = task.make(_ENVS, 1)
    assert isinstance(env, SimulatedEnv)
    seen: list[dict[str, Tensor]] = []
    for batch in seeds.split(_ENVS):
        env.reset(batch)
        seen.append(env._sense())
    spans: dict[str, Span] = {}
    for signal in filter(_looked_at, task.signals):
        values = torch.cat([signals[signal.name] for signals in seen]).reshape(len(seeds), -1)
        span = Span(tuple(values.amin(dim=0).tolist()), tuple(values.amax(dim=0).tolist()))
        if _telling(span, signal.unit):
            spans[signal.name] = span
    return spans


def rounded(span: Span, unit: str) -> Span:
    """A span with few digits: outward, but a component that hardly varies to one nearest value."""
    step = STEPS[unit]
    sides = [_sides(low / step, high / step) for low, high in zip(span.low, span.high, strict=True)]
    low, high = (tuple(round(number * step, 3) + 0.0 for number in side) for side in zip(*sides, strict=True))
    return Span(low, high)


def _looked_at(signal: Signal) -> bool:
    return signal.role not in (Role.JOINT, Role.ACTION) and len(signal.shape) < 2 and signal.unit in STEPS


def _telling(span: Span, unit: str) -> bool:
    if unit == "quat":
        return all(high - low < _ANY_TURN for low, high in zip(span.low, span.high, strict=True))
    return "/s" not in unit or any(abs(number) > STEPS[unit] for number in (*span.low, *span.high))


def _sides(low: float, high: float) -> tuple[int, int]:
    """Whole steps on both sides, but for what float32 takes away."""
    if high - low < 1.0:
        middle = round((low + high) / 2)
        return middle, middle
    return math.floor(low + 1e-3), math.ceil(high - 1e-3)


def _place(task: SimulatedTask) -> Path | None:
    file = getattr(sys.modules.get(type(task).__module__), "__file__", None)
    return Path(file).with_name("starts.json") if file else None


@cache
def _read(place: Path) -> dict[str, dict[str, Span]]:
    if not place.is_file():
        return {}
    try:
        return {
            task: {name: Span(tuple(low), tuple(high)) for name, (low, high) in spans.items()}
            for task, spans in json.loads(place.read_text(encoding="utf-8")).items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise RewardsmithError(
            f"{place} cannot be read: {error}. Delete it, and make it again by python -m "
            "rewardsmith_envs.starts."
        ) from error


def _write(place: Path, tasks: Mapping[str, Mapping[str, Span]]) -> None:
    """One line for each signal."""
    blocks = (
        f'  "{task}": {{\n'
        + ",\n".join(f'    "{name}": {json.dumps([span.low, span.high])}' for name, span in spans.items())
        + "\n  }"
        for task, spans in sorted(tasks.items())
    )
    place.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


def main(names: list[str]) -> None:
    """Measure the registered tasks of these names, or all, and keep what was found.

    Raises:
        UsageError: There is no task of a name.
    """
    import torch

    from rewardsmith_envs.tasks.base import SimulatedTask

    points = {point.name: point for point in entry_points(group="rewardsmith.tasks")}
    for name in names or sorted(points):
        if name not in points:
            raise unknown_name("task", name, points)
        task = points[name].load()
        place = _place(task) if isinstance(task, SimulatedTask) else None
        if place is None:
            continue
        units = {signal.name: signal.unit for signal in task.signals}
        found = measured(task, torch.arange(_EPISODES))
        spans = {name: rounded(span, units[name]) for name, span in found.items()}
        _write(place, {**_read(place), task.name: spans})
        _read.cache_clear()
        print(f"{task.name}: {len(spans)} signals in {place}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UsageError as error:
        sys.exit(str(error))
