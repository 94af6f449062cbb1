"""The islands of an evolutionary search and what moves between them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rewardsmith_search.selection import draw


@dataclass
class World:
    """Who lives where. Candidates are numbers; only the living are remembered."""

    islands: list[list[int]]
    """Members of each island, in the order of their proposals."""
    fitness: dict[int, float] = field(default_factory=dict)
    """Score of everyone who lives."""
    homes: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """Where each planned candidate is to live, and whether it is written
    from nothing and admitted in any case."""
    told: int = 0
    """Results so far, failures too."""

    @property
    def empty(self) -> bool:
        """Whether nobody lives anywhere."""
        return not any(self.islands)

    def with_members(self, count: int) -> list[int]:
        """Islands with at least so many members."""
        return [number for number, island in enumerate(self.islands) if len(island) >= count]

    def best(self, island: int) -> int:
        """The fittest member; of equals the one proposed first."""
        return max(self.islands[island], key=lambda member: (self.fitness[member], -member))

    def forget_the_dead(self) -> None:
        """Keep memory as small as the population."""
        living = {member for island in self.islands for member in island}
        self.fitness = {member: value for member, value in self.fitness.items() if member in living}


def reset_weaker(
    world: World, rng: random.Random, weigh: Callable[[Sequence[float]], list[float]], *, empty: bool
) -> None:
    """Reset the weaker half of the islands, and let one program migrate to each.

    Their best members rank them. By REvolve's present code, a weaker island keeps its best member,
    and a member that is not the best *moves* there from an island of the stronger half; by its
    first version the island is emptied, and the best of a stronger one is *copied* there.

    Args:
        world: Changed in place.
        rng: Breaks ties of rank, picks the strong islands, draws the migrants.
        weigh: Selection probabilities of fitness.
        empty: Whether to follow the first version.
    """
    order = sorted(
        range(len(world.islands)),
        key=lambda n: (world.fitness[world.best(n)] if world.islands[n] else -math.inf, rng.random()),
    )
    half = len(order) // 2
    weaker, stronger = order[:half], order[half:]
    for island in weaker:
        world.islands[island] = [] if empty or not world.islands[island] else [world.best(island)]
    for island in weaker:
        sources = [number for number in stronger if len(world.islands[number]) >= (1 if empty else 2)]
        if not sources:
            return
        source = sources[int(rng.random() * len(sources))]
        migrant = world.best(source)
        if not empty:
            others = [member for member in world.islands[source] if member != migrant]
            migrant = others[draw(rng, weigh([world.fitness[member] for member in others]))]
            world.islands[source].remove(migrant)
        world.islands[island] = sorted([*world.islands[island], migrant])
