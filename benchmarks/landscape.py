"""How well and how fast strategies search with no physics, trainer or language model in the way.

    .venv/bin/python benchmarks/landscape.py [--searches 200] [--out table.md]

A program is a set of terms out of seven, each with a weight and a temperature between 0 and 1. The
true score is a known function of it, so the regret of a search is known: 1 minus the true score of
the program that *looked* best. All strategies search the same landscapes, and all operators are
built from the same three edits: draw a term, tune a term, drop a term. They see what a writer sees,
the parents and their measured scores, and nothing of the landscape. The landscapes were fixed
before any strategy ran on them, and were not changed after:

- smooth: one peak of three terms, measured exactly.
- plateaus: the same behind a threshold (most programs score exactly 0) and with a shelf half-way,
  measured with the noise of a training and of 128 episodes; one program in twelve fails.
- deceptive: the same, and beside the peak two broad hills of other terms, 0.6 high.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.landscape_edits import OPERATORS, TERMS, Program, Shown, draw
from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import Strategy
from rewardsmith.records import Proposal, Trial
from rewardsmith.registry import STRATEGIES
from tests.builders import trained
from tests.playing import Player

BUDGETS = (16, 32, 80, 512)
EPISODES = 128
PRESETS = {"": "corrected", " (paper)": "paper", " (release)": "release"}
CONTENDERS = [
    name + preset
    for preset in PRESETS
    for name in ("random", "eureka", "revolve", "rf-agent")
    if name != "random" or not preset
]


@dataclass(frozen=True)
class Peak:
    """A program that is good, and how good what resembles it is."""

    program: Program
    height: float
    width: float

    def raw(self, program: Program) -> float:
        """``height``, less for every term that is missing, superfluous or out of tune."""
        shared = [math.dist(program[term], ideal) for term, ideal in self.program.items() if term in program]
        tuned = math.exp(-sum(d * d for d in shared) / (2 * self.width**2 * len(self.program)))
        return (
            self.height
            * tuned
            * 0.4 ** (len(self.program) - len(shared))
            * 0.9 ** (len(program) - len(shared))
        )


@dataclass(frozen=True)
class Landscape:
    """A true score for every program, and what is measured of it."""

    peaks: tuple[Peak, ...]
    plateaus: bool

    @classmethod
    def make(cls, kind: str, seed: int) -> Landscape:
        """Draw one; the first peak has the term 0, which every program has."""
        rng = random.Random(f"landscape/{seed}")
        terms = rng.sample(range(1, TERMS), TERMS - 1)
        peaks = [Peak({term: draw(rng) for term in (0, *terms[:2])}, 1.0, 0.2)]
        hills = [Peak({term: draw(rng) for term in chosen}, 0.6, 0.4) for chosen in (terms[2:4], terms[4:6])]
        return cls((*peaks, *hills) if kind == "deceptive" else (*peaks,), plateaus=kind != "smooth")

    def true(self, program: Program) -> float:
        """The true score, 0 to 1."""
        raw = max(peak.raw(program) for peak in self.peaks)
        level = max(0.0, (raw - 0.2) / 0.8)
        shelved = min(level, 0.35) if level < 0.5 else level
        return shelved if self.plateaus else raw

    def measure(self, program: Program, rng: random.Random, luck: float = 0.06) -> float | None:
        """What a training and its held-out episodes would tell; ``None``: it failed.

        Args:
            program: It is trained once.
            rng: Decides everything random.
            luck: Standard deviation of what trainings of one program come to.
        """
        true = self.true(program)
        if not self.plateaus:
            return true
        if rng.random() < 1 / 12:
            return None
        if true == 0.0:
            return 0.0
        chance = min(1.0, max(0.0, true + rng.gauss(0.0, luck)))
        spread = math.sqrt(chance * (1.0 - chance) / EPISODES)
        return round(min(1.0, max(0.0, rng.gauss(chance, spread))) * EPISODES) / EPISODES


def build(contender: str, seed: int, candidates: int) -> Strategy:
    """A strategy with a preset's constants, for a search of so many candidates."""
    name, *preset = contender.split(maxsplit=1)
    plugin = STRATEGIES.load(name)
    return plugin(
        seed, candidates, from_mapping(plugin.Options, {"preset": PRESETS[f" {preset[0]}" if preset else ""]})
    )


def finished(number: int, proposal: Proposal, score: float | None) -> Trial:
    """What a runner would tell."""
    return trained(
        f"c{number:03d}", score, operator=proposal.operator, parents=proposal.parents, judgement=0.0
    )


def regret(strategy: Strategy, landscape: Landscape, budget: int, seed: int) -> float:
    """Search as the runner does.

    1 minus the true score of the program that looked best, or 1 without any.
    """
    shown: dict[str, Shown] = {}
    player, made = Player(strategy), 0
    while made < budget:
        batch: list[Trial] = []
        for number, proposal in enumerate(player.ask(budget - made), start=made):
            rng = random.Random(f"{seed}/{number}")
            program = OPERATORS[proposal.operator]([shown[parent] for parent in proposal.parents], rng)
            score = landscape.measure(program, rng)
            batch.append(finished(number, proposal, score))
            if score is not None:
                shown[f"c{number:03d}"] = (program, score)
        player.tell(*batch)
        made += len(batch)
    return 1.0 - landscape.true(max(shown.values(), key=lambda one: one[1])[0]) if shown else 1.0


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of the mean."""
    picks = np.random.default_rng(0).integers(len(values), size=(4000, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def regrets(kind: str, searches: int) -> list[str]:
    """The table of one kind of landscape, and who wins where."""
    values: dict[tuple[str, int], np.ndarray] = {}
    for contender, budget in itertools.product(CONTENDERS, BUDGETS):
        found = [
            regret(build(contender, n, budget), Landscape.make(kind, n), budget, n) for n in range(searches)
        ]
        values[contender, budget] = np.array(found)
    lines = [f"### {kind}", "", row("strategy", *BUDGETS), row("---", *["---"] * len(BUDGETS))]
    for contender in CONTENDERS:
        found = [values[contender, budget] for budget in BUDGETS]
        lines.append(
            row(
                contender,
                *(
                    f"{one.mean():.3f} [{low:.3f}, {high:.3f}]"
                    for one in found
                    for low, high in [interval(one)]
                ),
            )
        )
    lines.append("")
    for budget in BUDGETS:
        best, *others = sorted(CONTENDERS, key=lambda contender: values[contender, budget].mean())
        ties = [other for other in others if interval(values[other, budget] - values[best, budget])[0] <= 0.0]
        lines.append(
            f"- {budget} candidates: {best}"
            + (f"; not told apart from it: {', '.join(ties)}" if ties else ", alone")
        )
    return [*lines, ""]


def row(*cells: object) -> str:
    """Of a Markdown table."""
    return f"| {' | '.join(map(str, cells))} |"


def costs(candidates: int = 10_000) -> list[str]:
    """Time and memory of the strategies alone."""
    titles = ("strategy", "ask + tell, ms per candidate", "of the last 1,000", "kB at half", "kB at the end")
    lines = [f"### Cost at {candidates:,} candidates", "", row(*titles), row(*["---"] * len(titles))]
    for contender in CONTENDERS[:4]:
        times, _ = spend(contender, candidates)
        tracemalloc.start()
        _, memory = spend(contender, candidates)
        tracemalloc.stop()
        figures = (
            f"{1000 * sum(times) / candidates:.4f}",
            f"{sum(times[-1000:]):.4f}",
            *(f"{kb:,.0f}" for kb in memory),
        )
        lines.append(row(contender, *figures))
    return [*lines, ""]


def spend(contender: str, candidates: int) -> tuple[list[float], list[float]]:
    """Search with scores from nowhere.

    Gives the seconds of each candidate, and kB held at half-way and at the end.
    """
    player, rng = Player(build(contender, 0, candidates)), random.Random(0)
    times, memory = list[float](), list[float]()
    while len(times) < candidates:
        started = time.perf_counter()
        batch = player.ask(candidates - len(times))
        asking = time.perf_counter() - started
        results = [
            finished(len(times) + n, proposal, None if rng.random() < 0.1 else rng.random())
            for n, proposal in enumerate(batch)
        ]
        started = time.perf_counter()
        player.tell(*results)
        seconds = asking + time.perf_counter() - started
        times += [seconds / len(batch)] * len(batch)
        if tracemalloc.is_tracing() and len(memory) < 2 * len(times) // candidates:
            memory.append(tracemalloc.get_traced_memory()[0] / 1000)
    return times, memory


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--searches", type=int, default=200, help="searches per strategy, landscape and budget"
    )
    parser.add_argument("--out", type=Path, help="Markdown file for the tables")
    arguments = parser.parse_args()
    text = (
        f"Mean regret of {arguments.searches} searches with its 95 % bootstrap interval, by number of "
        "candidates (0 is perfect).\n\n"
    )
    print(text)
    sections = [
        lambda kind=kind: regrets(kind, arguments.searches) for kind in ("smooth", "plateaus", "deceptive")
    ]
    for section in (*sections, costs):
        lines = "\n".join(section()) + "\n"
        print(lines, flush=True)
        text += lines
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
