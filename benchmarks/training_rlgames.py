"""What the population trainer saves over rl-games, in seconds.

For ``benchmarks/training_engine.py``; nothing to run by itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.training_jobs import job, programs, quote, say, table, trained, verdict
from rewardsmith.contracts import ScoringJob, TrainingJob, TrainingResult
from rewardsmith.records import RunState
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings
from rewardsmith.training.heldout import HeldOutScorer
from rewardsmith.training.population.trainer import usable_cores
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.rlgames.trainer import RlGamesTrainer
from tests.training import train

FASTER = {"cartpole": 2.5, "franka-reach": 2.5, "franka-push": 1.5}
"""Wanted of rl-games' time over the population's."""
STEPS = {"cartpole": 100_000, "franka-reach": 50_000, "franka-push": 50_000}
"""Environment steps per candidate in the comparison with rl-games."""
EPISODES = 16
"""Held-out episodes of every policy."""
Runner = Callable[[str, PpoSettings, Sequence[TrainingJob]], list[TrainingResult]]


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
        f"### {options.candidates} candidates, equal steps, {EPISODES} held-out episodes, "
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
        return [ended.result for ended in trained(task, trainer, settings, folder, jobs, EPISODES)]

    return run


def a_process_each(task: str, settings: PpoSettings, jobs: Sequence[TrainingJob]) -> list[TrainingResult]:
    """rl-games as in the papers: a new process for every candidate."""

    def one(work: TrainingJob) -> TrainingResult:
        (result,) = train(RlGamesTrainer(TASKS.load(task), settings, threads=1), [work]).values()
        scoring = ScoringJob(work.run, work.policy, 0, EPISODES)
        HeldOutScorer(TASKS.load(task), "cpu", 1).score([scoring], lambda: None)
        return result

    with ThreadPoolExecutor(usable_cores()) as pool:
        return list(pool.map(one, jobs))


RUNNERS = {
    "population": through_worker("population"),
    "rl-games": a_process_each,
    "kept": through_worker("rl-games"),
}
