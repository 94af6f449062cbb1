"""Physics steps per second of the GPU simulator, with and without captured graphs.

    .venv/bin/python benchmarks/gpu_physics.py [--seconds 5]

Prints a Markdown table. Exits with 2 where there is no GPU. Last run: never; no GPU was at hand.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

import torch

from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith_envs.simulators.devices import check
from rewardsmith_envs.tasks.base import ASSETS, SimulatedTask

if TYPE_CHECKING:
    from rewardsmith_envs.simulators.cuda import WarpSimulator

NAMES = ("franka-push", "shadow-hand")
WORLDS = (4_096, 16_384)
ROUND = 20
"""Control steps between two looks at the clock, which wait for the GPU."""


def simulator(task: SimulatedTask, worlds: int, capture: bool) -> WarpSimulator:
    """The task's scene, every world with joint targets of its own."""
    from rewardsmith_envs.simulators.cuda import WarpSimulator

    sim = WarpSimulator(
        ASSETS / task.scene, worlds, task.decimation, "cuda", task.contacts, task.constraints, capture=capture
    )
    low, high = sim.control_range
    generator = torch.Generator("cuda").manual_seed(0)
    noise = torch.rand(sim["ctrl"].shape, generator=generator, device="cuda") - 0.5
    sim["ctrl"][:] += 0.1 * noise * (high - low)
    return sim


def steps_per_second(sim: WarpSimulator, seconds: float) -> float:
    """Physics steps of all worlds together, per second of wall time."""

    def some() -> None:
        for _ in range(ROUND):
            sim.step()
        torch.cuda.synchronize()

    some()
    rounds, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        some()
        rounds += 1
    return rounds * ROUND * sim.decimation * sim.num_envs / (time.perf_counter() - started)


def table(seconds: float) -> str:
    """One row per task and number of worlds."""
    lines = [
        (
            f"{datetime.datetime.now(datetime.UTC).date()}, {torch.cuda.get_device_name()}, mujoco-warp "
            f"{version('mujoco-warp')}"
        ),
        "",
        "| task | worlds | physics steps/s, one graph per control step | without graphs |",
        "|---|---:|---:|---:|",
    ]
    for name in NAMES:
        task = TASKS.load(name)
        assert isinstance(task, SimulatedTask)
        for worlds in WORLDS:
            cells = [
                f"{steps_per_second(simulator(task, worlds, capture), seconds):,.0f}"
                for capture in (True, False)
            ]
            lines.append(f"| {name} | {worlds:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Speed of the GPU simulator.")
    parser.add_argument("--seconds", type=float, default=5.0, help="of every cell")
    seconds = parser.parse_args().seconds
    try:
        check("cuda")
    except UsageError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    print(table(seconds))


if __name__ == "__main__":
    main()
