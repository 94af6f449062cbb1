import pytest

from rewardsmith.errors import UsageError
from rewardsmith.records import Proposal
from rewardsmith_search.greedy import GreedyOptions, GreedyStrategy
from tests.builders import trained
from tests.playing import Player

INITIAL = Proposal("initial")


def greedy(samples: int = 3, **options: str | bool) -> Player:
    return Player(GreedyStrategy(0, 16, GreedyOptions(samples=samples, **options)))


def test_starts_with_independent_samples():
    assert greedy().ask(16) == [INITIAL] * 3


def test_waits_for_all_results_of_an_iteration():
    strategy = greedy()
    strategy.ask(16)
    strategy.tell(trained("c000", 0.1), trained("c001", 0.2))
    assert strategy.ask(13) == []


def test_revises_the_best_of_the_last_iteration_not_the_best_so_far():
    strategy = greedy(2)
    strategy.ask(16)
    strategy.tell(trained("c000", 0.9), trained("c001", 0.1))
    assert strategy.ask(14) == [Proposal("reflect", ("c000",))] * 2
    strategy.tell(trained("c002", 0.3), trained("c003", 0.5))
    assert strategy.ask(12) == [Proposal("reflect", ("c003",))] * 2


def test_or_the_best_so_far_if_wanted():
    strategy = greedy(1, parent="best")
    for number, score in enumerate((0.9, 0.5, 0.9)):
        strategy.ask(4 - number)
        strategy.tell(trained(f"c{number:03d}", score))
    assert strategy.ask(1) == [Proposal("reflect", ("c000",))]


def test_the_best_so_far_stays_until_a_better_one_comes():
    strategy = greedy(1, parent="best")
    parents = [strategy.ask(1)[0].parents]
    for number, score in enumerate((0.5, 0.9, 0.7, 0.8)):
        strategy.tell(trained(f"c{number:03d}", score))
        parents.append(strategy.ask(1)[0].parents)
    assert parents == [(), ("c000",), ("c001",), ("c001",), ("c001",)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_the_first_of_equals_wins_whatever_the_order_of_results(order: tuple[int, ...]):
    strategy = greedy()
    strategy.ask(16)
    results = [trained("c000", 0.2), trained("c001", 0.5), trained("c002", 0.5)]
    strategy.tell(*[results[n] for n in order])
    assert strategy.ask(1) == [Proposal("reflect", ("c001",))]


def test_failures_take_no_part_and_negative_scores_can_win():
    strategy = greedy()
    strategy.ask(16)
    strategy.tell(trained("c000", None), trained("c001", -1e5), trained("c002", None))
    assert strategy.ask(1) == [Proposal("reflect", ("c001",))]


def test_an_iteration_without_a_score_starts_afresh_at_first_and_keeps_its_parent_later():
    strategy = greedy(1)
    strategy.ask(5)
    strategy.tell(trained("c000", None))
    assert strategy.ask(4) == [INITIAL]
    strategy.tell(trained("c001", 0.4))
    assert strategy.ask(3) == [Proposal("reflect", ("c001",))]
    strategy.tell(trained("c002", None))
    assert strategy.ask(2) == [Proposal("reflect", ("c001",))]


def test_never_proposes_more_than_allowed():
    assert len(greedy(8).ask(5)) == 5


def test_without_a_barrier_the_next_iteration_takes_the_best_that_is_known():
    strategy = greedy(3, barrier=False)
    strategy.ask(16)
    strategy.tell(trained("c001", 0.2))
    assert strategy.ask(13) == [Proposal("reflect", ("c001",))] * 3
    strategy.tell(trained("c002", 0.7))  # late, of the first iteration
    assert strategy.ask(10) == [Proposal("reflect", ("c002",))] * 3
    strategy.tell(trained("c005", 0.1))  # of the second
    assert strategy.ask(7) == [Proposal("reflect", ("c005",))] * 3


def test_to_ask_for_nothing_decides_nothing():
    strategy = greedy(1, barrier=False)
    strategy.ask(5)
    strategy.ask(4)
    strategy.tell(trained("c000", 0.1))
    assert strategy.ask(0) == []
    strategy.tell(trained("c001", 0.9))
    assert strategy.ask(3) == [Proposal("reflect", ("c001",))]


def test_at_least_one_sample():
    with pytest.raises(UsageError, match="samples is 0; give at least 1"):
        greedy(0)
