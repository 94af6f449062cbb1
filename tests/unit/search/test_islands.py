import random
from collections.abc import Sequence

import pytest

from rewardsmith_search.islands import World, reset_weaker
from rewardsmith_search.selection import softmax


def world() -> World:
    """Best members: 0.9 on island 0, 0.8 on island 1, 0.3 on island 2, nobody on island 3."""
    return World([[0, 1, 2], [3, 4], [5, 6], []], {0: 0.9, 1: 0.5, 2: 0.1, 3: 0.8, 4: 0.7, 5: 0.3, 6: 0.2})


def weights(fitness: Sequence[float]) -> list[float]:
    return softmax(fitness)


@pytest.mark.parametrize("seed", range(20))
def test_the_weaker_half_keeps_its_best_and_gets_another_of_the_stronger(seed: int):
    after = world()
    reset_weaker(after, random.Random(seed), weights, empty=False)
    strong, weak = after.islands[:2], after.islands[2:]
    assert 0 in strong[0]
    assert 3 in strong[1]
    assert 5 in weak[0]
    assert 6 not in weak[0]
    moved = (set(weak[0]) | set(weak[1])) - {5}
    assert len(moved) == 2
    assert moved <= {1, 2, 4}, "the champions stay where they are"
    assert sorted(n for island in after.islands for n in island) == [0, 1, 2, 3, 4, 5], (
        "a migrant moves, it is not copied"
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_first_version_empties_the_weaker_half_and_copies_champions(seed: int):
    after = world()
    reset_weaker(after, random.Random(seed), weights, empty=True)
    assert after.islands[:2] == [[0, 1, 2], [3, 4]]
    assert all(island in ([0], [3]) for island in after.islands[2:])


def test_champions_come_from_each_of_the_inhabited_islands():
    found: set[int] = set()
    for seed in range(20):
        after = World([[], [], [], [0], [1], []], {0: 0.5, 1: 0.4})
        reset_weaker(after, random.Random(seed), weights, empty=True)
        assert after.islands[3:5] == [[0], [1]]
        migrants = [member for place in (0, 1, 2, 5) for member in after.islands[place]]
        assert len(migrants) == 3, "one of the four empty islands is none of the weaker half"
        found.update(migrants)
    assert found == {0, 1}


def test_migrants_are_drawn_by_fitness():
    # Besides the champion there are 0.5 and 0.1: e^-0.4 = 0.670320 to 1, so 1
    # / 1.670320 = 0.598688 for the fitter one.
    drawn = 0
    for seed in range(4000):
        after = World([[0, 1, 2], []], {0: 0.9, 1: 0.5, 2: 0.1})
        reset_weaker(after, random.Random(seed), weights, empty=False)
        drawn += after.islands[1] == [1]
    assert drawn / 4000 == pytest.approx(0.598688, abs=0.025)  # three standard deviations are 0.023


def test_nobody_moves_from_islands_of_one():
    after = World([[0], [1]], {0: 0.9, 1: 0.1})
    reset_weaker(after, random.Random(0), weights, empty=False)
    assert after.islands == [[0], [1]]


def test_of_three_islands_one_is_the_weaker_half():
    after = World([[0], [1], [2, 3]], {0: 0.5, 1: 0.4, 2: 0.6, 3: 0.55})
    reset_weaker(after, random.Random(0), weights, empty=False)
    # Only island 2 has more than its champion to give.
    assert after.islands == [[0], [1, 3], [2]]


def test_the_dead_are_forgotten():
    after = World([[1], []], {0: 0.1, 1: 0.2})
    after.forget_the_dead()
    assert after.fitness == {1: 0.2}


def test_an_empty_island_is_weaker_than_any_whatever_the_sign():
    after = World([[], [0, 1]], {0: -5.0, 1: -6.0})
    reset_weaker(after, random.Random(0), weights, empty=False)
    assert after.islands == [[1], [0]]


def test_of_equal_islands_either_is_the_weaker():
    sizes: set[tuple[int, ...]] = set()
    for seed in range(20):
        after = World([[0, 1], [2, 3]], dict.fromkeys(range(4), 0.5))
        reset_weaker(after, random.Random(seed), weights, empty=False)
        sizes.add(tuple(map(len, after.islands)))
    assert sizes == {(1, 2), (2, 1)}


def test_of_equal_members_the_first_is_the_best():
    assert World([[1, 2, 3]], {1: 0.1, 2: 0.5, 3: 0.5}).best(0) == 2
