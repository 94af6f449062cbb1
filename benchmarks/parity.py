"""Whether the population trainer teaches as well as rl-games: all else equal, with many seeds.

    .venv/bin/python benchmarks/parity.py --out runs/parity [--seeds 8]
        [--steps franka-push=400000 ant=400000] [--envs franka-push=128]

Every training is of the human reward, with the preset of the task but for its budget, and is scored
on the same held-out episodes. Budgets are short, so that scores are neither at the floor nor at the
ceiling, where nothing could differ. Half the environments on franka-push mean twice the updates,
without which it learns little in so few steps. Finished trainings are kept in `trainings.json`;
interrupted, it goes on where it was.

The interval is that of the difference of the means (percentile bootstrap over seeds), and p that of
an exact permutation test of it. A difference that is not found with so few seeds may still be
there: the interval says how large it may be.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from math import comb
from pathlib import Path

from benchmarks.training_jobs import budget, job, programs, table, trained
from rewardsmith.executors.collect import Ended
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings
from rewardsmith.training.ppo import PpoSettings

STEPS = {"cartpole": 200_000, "franka-reach": 150_000, "franka-push": 400_000, "ant": 400_000}
ENVS = {"franka-push": 128}
TRAINERS = ("population", "rl-games")
RESAMPLES, SHUFFLES = 10_000, 20_000


@dataclass(frozen=True)
class Training:
    """One that came to its end."""

    task: str
    trainer: str
    seed: int
    env_steps: int
    """What it was to take."""
    envs: int
    episodes: int
    """Held-out episodes."""
    score: float | None
    """``None`` where it failed."""
    cause: str
    wall_s: float
    """Its share of the time."""


class Trainings:
    """Kept in a file."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "trainings.json"
        self._known = (
            [Training(**one) for one in json.loads(self._file.read_text(encoding="utf-8"))]
            if self._file.exists()
            else []
        )

    def add(self, training: Training) -> None:
        """Keep one more, whole or not at all."""
        self._known.append(training)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps([asdict(one) for one in self._known], indent=1) + "\n", encoding="utf-8")
        fresh.replace(self._file)

    def of(self, task: str, trainer: str, settings: PpoSettings, episodes: int) -> dict[int, Training]:
        """Those with these settings, by seed."""
        wanted = (task, trainer, settings.env_steps, settings.envs, episodes)
        return {
            one.seed: one
            for one in self._known
            if (one.task, one.trainer, one.env_steps, one.envs, one.episodes) == wanted
        }


def train(
    kept: Trainings, task: str, trainer: str, settings: PpoSettings, program: str, options: argparse.Namespace
) -> None:
    """Train the seeds that are not yet known."""
    done = kept.of(task, trainer, settings, options.episodes)
    folder = options.out / f"{task}-{trainer}"
    folder.mkdir(exist_ok=True)
    jobs = [job(program, str(folder.resolve()), seed) for seed in range(options.seeds) if seed not in done]
    if not jobs:
        return
    seeds = {job.run: job.seed for job in jobs}
    for ended in trained(task, trainer, settings, folder.resolve(), jobs, options.episodes):
        training = _training(task, trainer, seeds[ended.result.run], settings, options.episodes, ended)
        kept.add(training)
        score = (
            f"{ended.result.fault}, {training.cause}" if training.score is None else f"{training.score:.3f}"
        )
        print(
            f"{time.strftime('%H:%M:%S')} {task}, {trainer}, seed {training.seed}: {score}",
            file=sys.stderr,
            flush=True,
        )


def _training(
    task: str, trainer: str, seed: int, settings: PpoSettings, episodes: int, ended: Ended
) -> Training:
    score = ended.score.mean if ended.score else None
    return Training(
        task,
        trainer,
        seed,
        settings.env_steps,
        settings.envs,
        episodes,
        score,
        ended.result.cause,
        ended.result.wall_s,
    )


def permutation(a: Sequence[float], b: Sequence[float], rng: random.Random) -> float:
    """Two-sided p of the difference of means.

    Over all ways to deal the values out, or a sample where these are too many.
    """
    pool, size = [*a, *b], len(a)
    total = sum(pool)

    def difference(chosen: float) -> float:
        return abs(chosen / size - (total - chosen) / len(b))

    seen = difference(sum(a)) - 1e-9
    if comb(len(pool), size) <= SHUFFLES:
        hits = [difference(sum(chosen)) >= seen for chosen in combinations(pool, size)]
        return statistics.mean(hits)
    hits = [difference(sum(rng.sample(pool, size))) >= seen for _ in range(SHUFFLES)]
    return (sum(hits) + 1) / (SHUFFLES + 1)


def bootstrap(a: Sequence[float], b: Sequence[float], rng: random.Random) -> tuple[float, float]:
    """95 % interval of the difference of means, seeds of each trainer drawn with replacement."""
    drawn = [
        statistics.fmean(rng.choices(a, k=len(a))) - statistics.fmean(rng.choices(b, k=len(b)))
        for _ in range(RESAMPLES)
    ]
    cuts = statistics.quantiles(drawn, n=40)
    return cuts[0], cuts[-1]


def row(kept: Trainings, task: str, settings: PpoSettings, options: argparse.Namespace) -> tuple[str, ...]:
    """One task. Failed trainings have no score and count in no mean, but are shown."""
    both = [kept.of(task, trainer, settings, options.episodes) for trainer in TRAINERS]
    every = [[done[seed].score for seed in range(options.seeds)] for done in both]
    shown = [" ".join("failed" if score is None else f"{score:.3f}" for score in scores) for scores in every]
    ours, theirs = ([score for score in scores if score is not None] for scores in every)
    known = (task, f"{settings.epochs * settings.epoch_steps:,}", str(settings.envs), *shown)
    if not ours or not theirs:
        return *known, *["-"] * 4
    rng = random.Random(0)
    means = statistics.fmean(ours), statistics.fmean(theirs)
    low, high = bootstrap(ours, theirs, rng)
    p = permutation(ours, theirs, rng)
    return (
        *known,
        f"{means[0]:.3f}",
        f"{means[1]:.3f}",
        f"{means[0] - means[1]:+.3f} [{low:+.3f}, {high:+.3f}]",
        f"{p:.3f}",
    )


def report(kept: Trainings, settings: dict[str, PpoSettings], options: argparse.Namespace) -> str:
    """The table as Markdown."""
    titles = (
        "task",
        "steps",
        "envs",
        "population, per seed",
        "rl-games, per seed",
        "population",
        "rl-games",
        "difference [95 %]",
        "p",
    )
    rows = [row(kept, task, own, options) for task, own in settings.items()]
    text = (
        f"{options.seeds} seeds of each trainer, {options.episodes} held-out episodes; the difference "
        "is population less rl-games.\n\n"
    )
    return text + "\n".join(table(titles, rows))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; what is there already is not made again"
    )
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--episodes", type=int, default=256, help="held-out episodes of each training")
    parser.add_argument(
        "--steps", nargs="+", type=budget, default=STEPS.items(), metavar="TASK=N", help="tasks and budgets"
    )
    parser.add_argument(
        "--envs",
        nargs="*",
        type=budget,
        default=ENVS.items(),
        metavar="TASK=N",
        help="other environments than the preset's",
    )
    options = parser.parse_args()
    options.steps, options.envs = dict(options.steps), dict(options.envs)
    return options


def main() -> None:
    """Train what is missing, then print the table and write it beside."""
    options, started = arguments(), time.monotonic()
    settings: dict[str, PpoSettings] = {}
    for task, steps in options.steps.items():
        preset = preset_settings(PpoSettings, TASKS.load(task), "population", "cpu")
        settings[task] = replace(preset, env_steps=steps, envs=options.envs.get(task, preset.envs))
    texts = programs(list(settings))
    kept = Trainings(options.out)
    for task, own in settings.items():
        for trainer in TRAINERS:
            train(kept, task, trainer, own, texts[task], options)
    text = report(kept, settings, options)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.monotonic() - started:.0f} s in this process")


if __name__ == "__main__":
    main()
