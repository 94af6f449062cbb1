"""Which program is expanded next: values, priors, visits, and expansions under way."""

from typing import cast

import pytest
from tree_game import NARROW, Game, agent

from rewardsmith_search.tree import TreeStrategy
from tests.builders import trained


class TestSelection:
    def test_of_equals_the_first(self):
        game = Game(agent())
        game.ask()
        game.tell(*[0.0] * 6)
        assert game.leaf() == "c000"

    def test_self_verification_decides_between_equals(self):
        game = Game(agent())
        game.ask()
        game.tell(*[0.0] * 6, judgements=(-1.0, 0.2, 0.1, 1.0, 0.9, 0.0))
        assert game.leaf() == "c003"

    @pytest.mark.parametrize(("judgement", "expected"), [(0.0, "c000"), (1.0, "c001")])
    def test_value_against_prior_by_hand(self, judgement: float, expected: str):
        # Scores 1.0, 0.9, 0.0; visits are equal, so exploration by visits adds the same to all.
        # lambda = 0.4 - 0.3 * 3/80 = 0.38875. Values 1, 0.9, 0. Judgements 0, 0, 0: priors equal,
        # the first wins by 0.1. Judgements 0, 1, 0: softmax 1/(2 + e) = 0.211942 and e/(2 + e) =
        # 0.576117; 0.38875 * (0.576117 - 0.211942) = 0.141573 > 0.1.
        game = Game(agent(80, initial=3), budget=80)
        game.ask()
        game.tell(1.0, 0.9, 0.0, judgements=(0.0, judgement, 0.0))
        assert game.leaf() == expected

    def test_failures_are_never_selected_even_where_scores_are_negative(self):
        game = Game(agent())
        game.ask()
        game.tell(None, -3.0, None, -2.0)
        assert game.leaf() == "c003"

    def test_bounds_that_hold_zero_blunt_a_negative_metric(self):
        # Judgements 1 and 0: softmax 0.731059 and 0.268941; lambda = 0.4 - 0.3 * 2/80 = 0.3925
        # makes that 0.181398 for the first. Scores -3 and -2.8. Bounds from data: 0 and 1, so the
        # second wins. With 0 among them: 0 and 0.2/3 = 0.067, so the first does.
        for preset, expected in (("corrected", "c001"), ("release", "c000")):
            game = Game(agent(80, preset=preset, initial=2), budget=80)
            game.ask()
            game.tell(-3.0, -2.8, judgements=(1.0, 0.0))
            assert game.leaf() == expected

    def test_zero_is_the_lower_bound_of_a_positive_metric(self):
        # Values 1 and 0.28 / 0.3 = 0.933, so that a prior of 0.181398 for the second decides.
        game = Game(agent(preset="release", initial=2), budget=80)
        game.ask()
        game.tell(0.3, 0.28, judgements=(0.0, 1.0))
        assert game.leaf() == "c001"

    def test_zero_is_the_upper_bound_of_a_negative_metric(self):
        # Judgements 0.847 and 0: softmax 0.7 and 0.3, so 0.1 * 0.4 = 0.04 for the
        # first; the second's value is 0.02 / 0.3 = 0.067.
        game = Game(agent(preset="release", initial=2, exploration_start=0.1, exploration_end=0.1))
        game.ask()
        game.tell(-0.3, -0.28, judgements=(0.847, 0.0))
        assert game.leaf() == "c001"

    @pytest.mark.parametrize("scores", [(0.0, 1.0), (-1.0, 0.0)])
    def test_a_score_of_zero_is_a_bound(self, scores: tuple[float, float]):
        # Values 0 and 1 against priors of 1 and 0, which weigh 0.8.
        game = Game(agent(initial=2, exploration_start=0.8, exploration_end=0.8))
        game.ask()
        game.tell(*scores, judgements=(50.0, 0.0))
        assert game.leaf() == "c001"

    def test_when_the_horizon_is_reached_only_values_count(self):
        # As above at lambda = 0.4 the prior of the second would outweigh its 0.1.
        game = Game(agent(initial=3, exploration_end=0.0, horizon=3))
        game.ask()
        game.tell(1.0, 0.9, 0.0, judgements=(0.0, 1.0, 0.0))
        assert game.leaf() == "c000"

    def test_at_the_depth_cap_a_program_is_expanded_again(self):
        game = Game(agent(initial=1, **NARROW, max_depth=2))
        game.ask()
        for _ in range(5):
            game.tell(0.5)
            game.ask()
        assert [p.parents for p in game.asked] == [("c001",)]


def test_the_mean_weighs_less_with_every_result():
    strategy = agent(initial=1, **NARROW, mean_rate=0.4, horizon=4)
    game = Game(strategy)
    for score in (0.0, 1.0):
        game.ask()
        game.tell(score)
    game.ask()
    # The second of four results is in: 0.4 * (1 - 2/4) = 0.2, so 0.7 * 1 + 0.2 * (0 + 1) / 2 = 0.8.
    assert cast(TreeStrategy, strategy.strategy)._memory.nodes[0].value == pytest.approx(0.8)


class TestVirtualLoss:
    def test_expansions_under_way_lead_the_next_elsewhere(self):
        game = Game(agent(initial=3, barrier=False))
        game.ask()
        game.tell(0.0, 0.0, 0.0)
        # All values are equal, so the bonus of visits decides: each expansion
        # makes its program the most visited one.
        leaves = [game.strategy.ask(90 - 8 * n)[0].parents[-1] for n in range(4)]
        assert leaves == ["c000", "c001", "c002", "c000"]

    def test_unless_another_is_that_much_better(self):
        # At lambda = 0.4 nothing is told below c000: after one expansion its bonus is 0.4 * sqrt(2
        # ln(10 + 1) / 9) = 0.292, that of c001 is 0.4 * sqrt(2 ln(10 + 1) / 1) = 0.876. The
        # difference of 0.584 is less than the 1 between their values.
        game = Game(agent(initial=2, exploration_end=0.4, barrier=False))
        game.ask()
        game.tell(1.0, 0.0)
        assert [game.strategy.ask(90)[0].parents[-1], game.strategy.ask(82)[0].parents[-1]] == [
            "c000",
            "c000",
        ]

    def test_it_waits_while_nothing_has_a_score(self):
        strategy = agent(barrier=False)
        strategy.ask(80)
        assert strategy.ask(74) == []
        strategy.tell(trained("c004", 0.5))
        assert {p.parents[-1] for p in strategy.ask(74)} == {"c004"}
