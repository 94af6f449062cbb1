"""What the ways to spend environment steps are worth, side by side, with as many steps each.

    .venv/bin/python -m benchmarks.spending numbers franka-push --out DIR \
        --env-steps 200000 --max-steps 4000000

Every repeat is one search of each way from one seed with the grammar writer. The winner is the best
of its search and is trained again from scratch on fresh seeds, which chose nothing. What searches
of a repeat have in common is trained once and counted for each. Interrupted, it goes on where it
was; `--report` prints what is there.

Ways: `numbers` is racing, tuning and carried policies against none of them; `noise` is the luck of
seeds allowed for or not, in two strategies; `carried` is the best policy carried on, or none.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.foretelling import RESAMPLES, interval
from benchmarks.racing import retrained, search
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.records import IN_SEARCH
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study

_AWARE = {"fitness": "posterior", "confirm": 0.25}
WAYS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "numbers": {
        "plain": {},
        "racing": {"racing": "on"},
        "tune": {"tune": 8},
        "racing and tune": {"racing": "on", "tune": 8},
        "parent's policy": {"start_policy": "parent"},
    },
    "noise": {
        "eureka": {},
        "eureka, noise-aware": _AWARE,
        "rf-agent": {"strategy": "rf-agent"},
        "rf-agent, noise-aware": {"strategy": "rf-agent", **_AWARE},
    },
    "carried": {"scratch": {}, "best policy": {"start_policy": "best"}},
}
"""What differs from a plain search, by the question asked; the first of each is the plain one."""


@dataclass(frozen=True)
class Found:
    """One search."""

    steps: int
    """Environment steps of the search."""
    tried: int
    """Candidates."""
    winner: str
    told: float
    """The winner's score in the search; the mean, where it was confirmed."""
    fresh: tuple[float, ...]
    """Its scores when trained again from scratch."""
    climb: tuple[tuple[int, float], ...]
    """Steps spent until a candidate was done, and its score, in the order of the proposals."""

    @property
    def level(self) -> float:
        """The highest score of the search."""
        return max(score for _, score in self.climb)

    def steps_until(self, level: float) -> int | None:
        """Steps spent until a candidate first scored as much."""
        return next((steps for steps, score in self.climb if score >= level), None)


def found(folder: Path) -> Found:
    """What a search found."""
    with Study.open(folder) as study:
        winner = study.winner
        assert winner
        assert winner.measured is not None
        spent, climb = 0, []
        for trial in study.trials:
            spent += trial.env_steps
            if trial.score:
                climb.append((spent, trial.score.mean))
        steps = sum(run.env_steps for run in study.runs_for(*IN_SEARCH))
        tried = len(study.candidates)
        return Found(steps, tried, winner.id, winner.measured, retrained(study), tuple(climb))


def folder_of(out: Path, way: str, seed: int) -> Path:
    """Where a search is kept."""
    return out / f"{way.replace(' ', '-').replace(',', '').replace(chr(39), '')}-s{seed}"


def run(
    out: Path, first: StudyConfig, ways: Mapping[str, Mapping[str, object]], seeds: Sequence[int]
) -> None:
    """Search in every way from every seed."""
    for seed in seeds:
        done: list[Path] = []
        for way, changes in ways.items():
            folder = folder_of(out, way, seed)
            search(folder, replace(first, seed=seed, **changes), done)
            done.append(folder)
            print(f"{time.strftime('%H:%M:%S')} {folder.name}: {found(folder)}", flush=True)


def row(way: str, plain: Sequence[Found], own: Sequence[Found]) -> str:
    """One way over all repeats, compared in pairs with the plain one."""
    fresh = [statistics.mean(one.fresh) for one in own]
    gaps = [one.told - mean for one, mean in zip(own, fresh, strict=True)]
    gains = [mean - statistics.mean(one.fresh) for mean, one in zip(fresh, plain, strict=True)]
    until = [one.steps_until(other.level) for one, other in zip(own, plain, strict=True)]
    reached = " ".join("-" if steps is None else f"{steps / 1e6:.2f}" for steps in until)
    return (
        f"| {way} | {statistics.mean(one.steps for one in own) / 1e6:.2f} | "
        f"{statistics.mean(one.tried for one in own):.0f} | {_mean(one.told for one in own)} | "
        f"{_mean(fresh)} ({' '.join(f'{mean:.2f}' for mean in fresh)}) | {_spread(gaps)} | "
        f"{'' if own is plain else _spread(gains)} | {reached} |"
    )


def _mean(values: Iterable[float]) -> str:
    return f"{statistics.mean(values):.3f}"


def _spread(values: Sequence[float]) -> str:
    if len(values) < 5:
        return f"{statistics.mean(values):+.3f}"
    rng = random.Random(0)
    low, high = interval([statistics.mean(rng.choices(values, k=len(values))) for _ in range(RESAMPLES)])
    return f"{statistics.mean(values):+.3f} [{low:+.3f}, {high:+.3f}]"


def report(out: Path, ways: Sequence[str], seeds: Sequence[int]) -> str:
    """The table, of the repeats that are whole."""
    whole = [seed for seed in seeds if all(_finished(folder_of(out, way, seed)) for way in ways)]
    rows = [
        "| way | steps, millions | candidates | winner in its search | fresh, mean (each repeat) | "
        "search minus fresh | fresh, less the first way's | steps, millions, to the first way's best |",
        "|---|---:|---:|---:|---|---|---|---|",
    ]
    every = {way: [found(folder_of(out, way, seed)) for seed in whole] for way in ways}
    plain = every[ways[0]]
    rows += [row(way, plain, own) for way, own in every.items()] if whole else []
    return "\n".join(rows) + f"\n\n{len(whole)} repeats.\n"


def _finished(folder: Path) -> bool:
    if not is_study(folder):
        return False
    with Study.open(folder) as study:
        return study.finished


def main() -> None:
    """Search, then print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("question", choices=WAYS)
    parser.add_argument("task")
    parser.add_argument("--out", type=Path, required=True, help="folder of the studies")
    parser.add_argument("--repeats", type=int, nargs="+", default=[0], help="their seeds")
    parser.add_argument("--env-steps", type=int, required=True, help="of a training")
    parser.add_argument("--max-steps", type=int, required=True, help="of a search")
    parser.add_argument("--final-seeds", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="only print what is there")
    options = parser.parse_args()
    ways = WAYS[options.question]
    first = StudyConfig(
        options.task,
        candidates=10 * options.max_steps // options.env_steps,
        max_steps=options.max_steps,
        finalists=1,
        final_seeds=options.final_seeds,
        baselines=False,
        training=TrainingOverrides(env_steps=options.env_steps),
    )
    if not options.report:
        run(options.out, first, ways, options.repeats)
    print(report(options.out, tuple(ways), options.repeats))


if __name__ == "__main__":
    main()
