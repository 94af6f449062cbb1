import pytest
from rewardsmith_search.greedy import GreedyOptions, GreedyStrategy

from rewardsmith.errors import UsageError
from rewardsmith.records import Proposal
from tests.builders import trained

INITIAL = Proposal("initial")


def greedy(samples: int = 3) -> GreedyStrategy:
    return GreedyStrategy(0, GreedyOptions(samples))


def test_starts_with_independent_samples():
    assert greedy().ask(16) == [INITIAL] * 3


def test_waits_for_all_results_of_an_iteration():
    strategy = greedy()
    strategy.ask(16)
    strategy.tell([trained("c0", 0.1), trained("c1", 0.2)])
    assert strategy.ask(13) == []


def test_revises_the_best_of_the_last_iteration_not_the_best_so_far():
    strategy = greedy(2)
    strategy.ask(16)
    strategy.tell([trained("c0", 0.9), trained("c1", 0.1)])
    assert strategy.ask(14) == [Proposal("reflect", ("c0",))] * 2
    strategy.tell([trained("c2", 0.3), trained("c3", 0.5)])
    assert strategy.ask(12) == [Proposal("reflect", ("c3",))] * 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_the_first_of_equals_wins_whatever_the_order_of_results(order: tuple[int, ...]):
    strategy = greedy()
    strategy.ask(16)
    results = [trained("c0", 0.2), trained("c1", 0.5), trained("c2", 0.5)]
    strategy.tell([results[n] for n in order])
    assert strategy.ask(1) == [Proposal("reflect", ("c1",))]


def test_failures_take_no_part_and_negative_scores_can_win():
    strategy = greedy()
    strategy.ask(16)
    strategy.tell([trained("c0", None), trained("c1", -7.0), trained("c2", None)])
    assert strategy.ask(1) == [Proposal("reflect", ("c1",))]


def test_an_iteration_without_a_score_starts_afresh_at_first_and_keeps_its_parent_later():
    strategy = greedy(1)
    strategy.ask(5)
    strategy.tell([trained("c0", None)])
    assert strategy.ask(4) == [INITIAL]
    strategy.tell([trained("c1", 0.4)])
    assert strategy.ask(3) == [Proposal("reflect", ("c1",))]
    strategy.tell([trained("c2", None)])
    assert strategy.ask(2) == [Proposal("reflect", ("c1",))]


def test_never_proposes_more_than_allowed():
    assert len(greedy(8).ask(5)) == 5


def test_at_least_one_sample():
    with pytest.raises(UsageError, match="samples is 0"):
        greedy(0)
