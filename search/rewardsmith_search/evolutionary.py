"""Evolutionary search: REvolve (Hazra et al., ICLR 2025, arXiv 2406.01309).

Programs live on islands. Each generation breeds children from parents that are drawn by fitness, by
mutation or by crossover; a child stays if it is no worse than its island's mean; now and then the
weaker islands are reset.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import ClassVar, Literal

from rewardsmith.records import Proposal
from rewardsmith_search.islands import World, reset_weaker
from rewardsmith_search.options import AT_LEAST_0, AT_LEAST_1, SHARE, Options
from rewardsmith_search.search import Result, Search
from rewardsmith_search.selection import draw, draw_some, linear, softmax, survivors, to_unit

_COLD = 1e-6
"""The lowest temperature: practically greedy, and nothing is divided by zero."""


@dataclass(frozen=True, init=False)
class EvolutionaryOptions(Options):
    """Constants of the search.

    ``release`` is the authors' repository as it stands (``cfg/generate.yaml``), ``paper`` its first
    version, with which the driving experiments of the paper were made (the paper prints no complete
    table of constants).
    """

    islands: int = 4
    """``release``: 4. ``paper``: 14."""
    capacity: int = 8
    """Programs on an island, in all versions."""
    samples: int = 8
    """Programs per generation. ``paper``: 8 (4 queries of 2); ``release``:
    15, for budgets of a hundred programs."""
    crossover: float = 0.5
    """Probability of crossover rather than mutation, in all versions."""
    migration: float = 0.3
    """Probability that the weaker islands are reset after a
    generation. ``release``: 0.3; ``paper``: 0.2."""
    temperature_start: float = 1.0
    """Of the softmax selection, 1 throughout in all versions;
    the release has the linear schedule."""
    temperature_end: float = 1.0
    scale: Literal["range", "raw"] = "range"
    """Fitness in the softmax: between the worst and the best that live, or as it is,
    so that selection hangs on the metric's unit."""
    moving_mean: bool = False
    """Whether admission counts the siblings that were admitted
    before, so that it hangs on their order."""
    strict: bool = False
    """Whether a child must be fitter than the mean. ``paper``: yes;
    on a plateau nothing new then gets in."""
    between_islands: bool = False
    """Whether the parents of a crossover come from two islands, and the
    child goes to the weaker. ``paper``: yes."""
    reset: Literal["keep_best", "empty"] = "keep_best"
    """A weaker island keeps its best and gets some other of a stronger one, or is
    emptied and gets a copy of the best. ``paper``: empty."""
    horizon: int = 0
    """Candidates of the whole search, for the schedule of the
    temperature; 0: as many as the study was made for."""

    CHANGES: ClassVar = {
        "paper": {
            "islands": 14, "migration": 0.2, "scale": "raw", "moving_mean": True, "strict": True,
            "between_islands": True, "reset": "empty",
        },
        "release": {"samples": 15, "scale": "raw", "moving_mean": True},
    }  # fmt: skip
    RANGES: ClassVar = {
        "islands": AT_LEAST_1, "capacity": AT_LEAST_1, "samples": AT_LEAST_1, "crossover": SHARE,
        "migration": SHARE,
        "temperature_start": AT_LEAST_0, "temperature_end": AT_LEAST_0, "horizon": AT_LEAST_0,
    }  # fmt: skip


class EvolutionaryStrategy(Search[EvolutionaryOptions, World]):
    """Breeds programs on islands, generation by generation.

    Mended against the authors' code, always: a migrant moves whole (its training history stayed
    behind, so showing it failed); deleted programs stay deleted (islands were read back from disk
    with them); a crossover that no island has the members for becomes a mutation (it looped
    forever); the softmax does not overflow; a program that fails takes no part, and cannot shift a
    sibling to another island; of two programs shown, neither comes twice. Mended by default, kept
    in the presets: selection hung on the unit of the metric, admission on the order of siblings.

    Without ``barrier``, children are bred from whoever lives when they are asked for, one by one if
    need be.
    """

    NAME = "revolve"
    Options = EvolutionaryOptions

    def __init__(self, seed: int, candidates: int, options: EvolutionaryOptions) -> None:
        """Start with empty islands."""
        super().__init__(seed, candidates, options, World([[] for _ in range(options.islands)]))

    def _plan(self, room: int) -> list[Proposal]:
        """The rest of a generation, or of it what is asked for now."""
        options, world = self._options, self._memory
        rest = options.samples - self._proposed % options.samples
        numbers = range(self._proposed, self._proposed + (rest if options.barrier else min(rest, room)))
        rng = self._rng()
        if self._proposed < options.samples or (world.empty and not self._pending):
            for number in numbers:
                world.homes[number] = (int(rng.random() * options.islands), True)
            return [Proposal("initial")] * len(numbers)
        return [] if world.empty else [self._breed(number, rng) for number in numbers]

    def _breed(self, number: int, rng: random.Random) -> Proposal:
        """One child: first the operator is drawn, then the island, then the parents on it."""
        world, between = self._memory, self._options.between_islands
        inhabited = world.with_members(1)
        crowded = inhabited if between else world.with_members(2)
        possible = len(crowded) >= (2 if between else 1)
        crossover = rng.random() < self._options.crossover and possible
        if crossover and between:
            means = self._softmax([self._mean(island) for island in crowded])
            homes = [crowded[index] for index in draw_some(rng, means, 2)]
            parents = self._parents(homes[0], 1, rng)
            # the other island may have a copy of the first
            parents += self._parents(homes[1], 1, rng, but=parents)
            home = min(homes, key=self._mean)
        else:
            islands = crowded if crossover else inhabited
            home = islands[draw(rng, self._softmax([self._mean(island) for island in islands]))]
            parents = self._parents(home, 2 if crossover else 1, rng)
        world.homes[number] = (home, False)
        return Proposal(
            "crossover" if len(parents) > 1 else "mutate", tuple(self._names[parent] for parent in parents)
        )

    def _parents(self, island: int, count: int, rng: random.Random, but: Sequence[int] = ()) -> list[int]:
        """Distinct members, drawn by the softmax of their fitness.

        Fewer where there are not so many.
        """
        members = [member for member in self._memory.islands[island] if member not in but]
        weights = self._softmax([self._memory.fitness[member] for member in members]) if members else []
        return [members[index] for index in draw_some(rng, weights, count)]

    def _mean(self, island: int) -> float:
        return mean(self._memory.fitness[member] for member in self._memory.islands[island])

    def _softmax(self, fitness: Sequence[float], temperature: float | None = None) -> list[float]:
        """Selection probabilities.

        With fitness brought to 0 to 1 by the worst and the best that live, as the paper does with
        people's Elo ratings, the best is drawn ``exp(1 / temperature)`` times as often as the
        worst, whatever the metric's unit and sign.
        """
        options = self._options
        if options.scale == "range":
            low, high = min(self._memory.fitness.values()), max(self._memory.fitness.values())
            fitness = [to_unit(value, low, high) for value in fitness]
        if temperature is None:
            done = self._proposed // options.samples * options.samples / (options.horizon or self._candidates)
            temperature = linear(options.temperature_start, options.temperature_end, done)
        return softmax(fitness, max(temperature, _COLD))

    def _learn(self, results: Sequence[Result]) -> None:
        """Survival on every island, then migration by chance.

        There is one chance for each generation that is complete now, but the first.
        """
        options, world = self._options, self._memory
        before = world.told // options.samples
        world.told += len(results)
        self._survive(results)
        rng = random.Random(f"{self.NAME}/{self._seed}/migration/{world.told}")
        for generation in range(before, world.told // options.samples):
            if generation > 0 and options.islands > 1 and rng.random() < options.migration:
                reset_weaker(
                    world, rng, lambda fitness: self._softmax(fitness, 1.0), empty=options.reset == "empty"
                )
                world.forget_the_dead()

    def _survive(self, results: Sequence[Result]) -> None:
        options, world = self._options, self._memory
        children: list[list[int]] = [[] for _ in world.islands]
        for result in results:
            home, seed = world.homes.pop(result.number)
            if result.score is None:
                continue
            world.fitness[result.number] = result.score
            if seed:  # the first generation is kept whole, whatever its fitness
                world.islands[home].append(result.number)
            else:
                children[home].append(result.number)
        for number, island in enumerate(world.islands):
            if children[number]:
                world.islands[number] = survivors(
                    island,
                    children[number],
                    world.fitness,
                    options.capacity,
                    strict=options.strict,
                    moving=options.moving_mean,
                )
        world.forget_the_dead()
