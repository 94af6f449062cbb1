import math

import pytest
import torch

from rewardsmith.screening.concordance import (
    correlation,
    episode_returns,
    exemplary,
    outcome_concordance,
    progress_concordance,
    standardised,
)

ON, OFF = True, False


def test_a_return_is_the_mean_of_the_moments_that_count():
    totals = torch.tensor([[1.0, 3.0, 100.0], [4.0, math.nan, math.inf]])
    alive = torch.tensor([[ON, ON, OFF], [ON, OFF, OFF]])
    assert episode_returns(totals, alive).tolist() == [2.0, 4.0]


def test_a_constant_reward_gives_equal_returns_whatever_the_length():
    alive = torch.arange(25) < torch.arange(1, 26)[:, None]
    assert len(episode_returns(torch.full((25, 25), 0.1), alive).unique()) == 1


def test_outcome_of_successes_and_failures():
    # Better against worse: 3 > 1, 3 > 2, 2 > 1, 2 = 2.
    assert (
        outcome_concordance(torch.tensor([3.0, 1.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 1.0, 0.0])) == 3.5 / 4
    )


def test_outcome_of_graded_scores():
    # Scores 1 > 0: 3 > 1; 2 > 0: 2 > 1; 2 > 1: but 2 < 3. The two episodes of score 2 are no pair.
    returns, score = torch.tensor([1.0, 3.0, 2.0, 2.0]), torch.tensor([0.0, 1.0, 2.0, 2.0])
    assert outcome_concordance(returns, score) == 3 / 5
    assert outcome_concordance(-returns, score) == 2 / 5


def test_no_outcome_where_all_ended_alike():
    assert outcome_concordance(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0])) is None


def test_progress_within_episodes():
    totals = torch.tensor(
        [[1.0, 2.0, 2.0, 0.0], [3.0, 1.0, 9.0, 9.0], [5.0, 6.0, 7.0, 8.0], [1.0, 9.0, 9.0, 9.0]]
    )
    alive = torch.tensor([[ON, ON, ON, OFF], [ON, ON, OFF, OFF], [ON, ON, ON, ON], [ON, OFF, OFF, OFF]])
    chosen = torch.tensor([ON, ON, OFF, ON])
    # First: 1 < 2, 1 < 2, 2 = 2: 2.5 of 3. Second: 0 of 1. The third
    # is not chosen, the fourth has no pair.
    assert progress_concordance(totals, alive, chosen) == pytest.approx((2.5 / 3 + 0) / 2)


def test_no_progress_without_two_moments_or_without_an_episode():
    totals, alive = torch.tensor([[1.0, 2.0]]), torch.tensor([[ON, OFF]])
    assert progress_concordance(totals, alive, torch.tensor([ON])) is None
    assert progress_concordance(totals, ~torch.tensor([[OFF, OFF]]), torch.tensor([OFF])) is None


def test_progress_follows_gaps_in_an_episode():
    assert (
        progress_concordance(
            torch.tensor([[2.0, 9.0, 1.0]]), torch.tensor([[ON, OFF, ON]]), torch.tensor([ON])
        )
        == 0.0
    )


def test_successful_episodes_are_exemplary():
    assert exemplary(torch.tensor([ON, OFF, ON]), torch.tensor([1.0, 0.0, 1.0])).tolist() == [ON, OFF, ON]
    assert exemplary(torch.tensor([OFF, ON, OFF]), torch.tensor([9.0, 1.0, 0.0])).tolist() == [OFF, ON, OFF]


@pytest.mark.parametrize(
    ("score", "chosen"),
    [
        ([5.0, 1.0, 4.0, 2.0, 3.0, 0.0, 0.5, 0.2], [ON, OFF, ON, OFF, OFF, OFF, OFF, OFF]),
        ([2.0, 2.0, 2.0, 0.0], [ON, ON, ON, OFF]),  # all that are as good
        ([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [ON, *[OFF] * 7]),  # a quarter would take in a worst one
        ([-1.0, -1.0], [OFF, OFF]),
        ([3.0], [OFF]),
    ],
)
def test_without_successes_the_best_quarter_is_exemplary(score: list[float], chosen: list[bool]):
    assert exemplary(torch.zeros(len(score), dtype=torch.bool), torch.tensor(score)).tolist() == chosen


def test_standardised_values_have_mean_0_and_length_1():
    # Less their mean 2: -1, 1, 0, 0; the length of that is the root of 2.
    values = standardised(torch.tensor([1.0, 3.0, 2.0, 2.0]))
    assert values is not None
    assert values.tolist() == pytest.approx([-math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0])


def test_small_and_large_values_are_standardised_alike():
    root = math.sqrt(0.5)
    for values in ([0.0, 0.125], [2.0**24, 2.0**24 + 2.0]):  # whose mean is no number of 32 bits
        found = standardised(torch.tensor(values))
        assert found is not None
        assert found.tolist() == pytest.approx([-root, root])


def test_equal_values_have_no_direction():
    # A mean of equal numbers may be another number by its last bit, which is no spread.
    assert [standardised(torch.full((count,), 0.1, dtype=torch.float64)) for count in range(1, 50)] == [
        None
    ] * 49
    assert standardised(torch.tensor([0.0, 1e-200], dtype=torch.float64)) is None, (
        "their length is 0 to 64 bits"
    )


def test_rounding_makes_no_correlation_beyond_one():
    beyond, one = torch.tensor([1.0 + 1e-6]), torch.tensor([1.0])
    assert (correlation(beyond, one), correlation(-beyond, one)) == (1.0, -1.0)


def test_correlation():
    a, b = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1.0, 3.0, 2.0, 4.0])

    def between(x: torch.Tensor, y: torch.Tensor) -> float:
        one, other = standardised(x), standardised(y)
        assert one is not None
        assert other is not None
        return correlation(one, other)

    # Deviations -1.5 -0.5 0.5 1.5 and -1.5 0.5 -0.5 1.5: products 2.25 - 0.25 - 0.25 + 2.25 over 5.
    assert between(a, b) == pytest.approx(0.8)
    assert between(a, 2 * a + 3) == pytest.approx(1.0)
    assert between(a, -a) == pytest.approx(-1.0)
    assert between(a, (5 * a).exp()) < 0.9, "an order alone makes no twin: it is shaped otherwise"
