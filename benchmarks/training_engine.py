"""How much of the physics' speed is left in training, what it saves over rl-games, how it scales.

    .venv/bin/python benchmarks/training_engine.py [--parts throughput rlgames scaling]
        [--rounds 5] [--out results/training-engine.md]

Everything is measured in interleaved rounds and quoted as medians with their ranges; only the
ratios, taken round by round, mean something on a machine that does other things too.

throughput: the population trainer between its first update and the last but one, without start-up
and scoring, over mujoco.batch with all cores in one simulation and nothing around it: on the very
states of these updates, and under random actions.

rlgames: sixteen seeds of the human reward by each trainer: start-up, training and scoring. The
population is one fresh worker; rl-games has a process per candidate, as many at a time as there are
cores, as in the papers. *Kept* is what the product's rl-games trainer does: its processes go on
with the next candidate, which saves it start-ups.

scaling: the same steady state by number of slots, each in a process of its own, and the peak memory
of that process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import torch

from benchmarks.training_jobs import budget, programs, quote, say, table
from benchmarks.training_rlgames import STEPS, against_rlgames
from benchmarks.training_throughput import Steady, throughput
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.ppo import PpoSettings
from tests.physics import simulated_tasks

EPISODES = 128
"""Held-out episodes of scaling; as many as in a search, for they take memory."""
SIZES = (1, 2, 4, 8, 16, 32)
PARTS_OF_RUN = ("throughput", "rlgames", "scaling")


def scaling(options: argparse.Namespace) -> tuple[list[str], list[tuple[str, ...]]]:
    """Speed and memory by number of slots; a table, and no rows of the last one."""
    program = programs([options.task])[options.task]
    speeds: dict[int, list[float]] = {size: [] for size in options.sizes}
    memory: dict[int, list[float]] = {size: [] for size in (0, *options.sizes)}
    for number in range(options.rounds):
        for size, peaks in memory.items():
            command = [
                sys.executable,
                __file__,
                "--child",
                str(size),
                "--task",
                options.task,
                "--epochs",
                str(max(1, options.epochs // 2)),
            ]
            answer = subprocess.run(
                command, input=program, stdout=subprocess.PIPE, encoding="utf-8", check=True
            ).stdout
            speed, peak = json.loads(answer.splitlines()[-1])
            peaks.append(peak)
            if size:
                speeds[size].append(speed)
            say(f"scaling, round {number + 1}, {size} slots: {speed:,.0f} steps/s, {peak:,.0f} MiB")
    base = statistics.median(memory[0])
    first = options.sizes[0]
    rows: list[tuple[str, ...]] = []
    for size, values in speeds.items():
        ratios = [a / b for a, b in zip(values, speeds[first], strict=True)]
        peak = statistics.median(memory[size])
        rows.append(
            (str(size), quote(values), quote(ratios, 2), f"{peak:,.0f}", f"{(peak - base) / size:,.0f}")
        )
    envs = preset_settings(PpoSettings, TASKS.load(options.task), "population", "cpu").envs
    text = f"Imports alone take {base:,.0f} MiB."
    if len(speeds) > 1:
        slope = statistics.linear_regression(
            list(speeds), [statistics.median(memory[size]) for size in speeds]
        ).slope
        text += f" Each further slot takes {slope:.1f} MiB (least squares over all sizes)."
    titles = ("slots", "steps/s", f"over {first} slots", "peak memory, MiB", "MiB per slot beyond imports")
    title = (
        f"### {options.task}, {envs} environments per slot, {EPISODES} held-out episodes, "
        f"{usable_cores()} cores"
    )
    return [title, "", *table(titles, rows), text, ""], []


def child(options: argparse.Namespace) -> None:
    """One size: say steps per second and MiB at the most.

    ``ru_maxrss`` would count what the parent had when it started this.
    """
    speed = 0.0
    if options.child:
        speed = Steady(
            options.task, sys.stdin.read(), options.child, options.epochs, True, EPISODES
        ).steps_per_second()
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    print(
        json.dumps([speed, next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024])
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", default=PARTS_OF_RUN, choices=PARTS_OF_RUN)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--task", default="franka-push", choices=simulated_tasks(), help="of throughput and scaling"
    )
    parser.add_argument("--slots", nargs="+", type=int, default=[8, 1], help="of throughput")
    parser.add_argument(
        "--epochs", type=int, default=8, help="updates that are measured; half as many in scaling and by part"
    )
    parser.add_argument(
        "--steps",
        nargs="+",
        type=budget,
        default=STEPS.items(),
        metavar="TASK=N",
        help="tasks and budgets of rlgames",
    )
    parser.add_argument("--candidates", type=int, default=16, help="of rlgames")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="slots of scaling")
    parser.add_argument("--out", type=Path, help="Markdown file for the tables")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.steps = dict(options.steps)
    return options


def main() -> None:
    """Measure, print, and write where asked after every part."""
    options = arguments()
    keep_freed_memory()
    torch.set_num_threads(1)
    if options.child is not None:
        child(options)
        return
    wanted: list[tuple[str, ...]] = []
    text, verdicts = (
        f"Medians of {options.rounds} interleaved rounds, with the least and the greatest.\n\n",
        "",
    )
    measures = dict(zip(PARTS_OF_RUN, (throughput, against_rlgames, scaling), strict=True))
    for part in options.parts:
        lines, rows = measures[part](options)
        wanted += rows
        print("\n".join(lines), flush=True)
        text += "\n".join(lines) + "\n"
        verdicts = "\n".join(table(("", "wanted", "median", "met"), wanted)) if wanted else ""
        if options.out:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(text + verdicts, encoding="utf-8")
    print(verdicts)


if __name__ == "__main__":
    main()
