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
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.training_jobs import budget, job, programs, table, trained
from benchmarks.training_parts import PARTS, Breakdown, film_of_chance, film_of_training
from rewardsmith.contracts import ScoringJob, TrainingJob, TrainingResult
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.records import RunState
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings
from rewardsmith.training.heldout import HeldOutScorer
from rewardsmith.training.population.trainer import PopulationTrainer, usable_cores
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.rlgames.trainer import RlGamesTrainer
from tests.physics import simulated_tasks
from tests.training import train

LEAST, AIM = 0.6, 0.75
"""Wanted of training over bare physics on its own states, and what we aim at."""
FASTER = {"cartpole": 2.5, "franka-reach": 2.5, "franka-push": 1.5}
"""Wanted of rl-games' time over the population's."""
STEPS = {"cartpole": 100_000, "franka-reach": 50_000, "franka-push": 50_000}
"""Environment steps per candidate in the comparison with rl-games."""
EPISODES = {"rlgames": 16, "scaling": 128}
"""Held-out episodes; in scaling as many as in a search, for they take memory."""
Runner = Callable[[str, PpoSettings, Sequence[TrainingJob]], list[TrainingResult]]
SIZES = (1, 2, 4, 8, 16, 32)
PARTS_OF_RUN = ("throughput", "rlgames", "scaling")


def quote(values: Sequence[float], digits: int = 0) -> str:
    """Median and range."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def verdict(what: str, ratios: Sequence[float], least: float) -> tuple[str, ...]:
    """A row of the last table."""
    return (
        what,
        f"at least {least}",
        f"{statistics.median(ratios):.2f}",
        "yes" if statistics.median(ratios) >= least else "no",
    )


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


class Steady:
    """The population trainer between its first update and the last but one."""

    def __init__(
        self, task: str, program: str, slots: int, epochs: int, overlap: bool, episodes: int = 0
    ) -> None:
        """Prepare.

        With ``episodes``, all policies are scored at the end, outside what is measured.
        """
        preset = preset_settings(PpoSettings, TASKS.load(task), "population", "cpu")
        steps = (epochs + 2) * preset.epoch_steps
        self._settings = replace(preset, env_steps=steps, slots=slots, overlap=overlap)
        self._trainer = PopulationTrainer(TASKS.load(task), self._settings)
        self._scorer = HeldOutScorer(TASKS.load(task), "cpu", usable_cores())
        self._program, self._slots, self._epochs, self._episodes = program, slots, epochs, episodes

    def steps_per_second(self) -> float:
        """Train from the start; environment steps of all slots per second."""
        times: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            jobs = [job(self._program, folder, seed) for seed in range(self._slots)]
            results = train(self._trainer, jobs, lambda _: times.append(time.perf_counter())).values()
            if self._episodes:
                self._scorer.score(
                    [ScoringJob(job.run, job.policy, 0, self._episodes) for job in jobs], lambda: None
                )
        if any(result.state != RunState.TRAINED for result in results) or len(times) != self._epochs + 2:
            sys.exit(
                "not all were trained side by side to the end: "
                f"{[(result.state, result.cause) for result in results]}"
            )
        return self._slots * self._epochs * self._settings.epoch_steps / (times[-2] - times[0])


def throughput(options: argparse.Namespace) -> tuple[list[str], list[tuple[str, ...]]]:
    """Training over bare physics, and where the rest goes; tables, and rows of the last one."""
    program = programs([options.task])[options.task]
    lines, wanted = list[str](), list[tuple[str, ...]]()
    for slots in options.slots:
        seen, parts = _throughput(options.task, program, slots, options.epochs, options.rounds)
        envs = preset_settings(PpoSettings, TASKS.load(options.task), "population", "cpu").envs
        lines += [f"### {options.task}, {slots} x {envs} environments, {usable_cores()} cores", ""]
        same, chance = (
            seen["bare physics on the states of training"],
            seen["bare physics under random actions"],
        )
        rows: list[tuple[str, ...]] = []
        for label, values in seen.items():
            ratios = [[a / b for a, b in zip(values, bare, strict=True)] for bare in (same, chance)]
            rows.append((label, quote(values), *(quote(ratio, 2) for ratio in ratios)))
            if label.startswith("training"):
                name = f"{options.task}, {slots} x {envs}, {label}, over bare physics on its states"
                wanted += [verdict(name, ratios[0], LEAST), verdict(f"{name} (aim)", ratios[0], AIM)]
        lines += table(
            ("", "steps/s", "over bare physics on these states", "over bare physics, random actions"), rows
        )
        middle = {part: statistics.median(found[part] for found in parts) for part in PARTS}
        whole = sum(middle.values())
        rows = [
            (part, quote([found[part] for found in parts], 2), f"{100 * middle[part] / whole:.1f} %")
            for part in PARTS
        ]
        lines += table(
            ("part, single lane", "processor time, us per environment step", "share"),
            [*rows, ("all", f"{whole:.2f}", "")],
        )
    return lines, wanted


def _throughput(
    task_name: str, program: str, slots: int, epochs: int, rounds: int
) -> tuple[dict[str, list[float]], list[dict[str, float]]]:
    """Steps per second, and processor time by part, of every round."""
    task = simulated_tasks()[task_name]
    jobs, settings = (
        [job(program, "unused", seed) for seed in range(slots)],
        preset_settings(PpoSettings, task, "population", "cpu"),
    )
    measures: dict[str, Callable[[], float]] = {
        "bare physics on the states of training": film_of_training(
            task, settings, jobs, epochs
        ).steps_per_second,
        "bare physics under random actions": film_of_chance(task, slots * settings.envs).steps_per_second,
    }
    for overlap in (True, False) if slots > 1 else (True,):  # a slot alone has nothing to overlap with
        name = ("training, overlapping" if overlap else "training, one lane") if slots > 1 else "training"
        measures[name] = Steady(task_name, program, slots, epochs, overlap).steps_per_second
    breakdown = Breakdown(task, settings, jobs)
    seen: dict[str, list[float]] = {name: [] for name in measures}
    parts: list[dict[str, float]] = []
    for number in range(rounds):
        for name, measure in measures.items():
            seen[name].append(measure())
        parts.append(breakdown.measure(max(1, epochs // 2)))
        say(
            f"throughput, {slots} slots, round {number + 1}: "
            + ", ".join(f"{name} {values[-1]:,.0f}" for name, values in seen.items())
        )
    return seen, parts


def against_rlgames(options: argparse.Namespace) -> tuple[list[str], list[tuple[str, ...]]]:
    """Wall clock of both trainers; a table, and rows of the last one."""
    budgets: dict[str, int] = options.steps
    texts = programs(list(budgets))
    settings = {
        name: replace(preset_settings(PpoSettings, TASKS.load(name), "population", "cpu"), env_steps=steps)
        for name, steps in budgets.items()
    }
    seconds: dict[tuple[str, str], list[float]] = {
        (name, trainer): [] for name in budgets for trainer in RUNNERS
    }
    for number in range(options.rounds):
        for (name, trainer), values in seconds.items():
            values.append(timed(RUNNERS[trainer], name, settings[name], texts[name], options.candidates))
            say(f"rlgames, round {number + 1}: {name}, {trainer}, {values[-1]:.1f} s")
    rows, wanted = list[tuple[str, ...]](), list[tuple[str, ...]]()
    for name in budgets:
        ours, theirs, kept = (seconds[name, trainer] for trainer in RUNNERS)
        ratios, lean = ([b / a for a, b in zip(ours, other, strict=True)] for other in (theirs, kept))
        steps = f"{settings[name].epochs * settings[name].epoch_steps:,}"
        rows.append(
            (
                name,
                steps,
                *(quote(values, 1) for values in (ours, theirs, kept)),
                quote(ratios, 2),
                quote(lean, 2),
            )
        )
        if name in FASTER:
            wanted.append(verdict(f"{name}: rl-games' time over the population's", ratios, FASTER[name]))
    title = (
        f"### {options.candidates} candidates, equal steps, {EPISODES['rlgames']} held-out episodes, "
        f"{usable_cores()} cores"
    )
    columns = (
        "task",
        "steps each",
        "population, s",
        "rl-games, s",
        "kept, s",
        "rl-games / population",
        "kept / population",
    )
    return [title, "", *table(columns, rows)], wanted


def timed(runner: Runner, task: str, settings: PpoSettings, program: str, candidates: int) -> float:
    """Seconds from nothing to the last result."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = [job(program, folder, seed) for seed in range(candidates)]
        started = time.perf_counter()
        results = runner(task, settings, jobs)
        seconds = time.perf_counter() - started
    time.sleep(1.0)  # processes notice that nobody asks them any more
    due = settings.epochs * settings.epoch_steps
    if wrong := [result for result in results if result.state != RunState.TRAINED or result.env_steps != due]:
        sys.exit(f"{task}: not all were trained for {due} steps: {wrong[0]}")
    return seconds


def through_worker(trainer: str) -> Runner:
    """A trainer as a search runs it, in a fresh worker."""

    def run(task: str, settings: PpoSettings, jobs: Sequence[TrainingJob]) -> list[TrainingResult]:
        folder = Path(jobs[0].policy).parent
        return [ended.result for ended in trained(task, trainer, settings, folder, jobs, EPISODES["rlgames"])]

    return run


def a_process_each(task: str, settings: PpoSettings, jobs: Sequence[TrainingJob]) -> list[TrainingResult]:
    """rl-games as in the papers: a new process for every candidate."""

    def one(work: TrainingJob) -> TrainingResult:
        (result,) = train(RlGamesTrainer(TASKS.load(task), settings, threads=1), [work]).values()
        scoring = ScoringJob(work.run, work.policy, 0, EPISODES["rlgames"])
        HeldOutScorer(TASKS.load(task), "cpu", 1).score([scoring], lambda: None)
        return result

    with ThreadPoolExecutor(usable_cores()) as pool:
        return list(pool.map(one, jobs))


RUNNERS = {
    "population": through_worker("population"),
    "rl-games": a_process_each,
    "kept": through_worker("rl-games"),
}


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
                command, input=program, stdout=subprocess.PIPE, text=True, check=True
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
        f"### {options.task}, {envs} environments per slot, {EPISODES['scaling']} held-out episodes, "
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
            options.task, sys.stdin.read(), options.child, options.epochs, True, EPISODES["scaling"]
        ).steps_per_second()
    lines = Path("/proc/self/status").read_text().splitlines()
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
            options.out.write_text(text + verdicts)
    print(verdicts)


if __name__ == "__main__":
    main()
