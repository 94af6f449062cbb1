"""The arithmetic of choosing, as pure functions.

All of it is free of the metric's unit and sign.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from statistics import mean


def linear(start: float, end: float, done: float) -> float:
    """A schedule that is ``start`` at ``done = 0`` and ``end`` from ``done = 1`` on."""
    return end + (start - end) * max(0.0, 1.0 - done)


def to_unit(value: float, low: float, high: float) -> float:
    """Where a value lies between bounds, 0 to 1.

    0 where the bounds are equal and nothing can be told apart.
    """
    return (value - low) / (high - low) if high > low else 0.0


def softmax(values: Sequence[float], temperature: float = 1.0) -> list[float]:
    """``exp(v_i / T) / sum_j exp(v_j / T)``.

    The maximum is subtracted first, so that nothing overflows.
    """
    top = max(values)
    powers = [math.exp((value - top) / temperature) for value in values]
    total = sum(powers)
    return [power / total for power in powers]


def draw(rng: random.Random, weights: Sequence[float]) -> int:
    """An index, with a probability in proportion to its weight."""
    sums = list(accumulate(weights))
    point = rng.random() * sums[-1]
    return next((index for index, limit in enumerate(sums) if point < limit), len(sums) - 1)


def draw_some(rng: random.Random, weights: Sequence[float], count: int, *, again: bool = False) -> list[int]:
    """Several indices by weight, one after another.

    Args:
        rng: Chance.
        weights: Positive numbers.
        count: How many; without ``again`` there are at most as many as there are weights.
        again: Whether an index may come more than once.
    """
    left = list(range(len(weights)))
    chosen: list[int] = []
    while left and len(chosen) < count:
        place = draw(rng, [weights[index] for index in left])
        chosen.append(left[place] if again else left.pop(place))
    return chosen


def rank_weights(count: int) -> list[float]:
    """Weights, best first: ``1 / (rank + 2)``, ranks from 0 (RF-Agent, appendix and code)."""
    return [1.0 / (rank + 2) for rank in range(count)]


def uct(value: float, visits: int, parent_visits: int, prior: float, exploration: float) -> float:
    """How much a child is worth descending into (RF-Agent, selection; arXiv 2602.23876).

    ``value + exploration * sqrt(2 ln(N_parent + 1) / N_child) + exploration * prior``

    Args:
        value: The child's value, brought to 0 to 1.
        visits: Of the child, N_child.
        parent_visits: Of its parent, N_parent.
        prior: The child's share of the softmax over the siblings' self-verification.
        exploration: lambda.
    """
    return value + exploration * (math.sqrt(2.0 * math.log(parent_visits + 1) / visits) + prior)


def backed_up(
    value: float, best_child: float, mean_score: float, best_rate: float, mean_rate: float
) -> float:
    """An ancestor's value: mostly its best child's, some of the mean below it, the rest inertia.

    ``(1 - best_rate - mean_rate) Q + best_rate max_child Q + mean_rate mean``. RF-Agent's equation
    3 is the case ``mean_rate = 0``; the mean is in the authors' code only. The weights sum to 1, so
    values stay within the scores seen.
    """
    return (1.0 - best_rate - mean_rate) * value + best_rate * best_child + mean_rate * mean_score


def survivors(
    members: Sequence[int],
    children: Sequence[int],
    fitness: Mapping[int, float],
    capacity: int,
    *,
    strict: bool = False,
    moving: bool = False,
) -> list[int]:
    """Who lives on an island after a generation (REvolve, arXiv 2406.01309, survival).

    A child is let in if it is at least as fit as the mean of the island; an empty island lets in
    anyone. Then the least fit leave until the capacity is kept, of equals the oldest, so that a
    plateau does not stand still.

    Args:
        members: Numbers of the inhabitants.
        children: Numbers of the newcomers, in the order of their proposals.
        fitness: By number.
        capacity: The most inhabitants.
        strict: A child must be fitter than the mean (the authors' first release).
        moving: The mean counts the children that were let in before and the island is trimmed after
            each (the authors' code); else the mean is that before the generation, and the order of
            children is of no matter.
    """
    island = list(members)
    bar = mean(fitness[n] for n in island) if island else -math.inf
    for child in children:
        if moving:
            bar = mean(fitness[n] for n in island) if island else -math.inf
        if fitness[child] > bar or (fitness[child] == bar and not strict):
            island.append(child)
        if moving:
            island = _fittest(island, fitness, capacity)
    return _fittest(island, fitness, capacity)


def _fittest(island: Sequence[int], fitness: Mapping[int, float], capacity: int) -> list[int]:
    kept = sorted(island, key=lambda n: (fitness[n], n), reverse=True)[:capacity]
    return sorted(kept)
