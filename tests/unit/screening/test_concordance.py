import math

import pytest
import torch

from rewardsmith.screening.concordance import (
    episode_returns,
    exemplary,
    outcome_concordance,
    progress_concordance,
    rank_correlation,
    unit_ranks,
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
    assert outcome_concordance(torch.tensor([3.0, 1.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 1.0, 0.0])) == 3.5 / 4


def test_outcome_of_graded_scores():
    # Scores 1 > 0: 3 > 1; 2 > 0: 2 > 1; 2 > 1: but 2 < 3. The two episodes of score 2 are no pair.
    returns, score = torch.tensor([1.0, 3.0, 2.0, 2.0]), torch.tensor([0.0, 1.0, 2.0, 2.0])
    assert outcome_concordance(returns, score) == 3 / 5
    assert outcome_concordance(-returns, score) == 2 / 5


def test_no_outcome_where_all_ended_alike():
    assert outcome_concordance(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0])) is None


def test_progress_within_episodes():
    totals = torch.tensor([[1.0, 2.0, 2.0, 0.0], [3.0, 1.0, 9.0, 9.0], [5.0, 6.0, 7.0, 8.0], [1.0, 9.0, 9.0, 9.0]])
    alive = torch.tensor([[ON, ON, ON, OFF], [ON, ON, OFF, OFF], [ON, ON, ON, ON], [ON, OFF, OFF, OFF]])
    chosen = torch.tensor([ON, ON, OFF, ON])
    # First: 1 < 2, 1 < 2, 2 = 2: 2.5 of 3. Second: 0 of 1. The third is not chosen, the fourth has no pair.
    assert progress_concordance(totals, alive, chosen) == pytest.approx((2.5 / 3 + 0) / 2)


def test_no_progress_without_two_moments_or_without_an_episode():
    totals, alive = torch.tensor([[1.0, 2.0]]), torch.tensor([[ON, OFF]])
    assert progress_concordance(totals, alive, torch.tensor([ON])) is None
    assert progress_concordance(totals, ~torch.tensor([[OFF, OFF]]), torch.tensor([OFF])) is None


def test_progress_follows_gaps_in_an_episode():
    assert progress_concordance(torch.tensor([[2.0, 9.0, 1.0]]), torch.tensor([[ON, OFF, ON]]), torch.tensor([ON])) == 0.0


def test_successful_episodes_are_exemplary():
    assert exemplary(torch.tensor([ON, OFF, ON]), torch.tensor([1.0, 0.0, 1.0])).tolist() == [ON, OFF, ON]


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


def test_ranks_are_centred_and_shared_by_equals():
    # Ranks 2, 3.5, 3.5, 1, less their mean 2.5; squares add up to 4.5.
    ranks = unit_ranks(torch.tensor([10.0, 20.0, 20.0, 5.0]))
    assert ranks is not None
    assert ranks.tolist() == pytest.approx([value / math.sqrt(4.5) for value in (-0.5, 1.0, 1.0, -1.5)])


def test_rank_correlation():
    a = torch.tensor([1.0, 2.0, 3.0, 4.0])
    # Differences of ranks 0, 1, 1, 0: 1 - 6 * 2 / (4 * 15).
    assert rank_correlation(a, torch.tensor([1.0, 3.0, 2.0, 4.0])) == pytest.approx(0.8)
    # Ranks 1, 2.5, 2.5, 4: 4.5 / sqrt(5 * 4.5).
    assert rank_correlation(a, torch.tensor([1.0, 2.0, 2.0, 3.0])) == pytest.approx(4.5 / math.sqrt(22.5))
    assert rank_correlation(a, a.exp()) == pytest.approx(1.0)
    assert rank_correlation(a, -a) == pytest.approx(-1.0)
    assert rank_correlation(a, torch.ones(4)) is None
    assert rank_correlation(torch.ones(4), a) is None
