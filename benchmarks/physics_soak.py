"""Whether the physics of every task stands millions of random actions.

    .venv/bin/python benchmarks/physics_soak.py
        [--steps 10000000] [--tasks franka-push ant] [--threads 2]

The steps are split evenly over the tasks. Every action is held for ten steps on average, and half
of them are at the ends of their range, so that bodies go places. Anything that may not happen makes
the exit status 1, as does a task whose room for contacts or constraint rows in the GPU simulator is
less than 1.5 times what was needed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from dataclasses import dataclass

import torch

from rewardsmith_envs.simulators.base import SPARE
from rewardsmith_envs.tasks.base import SimulatedTask
from tests.physics import DEPTH_LIMIT_M, GAIN_LIMIT_J_KG, Peaks, held_actions, simulated_tasks, watched

ENVS = 256
_HEAD = (
    "task",
    "steps",
    "steps/s",
    "unstable",
    "not finite",
    "swallowed",
    "joint speed",
    "object m/s",
    "gain J/kg",
    "depth mm",
    "contacts",
    "rows",
)


@dataclass
class Soaked:
    """What the steps of one task did."""

    task: SimulatedTask
    steps: int
    seconds: float
    unstable: int
    peaks: Peaks

    def fails(self) -> bool:
        """Whether anything happened that may not, or the task asks for too little room."""
        peaks = self.peaks
        beyond = peaks.gain > GAIN_LIMIT_J_KG or peaks.depth > DEPTH_LIMIT_M
        return bool(self.unstable or peaks.not_finite or peaks.swallowed or beyond or self.shortage())

    def shortage(self) -> str:
        """What the task must ask for, if it asks for too little; else nothing."""
        task, peaks = self.task, self.peaks
        wanted = {"contacts": math.ceil(SPARE * peaks.contacts), "constraints": math.ceil(SPARE * peaks.rows)}
        return ", ".join(f"{name} = {need}" for name, need in wanted.items() if need > getattr(task, name))

    def row(self) -> str:
        """One row of the table."""
        peaks = self.peaks
        counts = (
            f"{self.steps:,}",
            f"{self.steps / self.seconds:,.0f}",
            str(self.unstable),
            str(peaks.not_finite),
            str(peaks.swallowed),
        )
        speeds = (
            f"{peaks.speed:.1f}",
            f"{peaks.object_speed:.2f}",
            f"{peaks.gain:.2f}",
            f"{1e3 * peaks.depth:.1f}",
        )
        budget = (f"{peaks.contacts} of {self.task.contacts}", f"{peaks.rows} of {self.task.constraints}")
        return _line((self.task.name, *counts, *speeds, *budget))


def soak(task: SimulatedTask, steps: int, threads: int, seed: int) -> Soaked:
    """Take at least ``steps`` environment steps of one task."""
    env, sim = watched(task, ENVS, threads)
    unstable, rounds, started = 0, -(-steps // ENVS), time.perf_counter()
    for _, actions in zip(range(rounds), held_actions(ENVS, env.action_size, seed), strict=False):
        unstable += int(env.step(actions).unstable.sum())
    return Soaked(task, rounds * ENVS, time.perf_counter() - started, unstable, sim.peaks)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Soak and print."""
    tasks = simulated_tasks()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--steps", type=int, default=10_000_000, help="environment steps of all tasks together"
    )
    parser.add_argument("--tasks", nargs="+", default=list(tasks), choices=tasks)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="physics threads")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"{ENVS} environments, {options.threads} physics threads; contacts and rows are the most of one "
        "world, of the task's budget\n"
    )
    print(_line(_HEAD))
    print(_line(("---", *["---:"] * (len(_HEAD) - 1))))
    results: list[Soaked] = []
    for name in options.tasks:
        results.append(soak(tasks[name], options.steps // len(options.tasks), options.threads, options.seed))
        print(results[-1].row(), flush=True)
    for result in results:
        if shortage := result.shortage():
            print(f"\n{result.task.name} needs at least {shortage}")
    failed = [result.task.name for result in results if result.fails()]
    verdict = f"failed: {', '.join(failed)}" if failed else "all within"
    print(
        f"\n{sum(result.steps for result in results):,} steps, "
        f"{sum(result.unstable for result in results)} unstable worlds"
    )
    print(f"limits: gain {GAIN_LIMIT_J_KG:g} J/kg, depth {1e3 * DEPTH_LIMIT_M:g} mm; {verdict}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
