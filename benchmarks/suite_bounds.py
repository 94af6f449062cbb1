"""Measures the bounds of the signals of task files, and writes them there.

``python benchmarks/suite_bounds.py FILE ...`` plays random actions, held ones and none, and
replaces ``low`` and ``high`` of every signal that stands on one line, as those of the ready
tables do; ``start`` too, of objects and goals. Look at what it wrote: what random actions never
reach is not in it, hence the margin.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Role, Signal, VecEnv
from rewardsmith_envs.adapters.fleets import Fleet
from rewardsmith_envs.adapters.task import TableTask

ENVS, HELD = 16, 10
MARGIN = 0.3
"""Of what was seen, on both sides."""
_NUMBER = r"[-+.\de]+"
BOUNDS = re.compile(rf"(?:start: \[\[[^\]]*\], \[[^\]]*\]\], )?low: {_NUMBER}, high: {_NUMBER}")


def plans(env: VecEnv, horizon: int) -> list[Tensor]:
    """Actions of whole episodes, each ``(horizon, num_envs, action_size)``."""
    chance = torch.Generator().manual_seed(1)
    size = (horizon, env.num_envs, env.action_size)
    held = torch.rand((horizon // HELD + 1, *size[1:]), generator=chance).round() * 2 - 1
    chosen = [
        torch.rand(size, generator=chance) * 2.4 - 1.2,
        held.repeat_interleave(HELD, dim=0)[:horizon],
        torch.zeros(size),
    ]
    for plan in chosen:
        plan[0] = 0.0  # signals come with a step, and the first one shows the start
    return chosen


def measure(task: TableTask) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Least and greatest of each signal in play, and of each component at the start."""
    env = task.make(min(ENVS, task.table.most_envs), 1)
    played, began, met = {}, {}, 0
    for number, plan in enumerate(plans(env, task.horizon)):
        env.reset(torch.arange(env.num_envs) + 10_000 * (number + 1))
        for at, action in enumerate(plan):
            step = env.step(action)
            if at == 0:
                met += int(step.success.sum())
                _widen(began, {name: _rows(value) for name, value in step.signals.items()})
            sound = {name: value[~step.unstable] for name, value in step.signals.items()}
            _widen(played, {name: value.reshape(-1, 1) for name, value in sound.items()})
    print(f"{task.name}: {met} of {3 * env.num_envs} begin with the goal met", flush=True)
    Fleet.stop_all()
    return played, began


def _rows(value: Tensor) -> Tensor:
    return value.reshape(len(value), -1)


def _widen(seen: dict[str, Tensor], values: dict[str, Tensor]) -> None:
    for name, value in values.items():
        now = torch.stack((value.amin(dim=0), value.amax(dim=0)))
        before = seen.get(name, now)
        seen[name] = torch.stack((torch.minimum(before[0], now[0]), torch.maximum(before[1], now[1])))


def bounds(signal: Signal, low: float, high: float) -> tuple[float, float]:
    """With a margin, and few digits."""
    if signal.unit == "quat":
        return -1.0, 1.0
    if "/s" in signal.unit:
        low, high = -max(-low, high), max(-low, high)
    margin = max((1.0 if "/s" in signal.unit else MARGIN) * (high - low), 0.02)  # a blow is fast
    digit = 10.0 ** (math.floor(math.log10(high - low + 2 * margin)) - 1)
    return (
        round(math.floor((low - margin) / digit) * digit, 4) + 0.0,
        round(math.ceil((high + margin) / digit) * digit, 4) + 0.0,
    )


def rewritten(text: str, task: TableTask, played: dict[str, Tensor], began: dict[str, Tensor]) -> str:
    """The file with what was measured."""
    lines = text.splitlines()
    signals = {signal.name: signal for signal in task.signals}
    for number, line in enumerate(lines):
        name = line.partition(":")[0].strip()
        if name not in signals or not BOUNDS.search(line):
            continue
        signal = signals[name]
        low, high = bounds(signal, *played[name][:, 0].tolist())
        said = f"low: {low}, high: {high}"
        if signal.role in (Role.OBJECT, Role.GOAL) and signal.unit in ("m", "rad"):
            least, most = ([round(x, 3) + 0.0 for x in side] for side in began[name].tolist())
            said = f"start: [{least}, {most}], {said}"
        lines[number] = BOUNDS.sub(said, line)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure each file of the command line."""
    for name in sys.argv[1:]:
        path = Path(name)
        task = TableTask(path)
        played, began = measure(task)
        path.write_text(rewritten(path.read_text(encoding="utf-8"), task, played, began), encoding="utf-8")


if __name__ == "__main__":
    main()
