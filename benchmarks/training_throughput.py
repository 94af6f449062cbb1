"""How much of the physics' speed is left in training.

For ``benchmarks/training_engine.py``; nothing to run by itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.training_jobs import job, programs, quote, say, table, verdict
from benchmarks.training_parts import PARTS, Breakdown, film_of_chance, film_of_training
from rewardsmith.contracts import ScoringJob
from rewardsmith.records import RunState
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings
from rewardsmith.training.heldout import HeldOutScorer
from rewardsmith.training.population.trainer import PopulationTrainer, usable_cores
from rewardsmith.training.ppo import PpoSettings
from tests.physics import simulated_tasks
from tests.training import train

LEAST, AIM = 0.6, 0.75
"""Wanted of training over bare physics on its own states, and what we aim at."""


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
