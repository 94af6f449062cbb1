"""When it pays to train promising programs again, and to compare worth instead of scores.

    .venv/bin/python -m benchmarks.landscape_luck [--searches 200] [--out table.md]

On the landscapes of ``landscape.py`` with more or less luck in a score: searches of equal numbers
of trainings that take scores as they are, compare posterior means (``--fitness posterior``), and
train a share of every batch again (``--confirm``). Two numbers each: the regret of the program that
looked best at the end, and how much better it looked than it is.
"""

from __future__ import annotations

import argparse
import itertools
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.landscape import EPISODES, Landscape, build, interval, row
from benchmarks.landscape_edits import OPERATORS, Program, Shown
from rewardsmith.fitness import Beliefs
from rewardsmith.records import Score, Trial
from tests.builders import trained
from tests.playing import Player

LUCK = (0.06, 0.2, 0.35)
"""Standard deviations of a training's luck; the true scores lie between 0 and 1."""
BUDGETS = (24, 96)
CONTENDERS = ("random", "eureka", "rf-agent")


@dataclass(frozen=True)
class Way:
    """How a search treats its scores."""

    name: str
    fitness: Literal["score", "posterior"]
    confirm: float


WAYS = (
    Way("scores", "score", 0.0),
    Way("posterior", "posterior", 0.0),
    Way("posterior, confirm 0.25", "posterior", 0.25),
    Way("posterior, confirm 0.5", "posterior", 0.5),
    Way("posterior, confirm 1", "posterior", 1.0),
)


def measured(landscape: Landscape, program: Program, luck: float, rng: random.Random) -> Score | None:
    """What a training and its held-out episodes would tell; ``None``: it failed."""
    mean = landscape.measure(program, rng, luck)
    if mean is None:
        return None
    near = (EPISODES * mean + 0.5) / (EPISODES + 1)
    return Score(mean, (near * (1.0 - near) / EPISODES) ** 0.5, EPISODES)


def search(
    contender: str, way: Way, landscape: Landscape, luck: float, budget: int, seed: int
) -> tuple[float, float]:
    """Search as the runner does.

    The regret of the winner, and its score or worth minus its true score.
    """
    player = Player(build(contender, seed, max(1, round(budget / (1 + way.confirm)))))
    beliefs, shown, trials = Beliefs(way.fitness), dict[str, Shown](), list[Trial]()
    spent = 0
    while spent < budget:
        batch: list[Trial] = []
        for number, proposal in enumerate(player.ask(budget - spent), start=len(trials)):
            rng, name = random.Random(f"{seed}/{number}"), f"c{number:03d}"
            program = OPERATORS[proposal.operator]([shown[parent] for parent in proposal.parents], rng)
            trial = trained(name, 0.0, operator=proposal.operator, parents=proposal.parents, judgement=0.0)
            score = measured(landscape, program, luck, rng)
            batch.append(
                replace(trial, score=score)
                if score
                else trained(name, None, operator=proposal.operator, parents=proposal.parents)
            )
            shown[name] = (program, 0.0)
            trials.append(batch[-1])
        spent += len(batch)
        extra = min(round(way.confirm * len(batch)), budget - spent)
        for name, count in beliefs.doubtful(batch, extra).items():
            place = next(place for place, trial in enumerate(batch) if trial.id == name)
            again = [
                measured(landscape, shown[name][0], luck, random.Random(f"{seed}/{name}/{n}"))
                for n in range(count)
            ]
            batch[place] = replace(batch[place], confirmed=tuple(score for score in again if score))
            spent += count
        batch = beliefs.told(batch)
        trials[-len(batch) :] = batch
        shown |= {trial.id: (shown[trial.id][0], trial.fitness or 0.0) for trial in batch}
        player.tell(*batch)
    scored = [trial for trial in Beliefs(way.fitness).told(trials) if trial.score]
    if not scored:
        return 1.0, 0.0
    winner = max(scored, key=lambda trial: trial.fitness or 0.0)
    true = landscape.true(shown[winner.id][0])
    return 1.0 - true, (winner.fitness or 0.0) - true


def table(kind: str, searches: int) -> list[str]:
    """One kind of landscape: regret with its interval, and how much the winner was overrated."""
    lines = [f"### {kind}", "", row("luck", "trainings", "strategy", *(way.name for way in WAYS))]
    lines.append(row(*["---"] * (3 + len(WAYS))))
    for luck, budget, contender in itertools.product(LUCK, BUDGETS, CONTENDERS):
        cells: list[str] = []
        for way in WAYS:
            found = np.array(
                [search(contender, way, Landscape.make(kind, n), luck, budget, n) for n in range(searches)]
            )
            low, high = interval(found[:, 0])
            cells.append(f"{found[:, 0].mean():.3f} [{low:.3f}, {high:.3f}], {found[:, 1].mean():+.3f}")
        lines.append(row(luck, budget, contender, *cells))
    return [*lines, ""]


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--out", type=Path, help="Markdown file for the tables")
    arguments = parser.parse_args()
    text = "\n".join(line for kind in ("plateaus", "deceptive") for line in table(kind, arguments.searches))
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
