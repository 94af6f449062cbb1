"""How much too high a winner's search score is, and what it gains when finalists earn it.

    .venv/bin/python benchmarks/finalists.py --out runs/finalists [--repeats 5] [--candidates 16]

Every repeat is one search with the grammar writer whose winner is chosen twice: as the best score
of the search, and as the best of three finalists on fresh seeds. Both winners are retrained on the
same fresh seeds, which chose nothing. The second study takes all that the first one trained from
it, so a repeat costs little more than one search. Interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.racing import retrained, search
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.records import Purpose
from rewardsmith.study import Study


@dataclasses.dataclass(frozen=True)
class Winner:
    """Who won a search, and how it did afterwards."""

    name: str
    search: float
    """Score in the search."""
    fresh: tuple[float, ...]
    """Scores of retrainings on fresh seeds."""
    steps: int
    """Environment steps of the search and of the choice."""

    @property
    def gap(self) -> float:
        """How much too high the search score is."""
        return self.search - statistics.mean(self.fresh)


def winner(folder: Path) -> Winner:
    """The winner of a study."""
    with Study.open(folder) as study:
        won = study.winner
        assert won
        assert won.score
        steps = sum(run.env_steps for run in study.runs_for(Purpose.SEARCH, Purpose.FINALIST))
        return Winner(won.id, won.score.mean, retrained(study), steps)


def searches(out: Path, first: StudyConfig, repeats: int) -> list[tuple[Path, Path]]:
    """Run all; the folders of every repeat, the one with finalists first."""
    folders: list[tuple[Path, Path]] = []
    for seed in range(repeats):
        three, one = out / f"three-s{seed}", out / f"one-s{seed}"
        config = dataclasses.replace(first, seed=seed)
        search(three, config, [])
        search(one, dataclasses.replace(config, finalists=1), [three])
        folders.append((three, one))
    return folders


def report(folders: Sequence[tuple[Path, Path]]) -> str:
    """Both winners of every repeat, and their means."""
    rows = [
        "| repeat | finalists | winner | search score | fresh scores | mean | search minus fresh | steps |",
        "|---|---|---|---|---|---|---|---|",
    ]
    found = [(winner(three), winner(one)) for three, one in folders]
    for number, pair in enumerate(found):
        for count, won in zip((3, 1), pair, strict=True):
            fresh = ", ".join(f"{value:.3f}" for value in won.fresh)
            rows.append(
                f"| {number} | {count} | {won.name} | {won.search:.3f} | {fresh} | "
                f"{statistics.mean(won.fresh):.3f} | {won.gap:+.3f} | {won.steps:,} |"
            )
    three, one = zip(*found, strict=True)
    gains = [statistics.mean(a.fresh) - statistics.mean(b.fresh) for a, b in found]
    rows += [
        "",
        f"Search minus fresh: {statistics.mean(won.gap for won in three):+.3f} with three finalists, "
        f"{statistics.mean(won.gap for won in one):+.3f} with one.",
        f"Fresh score, three minus one: {statistics.mean(gains):+.3f} ({min(gains):+.3f} to "
        f"{max(gains):+.3f}).",
        f"Steps, three over one: {sum(won.steps for won in three) / sum(won.steps for won in one):.2f}.",
    ]
    return "\n".join(rows) + "\n"


def main() -> None:
    """Search, then print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the studies")
    parser.add_argument("--task", default="franka-push")
    parser.add_argument("--strategy", default="eureka")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument("--env-steps", type=int, default=250_000)
    options = parser.parse_args()
    started = time.monotonic()
    config = StudyConfig(
        options.task,
        strategy=options.strategy,
        candidates=options.candidates,
        finalists=3,
        final_seeds=3,
        baselines=False,
        training=TrainingOverrides(env_steps=options.env_steps),
    )
    text = report(searches(options.out, config, options.repeats))
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.monotonic() - started:.0f} s in this process")


if __name__ == "__main__":
    main()
