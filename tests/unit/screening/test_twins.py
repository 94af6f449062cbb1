import pytest
import torch

from rewardsmith.screening.twins import Twins


def test_the_nearest_by_order_whatever_the_scale():
    twins, totals = Twins(5), torch.tensor([1.0, 4.0, 2.0, 3.0, 9.0])
    assert twins.nearest(totals) is None
    twins.add("opposite", -totals)
    assert twins.nearest(totals) == ("opposite", pytest.approx(-1.0))
    twins.add("scaled", totals * 2 + 3)
    twins.add("bent", totals.exp())  # in the same order, but another reward
    assert twins.nearest(totals) == ("scaled", pytest.approx(1.0))
    assert twins.nearest(-totals) == ("opposite", pytest.approx(1.0))


def test_constant_rewards_are_nobodys_twin():
    twins = Twins(3)
    twins.add("constant", torch.ones(3))
    assert twins.nearest(torch.tensor([1.0, 2.0, 3.0])) is None
    twins.add("rising", torch.tensor([1.0, 2.0, 3.0]))
    assert twins.nearest(torch.zeros(3)) is None


def test_few_moments_are_all_compared():
    assert sorted(Twins(5).compared.tolist()) == [0, 1, 2, 3, 4]


def test_of_many_moments_some_are_compared_from_all_parts_of_the_episodes():
    # 100,000 moments, 25 an episode: even steps of 25 would see the first moment of each only.
    compared = Twins(100_000).compared
    assert len(compared.unique()) == len(compared) == 4_000
    assert (compared % 25).bincount().min() > 100
    assert torch.equal(Twins(100_000).compared, compared)
