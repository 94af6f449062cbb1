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
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from rewardsmith import runner
from rewardsmith.cli.live import PlainObserver
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.contracts import Race
from rewardsmith.library import Library
from rewardsmith.parts import assemble
from rewardsmith.records import Purpose, RunState, Screening, Trial
from rewardsmith.registry import TASKS
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study

WATCH = Race(rungs=(0.15, 0.2, 0.25, 0.35, 0.5, 0.7), keep=1.0)
"""Looks at every training on its way and evicts nobody."""
RESAMPLES = 10_000


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
        fresh = tuple(score.mean for run in study.runs_for(Purpose.FINAL) if (score := study.score(run)))
        evicted = sum(run.state == RunState.EVICTED for run in runs)
        return Spent(sum(run.env_steps for run in runs), looks, evicted, winner.id, winner.score.mean, fresh)


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0, means of them for ties."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    starts = (
        [0] + [n + 1 for n, (a, b) in enumerate(pairwise(order)) if values[a] != values[b]] + [len(values)]
    )
    for start, end in pairwise(starts):
        for index in order[start:end]:
            found[index] = (start + end - 1) / 2
    return found


def correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's rank correlation."""
    a, b = (ranks(column) for column in zip(*pairs, strict=True))
    return statistics.correlation(a, b) if len(set(a)) > 1 and len(set(b)) > 1 else float("nan")


def interval(samples: Sequence[float]) -> tuple[float, float]:
    """The middle 95 %."""
    known = sorted(value for value in samples if value == value) or [float("nan")]
    return known[round(0.025 * (len(known) - 1))], known[round(0.975 * (len(known) - 1))]


def foretold(folders: Sequence[Path]) -> Iterator[str]:
    """Rows of early scores and of the screen against the final score.

    Over all programs that were trained to the end.
    """
    rng = random.Random(0)
    trained: list[Trial] = []
    for folder in folders:
        with Study.open(folder) as study:
            trained += [trial for trial in study.trials if trial.score]
    for number, share in enumerate(WATCH.rungs):
        pairs = [
            (trial.run.rungs[number].score.mean, trial.score.mean)
            for trial in trained
            if trial.run and trial.score
        ]
        yield _row(f"true score at {share:.0%} of the training", [pairs], rng)
    screens: dict[str, Callable[[Screening], float | None]] = {
        "screen": lambda seen: seen.score,
        "screen, outcome alone": lambda seen: seen.outcome,
        "screen, progress alone": lambda seen: seen.progress,
    }
    for name, read in screens.items():
        pairs = [pair for trial in trained if (pair := _pair(trial, read))]
        yield _row(name, [pairs], rng)
    for name, read in screens.items():
        yield _row(f"{name}, within an iteration", list(_by_iteration(folders, read)), rng)
    yield from _firsts(list(_by_iteration(folders, screens["screen"])))


Pairs = Sequence[tuple[float, float]]
"""What foretells, and the final true score, of several programs."""


def _pair(trial: Trial, read: Callable[[Screening], float | None]) -> tuple[float, float] | None:
    """What the screen said of a program, and its score, where there are both."""
    seen = trial.candidate.screening
    value = read(seen) if seen else None
    return (value, trial.score.mean) if trial.score and value is not None else None


def _by_iteration(folders: Sequence[Path], read: Callable[[Screening], float | None]) -> Iterator[Pairs]:
    """Programs of one iteration of one search together: only these ever stand in one queue."""
    for folder in folders:
        with Study.open(folder) as study:
            found: dict[int, list[tuple[float, float]]] = {}
            for trial in study.trials:
                if pair := _pair(trial, read):
                    found.setdefault(trial.candidate.iteration, []).append(pair)
        yield from (pairs for pairs in found.values() if len(pairs) > 1)


def within(groups: Sequence[Pairs]) -> float:
    """Rank correlation within groups, averaged with the sizes of the groups as weights.

    How groups differ plays no part.
    """
    known = [(correlation(pairs), len(pairs)) for pairs in groups]
    known = [(value, size) for value, size in known if value == value]
    return (
        sum(value * size for value, size in known) / sum(size for _, size in known) if known else float("nan")
    )


def _firsts(groups: Sequence[Pairs]) -> Iterator[str]:
    """How often the screen's first of an iteration is its best, which is what orders are for."""
    if groups:
        tops = [max(score for _, score in pairs) for pairs in groups]
        hits = sum(max(pairs)[1] == top for pairs, top in zip(groups, tops, strict=True))
        chance = sum(
            sum(score == top for _, score in pairs) / len(pairs)
            for pairs, top in zip(groups, tops, strict=True)
        )
        yield (
            f"\nThe screen's first was the best of its iteration in {hits} of {len(groups)} iterations; "
            f"by chance {chance:.1f}.\n"
        )


def _row(name: str, groups: Sequence[Pairs], rng: random.Random) -> str:
    """Rank correlation within groups, and a percentile interval over resampled programs of each."""
    count = sum(map(len, groups))
    if count < 3:
        return f"| {name} | {count} | - | - |"
    low, high = interval(
        [within([rng.choices(pairs, k=len(pairs)) for pairs in groups]) for _ in range(RESAMPLES // 5)]
    )
    return f"| {name} | {count} | {within(groups):.2f} | {low:.2f} to {high:.2f} |"


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
    (options.out / "report.md").write_text(text)
    print(text)
    print(f"{time.monotonic() - started:.0f} s in this process")


if __name__ == "__main__":
    main()
