"""What a policy carried on from an earlier training is worth to the next one.

    .venv/bin/python benchmarks/carried.py franka-reach --env-steps 100000 --seeds 3 --out FOLDER

On every seed the human reward is trained from scratch: the parents. Then two children are trained
for as many steps again, the same reward and one of another shape, each from scratch and from the
parent's policy, with every share. All start from seeds of their own. It prints the mean true score
over the seeds, on as many held-out episodes each.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

from rewardsmith.config import TrainingOverrides
from rewardsmith.contracts import Task, TrainingJob
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard.static import check_source
from rewardsmith.seeds import derive
from rewardsmith.settings import preset_settings, typed
from rewardsmith.testing.feeding import scored, train
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings

EPISODES = 128
SCRATCH = 0.0
"""Stands for no parent where else is the share of one."""


def programs_of(task: Task) -> dict[str, str]:
    """The human reward, and one whose terms reach two and a half times as far."""
    far = task.human_reward.replace("5.0 *", "2.0 *")
    sources = {"same reward": task.human_reward, "other shape": far}
    return {name: check_source(source, task.signals).program for name, source in sources.items()}


def job(folder: Path, name: str, program: str, seed: int) -> TrainingJob:
    """A training on a seed, scored on the episodes of that seed."""
    path = str(folder.resolve() / f"{name}-{seed}.pt".replace(" ", "-"))
    number = derive("carried", name.partition(" from ")[0], seed)
    return TrainingJob(f"{name}-{seed}", program, number, path, derive("carried episodes", seed))


def measure(
    task: Task, env_steps: int, seeds: Sequence[int], shares: Sequence[float], folder: Path
) -> dict[str, list[float]]:
    """True scores by what was trained, one for each seed."""
    settings = replace(
        preset_settings(PpoSettings, task, "population", "cpu"),
        **typed(PpoSettings, TrainingOverrides(env_steps=env_steps)),
    )
    programs = programs_of(task)
    trainer = PopulationTrainer(task, settings)
    parents = [job(folder, "parent", programs["same reward"], seed) for seed in seeds]
    found = {"parent": _scores(task, trainer, parents)}
    for share in shares:
        begun = {
            f"{name} from {share:g}": [
                replace(job(folder, f"{name} from {share:g}", program, seed), **_start(parent, share))
                for seed, parent in zip(seeds, parents, strict=True)
            ]
            for name, program in programs.items()
        }
        every = _scores(task, trainer, [one for own in begun.values() for one in own])
        for number, name in enumerate(begun):
            found[name] = every[number * len(seeds) : (number + 1) * len(seeds)]
            print(row(name, found[name]), flush=True)
    return found


def _start(parent: TrainingJob, share: float) -> Mapping[str, str | float]:
    return {"start": parent.policy, "start_share": share} if share != SCRATCH else {}


def _scores(task: Task, trainer: PopulationTrainer, jobs: Sequence[TrainingJob]) -> list[float]:
    scores = scored(task, jobs, train(trainer, jobs), EPISODES)
    return [scores[one.run].mean for one in jobs]


def row(name: str, scores: Sequence[float]) -> str:
    """A line of the table."""
    error = stdev(scores) / len(scores) ** 0.5 if len(scores) > 1 else float("nan")
    each = " ".join(f"{score:.3f}" for score in scores)
    return f"| {name} | {fmean(scores):.3f} ± {error:.3f} | {each} |"


def main() -> None:
    """Train, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task")
    parser.add_argument("--env-steps", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shares", type=float, nargs="*", default=[SCRATCH, 1.0, 0.5])
    parser.add_argument("--out", type=Path, default=Path("runs/carried"))
    options = parser.parse_args()
    found = measure(
        TASKS.load(options.task), options.env_steps, range(options.seeds), options.shares, options.out
    )
    print("\n| training (`from 0`: scratch) | true score | per seed |\n|---|---|---|")
    print("\n".join(row(name, scores) for name, scores in found.items()))


if __name__ == "__main__":
    main()
