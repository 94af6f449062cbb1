"""What racing saves, and what screening foresees, in whole searches with the grammar writer.

    .venv/bin/python benchmarks/racing.py --out runs/racing [--task franka-push] [--repeats 5]

Every repeat is two searches from one seed, with one budget: one trains all candidates to the end,
the other races with the default rungs. Both retrain their winners on the same fresh seeds; where
these are the same program, that is done once. Interrupted, it goes on where it was.

The search that trains all is also looked at on its way, at several rungs where nobody is evicted,
and screens its programs without dropping any. So it shows how well an early score, and how well the
screen, foretell the final one.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.foretelling import RESAMPLES, WATCH, foretold, interval
from rewardsmith import runner
from rewardsmith.cli.live import PlainObserver
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.library import Library
from rewardsmith.parts import assemble
from rewardsmith.records import Purpose, RunState
from rewardsmith.registry import TASKS
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study


@dataclasses.dataclass(frozen=True)
class Terms:
    """What all searches have in common.

    Trainings are as the task's preset has them but for what is given.
    """

    task: str
    candidates: int
    samples: int
    """Programs of an iteration."""
    training: TrainingOverrides

    def config(self, seed: int) -> StudyConfig:
        """One racing search, which does not screen: that is the default."""
        return StudyConfig(
            task=self.task,
            candidates=self.candidates,
            seed=seed,
            baselines=False,
            final_seeds=3,
            racing="on",
            strategy_options={"samples": self.samples},
            training=self.training,
        )


def search(folder: Path, config: StudyConfig, others: Sequence[Path]) -> None:
    """Begin or continue one search."""
    with Study.open(folder, write=True) if is_study(folder) else Study.create(folder, config) as study:
        if study.finished:
            return
        known = [Study.open(other) for other in others]
        parts = assemble(study.config, study.folder)
        try:
            runner.run(
                study,
                dataclasses.replace(parts, library=Library(known)),
                PlainObserver(study, parts.settings.env_steps),
            )
        finally:
            parts.close()
            for other in known:
                other.close()


def searches(out: Path, terms: Terms, repeats: int) -> list[tuple[Path, Path]]:
    """Run all; the folders of every repeat, the whole search first."""
    configs = [terms.config(seed) for seed in range(repeats)]
    whole, raced = ([out / f"{kind}-s{config.seed}" for config in configs] for kind in ("whole", "raced"))
    for folder, config in zip(whole, configs, strict=True):
        search(folder, dataclasses.replace(config, race=WATCH, screening="order"), [])
    for folder, config, known in zip(raced, configs, whole, strict=True):
        search(folder, config, [known])
    return list(zip(whole, raced, strict=True))


@dataclasses.dataclass(frozen=True)
class Spent:
    """One search."""

    steps: int
    """Environment steps of its trainings."""
    looks: int
    """Environment steps of the held-out episodes at rungs."""
    evicted: int
    winner: str
    search: float
    """The winner's score in the search."""
    fresh: tuple[float, ...]
    """Its scores when trained again on fresh seeds."""


def spent(folder: Path, horizon: int) -> Spent:
    """What a search took and found."""
    with Study.open(folder) as study:
        winner, runs = study.winner, study.runs_for(Purpose.SEARCH)
        assert winner
        assert winner.score
        looks = sum(rung.score.episodes for run in runs for rung in run.rungs) * horizon
        evicted = sum(run.state == RunState.EVICTED for run in runs)
        return Spent(
            sum(run.env_steps for run in runs), looks, evicted, winner.id, winner.score.mean, retrained(study)
        )


def retrained(study: Study) -> tuple[float, ...]:
    """The winner's scores when trained again on fresh seeds."""
    return tuple(score.mean for run in study.runs_for(Purpose.FINAL) if (score := study.score(run)))


def report(folders: Sequence[tuple[Path, Path]], horizon: int) -> str:
    """Both tables as Markdown."""
    rows = [
        "| seed | search | steps, millions | looks at rungs | evicted | winner | in the search | fresh |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ratios: list[float] = []
    differences: list[float] = []
    for seed, pair in enumerate(folders):
        whole, raced = (spent(folder, horizon) for folder in pair)
        for name, one in (("all to the end", whole), ("racing", raced)):
            fresh = " ".join(f"{score:.3f}" for score in one.fresh)
            looks = f"{one.looks / 1e6:.2f}" if one is raced else "-"
            rows.append(
                f"| {seed} | {name} | {one.steps / 1e6:.2f} | {looks} | {one.evicted} | {one.winner} | "
                f"{one.search:.3f} | {fresh} |"
            )
        ratios.append((raced.steps + raced.looks) / whole.steps)
        differences.append(statistics.mean(raced.fresh) - statistics.mean(whole.fresh))
    rng = random.Random(0)
    means = [statistics.mean(rng.choices(differences, k=len(differences))) for _ in range(RESAMPLES)]
    low, high = interval(means)
    rows += [
        "",
        (
            "Steps of racing, looks at rungs included, over those of training all: "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})."
        ),
        (
            f"Fresh score of the winner, racing less training all: {statistics.mean(differences):+.3f} "
            f"[{low:+.3f}, {high:+.3f}]."
        ),
        "",
        "| foretells the final true score | programs | rank correlation | 95 % interval |",
        "|---|---|---|---|",
        *foretold([whole for whole, _ in folders]),
    ]
    return "\n".join(rows) + "\n"


def main() -> None:
    """Search, then print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of the studies; what is there already is not made again",
    )
    parser.add_argument("--task", default="franka-push")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument(
        "--samples", type=int, default=16, help="programs of an iteration; 16 as in the papers"
    )
    for name in ("env-steps", "envs", "mini-epochs"):
        parser.add_argument(f"--{name}", type=int, help="instead of the preset's")
    options = parser.parse_args()
    started = time.monotonic()
    training = TrainingOverrides(
        env_steps=options.env_steps, envs=options.envs, mini_epochs=options.mini_epochs
    )
    folders = searches(
        options.out, Terms(options.task, options.candidates, options.samples, training), options.repeats
    )
    text = report(folders, TASKS.load(options.task).horizon)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.monotonic() - started:.0f} s in this process")


if __name__ == "__main__":
    main()
