"""What a verdict costs: ``python benchmarks/guard_speed.py [REPEATS]``.

Wall time is what a search waits for; processor time of this process and of the guard's child is
what the work takes, whatever else the machine does.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.static import check_source
from rewardsmith.training.ppo import PpoSettings

STATIC_TARGET_MS, WARM_TARGET_MS = 5.0, 150.0


def child_cpu_s() -> float:
    """Processor time of the children that this process has now."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(repeats: int, action: Callable[[], object]) -> tuple[float, float, float]:
    """Median wall time, its 95th percentile, and mean processor time with the child's, in ms."""
    walls: list[float] = []
    cpu = time.process_time() + child_cpu_s()
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        walls.append(1e3 * (time.perf_counter() - started))
    cpu = time.process_time() + child_cpu_s() - cpu
    return statistics.median(walls), statistics.quantiles(walls, n=20)[-1], 1e3 * cpu / repeats


def main() -> None:
    """Print one table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    guard = Guard(PpoSettings())
    print(f"{'task':<14}{'layers':<24}{'median ms':>10}{'p95 ms':>9}{'cpu ms':>9}{'target ms':>11}")
    for name in TASKS.names():
        task: Task = TASKS.load(name)
        started = time.perf_counter()
        guard.limits(task)
        start_ms = 1e3 * (time.perf_counter() - started)
        source = task.human_reward
        rows = (
            (
                "static (1 to 3)",
                STATIC_TARGET_MS,
                measure(repeats, lambda s=source, t=task: check_source(s, t.signals)),
            ),
            ("all, warm child", WARM_TARGET_MS, measure(repeats, lambda s=source, t=task: guard.check(s, t))),
        )
        for layers, target, (median, high, cpu) in rows:
            print(f"{name:<14}{layers:<24}{median:>10.2f}{high:>9.2f}{cpu:>9.2f}{target:>11.0f}")
        print(f"{name:<14}{'start of a child':<24}{start_ms:>10.0f}")
    guard.close()


if __name__ == "__main__":
    main()
