"""The hierarchical model and the allocation of trainings, by numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from rewardsmith.fitness import Beliefs, Model, allocate, fit
from rewardsmith.records import Score
from tests.builders import trained


def scores(*means: float, error: float = 0.0) -> list[Score]:
    return [Score(mean, error, 128) for mean in means]


def test_a_posterior_lies_between_the_middle_and_the_scores():
    """Precision 100 of the prior and 100 of each score."""
    model = Model(middle=0.5, spread=0.1, luck=0.1)
    once, twice = model.posterior(scores(0.7)), model.posterior(scores(0.7, 0.9))
    assert (once.mean, once.deviation) == pytest.approx((0.6, math.sqrt(1 / 200)))
    assert (twice.mean, twice.deviation) == pytest.approx((0.7, math.sqrt(1 / 300)))


def test_few_episodes_count_less():
    """Precision 100 of the prior, and 1 / (0.06 ** 2 + 0.08 ** 2) = 100 of the score."""
    assert Model(0.5, 0.1, 0.06).posterior(scores(0.7, error=0.08)).mean == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("programs", "middle", "spread", "luck"),
    [
        # half of the variance of 0.04 is luck by what is known before, the other half is left
        ([scores(0.2), scores(0.4), scores(0.6)], 0.4, 0.02, 0.02),
        # luck: four parts of 0.04 and one of 0.02; means differ by 0.045, 0.027 of it luck
        ([scores(0.2, 0.4), scores(0.6)], 0.45, 0.018, 0.036),
        # nothing is left for luck where episodes explain half of it
        ([scores(0.2, error=0.2), scores(0.6, error=0.2)], 0.4, 0.04, 0.0),
        # of the two scores of one program, the episodes explain a half
        ([scores(0.2, 0.4, error=0.1), scores(0.6, error=0.1)], 0.45, 0.018, 0.026),
        # a program that is scored alone
        ([scores(0.3)], 0.3, 0.0, 0.0),
        # all luck: the spread is never nothing while first scores differ
        ([scores(0.2, 0.6), scores(0.6, 0.2)], 0.4, 0.004, (4 * 0.04 + 0.16) / 6),
    ],
)
def test_fit(programs: list[list[Score]], middle: float, spread: float, luck: float):
    model = fit(programs)
    assert (model.middle, model.spread**2, model.luck**2) == pytest.approx((middle, spread, luck), abs=1e-12)


def test_trainings_go_to_the_leader_and_to_those_near_it():
    """Shares: b 0.1 ** -2 = 100, c 0.4 ** -2 = 6.25, a their root sum of squares, 100.2."""
    worth = {"a": 0.5, "b": 0.4, "c": 0.1}
    assert allocate(worth, noise=0.1, extra=3) == {"a": 2, "b": 1}
    assert allocate(worth, noise=0.1, extra=1) == {"a": 1}
    assert allocate(worth, 0.1, 0) == allocate({"a": 0.5}, 0.1, 3) == {}


def test_near_the_leader_a_quarter_of_the_noise_is_the_least_distance():
    """Shares: b 0.025 ** -2 = 1600, c 0.05 ** -2 = 400, a 1649; of 20 are 9.0, 8.8 and 2.2."""
    assert allocate({"a": 0.5, "b": 0.49, "c": 0.45}, noise=0.1, extra=17) == {"a": 8, "b": 8, "c": 1}


def test_equals_share():
    assert allocate({"a": 0.5, "b": 0.5}, noise=0.1, extra=2) == {"a": 1, "b": 1}
    assert sum(allocate(dict.fromkeys("abcd", 0.0), 0.0, 5).values()) == 5


def told(beliefs: Beliefs, *means: Sequence[float | None]) -> list[list[float | None]]:
    batches = [[trained(f"c{place:03d}", mean) for place, mean in enumerate(batch)] for batch in means]
    return [[trial.fitness for trial in beliefs.told(batch)] for batch in batches]


def test_a_strategy_hears_posterior_means_and_of_failures_as_before():
    first, second = told(Beliefs("posterior"), [0.2, 0.4, None, 0.6], [0.9])
    errors = trained("c000", 0.2).score
    assert errors is not None
    assert first[2] is None
    low, middle, high = (first[place] or 0.0 for place in (0, 1, 3))
    assert 0.2 < low < middle < high < 0.6
    assert first[1] == pytest.approx(0.4)
    assert 0.525 < (second[0] or 0.0) < 0.9
    assert told(Beliefs("score"), [0.2, 0.4, None, 0.6], [0.9]) == [[0.2, 0.4, None, 0.6], [0.9]]


def test_whom_to_doubt_hangs_on_first_scores_alone():
    batch = [trained("c000", 0.5), trained("c001", 0.45), trained("c002", None), trained("c003", 0.1)]
    found = Beliefs("posterior").doubtful(batch, 2)
    assert found == {"c000": 1, "c001": 1}
    assert Beliefs("posterior").doubtful(batch[:2], 2) == {"c000": 1, "c001": 1}
    assert Beliefs("posterior").doubtful(batch[:2], 0) == {}
    assert Beliefs("posterior").doubtful(batch[:1], 2) == {}
    assert Beliefs("posterior").doubtful(batch[2:3], 2) == {}
