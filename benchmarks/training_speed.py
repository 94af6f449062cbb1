"""How much of the physics' speed is left in training, and what a population saves.

    .venv/bin/python benchmarks/training_speed.py [--rounds 3]

Everything is measured in one run, in interleaved rounds, and quoted as medians; only the ratios mean
something on a machine that does other things too.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from rewardsmith.contracts import TrainingJob
from rewardsmith.reward.guard import Guard
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import ASSETS
from rewardsmith_envs.tasks.franka_push import TASK

ENVS = 256
THREADS = os.cpu_count() or 1
STEPS = 200_000
"""Environment steps of the end-to-end training."""
SMALL = dataclasses.replace(TASK.preset, envs=64, env_steps=60_000)


class BarePhysics:
    """The scene stepped with joint targets recorded from a random policy: no task code, no torch."""

    def __init__(self) -> None:
        self._sim = CpuSimulator(ASSETS / TASK.scene, ENVS, TASK.decimation, THREADS)
        env = SimulatedEnv(TASK, self._sim)
        env.reset(torch.arange(ENVS))
        generator = torch.Generator().manual_seed(0)
        self._start = self._sim["qpos"].clone()
        self._targets = []
        for _ in range(TASK.horizon):
            env.step(torch.randn(ENVS, env.action_size, generator=generator))
            self._targets.append(self._sim["ctrl"].clone())

    def steps_per_second(self) -> float:
        """Control steps of single environments per second."""
        everyone = torch.ones(ENVS, dtype=torch.bool)
        episodes, started = 4, time.perf_counter()
        for _ in range(episodes):
            self._sim.reset(everyone)
            self._sim["qpos"][:] = self._start
            self._sim.forward(everyone)
            for target in self._targets:
                self._sim["ctrl"][:] = target
                self._sim.step()
        return episodes * TASK.horizon * ENVS / (time.perf_counter() - started)


def training(program: str, folder: Path) -> float:
    """Environment steps per second of one slot, start-up and held-out evaluation included."""
    settings = dataclasses.replace(TASK.preset, env_steps=STEPS, envs=ENVS)
    started = time.perf_counter()
    (result,) = PopulationTrainer(TASK, settings, episodes=128).train([_job(program, folder, 0)], 0, lambda _: None)
    return result.env_steps / (time.perf_counter() - started)


def population(program: str, folder: Path) -> float:
    """Seconds for four candidates together."""
    started = time.perf_counter()
    list(PopulationTrainer(TASK, SMALL, episodes=64).train([_job(program, folder, n) for n in range(4)], 0, lambda _: None))
    return time.perf_counter() - started


def one_after_another(program: str, folder: Path) -> float:
    """Seconds for the same four, each alone."""
    started = time.perf_counter()
    for n in range(4):
        list(PopulationTrainer(TASK, SMALL, episodes=64).train([_job(program, folder, n)], 0, lambda _: None))
    return time.perf_counter() - started


def _job(program: str, folder: Path, seed: int) -> TrainingJob:
    return TrainingJob(f"c{seed}", program, seed, str(folder / f"{seed}.pt"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    guard = Guard()
    program = guard.check(TASK.human_reward, TASK).program
    guard.close()
    bare = BarePhysics()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measures: dict[str, Callable[[], float]] = {
            "bare physics, steps/s": bare.steps_per_second,
            "training, steps/s": lambda: training(program, folder),
            "four in one population, s": lambda: population(program, folder),
            "four one after another, s": lambda: one_after_another(program, folder),
        }
        seen: dict[str, list[float]] = {label: [] for label in measures}
        for _ in range(rounds):
            for label, measure in measures.items():
                seen[label].append(measure())
    print(f"{TASK.name}, {THREADS} physics threads, 1 torch thread, {rounds} interleaved rounds")
    for label, values in seen.items():
        print(f"{label:<28}{statistics.median(values):>12,.1f}   ({min(values):,.1f} to {max(values):,.1f})")
    bare_speed, speed, together, apart = seen.values()
    print(f"training / bare physics      {_ratio(speed, bare_speed):.2f}   (wanted: at least 0.4)")
    print(f"population / one by one      {_ratio(together, apart):.2f}   (wanted: at most 0.8)")


def _ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


if __name__ == "__main__":
    main()
