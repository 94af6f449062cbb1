from collections import Counter
from typing import cast

import pytest
from tree_game import NARROW, Game, agent

from rewardsmith.records import Proposal
from rewardsmith_search.nodes import ROOT
from rewardsmith_search.tree import TreeStrategy

OPERATORS = (
    ["tree_mutate_structure"] * 2
    + ["tree_mutate_parameters"] * 2
    + ["tree_crossover_elite"] * 2
    + ["tree_path", "tree_different"]
)


class TestExpansion:
    def test_six_programs_from_nothing_come_first(self):
        assert agent().ask(80) == [Proposal("initial", (), ("align", "verify"))] * 6

    def test_again_if_all_of_them_failed(self):
        game = Game(agent())
        game.ask()
        game.tell()
        assert {p.operator for p in game.ask()} == {"initial"}

    def test_then_eight_of_five_kinds_with_the_leaf_last(self):
        game = Game(agent())
        game.ask()
        game.tell(0.1, 0.2, 0.9, 0.4, 0.5, 0.6)
        batch = game.ask()
        assert [p.operator for p in batch] == OPERATORS
        assert {p.parents[-1] for p in batch} == {"c002"}
        assert [len(p.parents) for p in batch[:4]] == [1, 1, 1, 1]
        assert all(
            2 <= len(p.parents) <= 4
            for p in batch
            if p.operator in ("tree_crossover_elite", "tree_different")
        )

    def test_follow_ups_can_be_left_out(self):
        assert agent(align=False).ask(80)[0].follow_ups == ("verify",)
        assert agent(align=False, verify=False).ask(80)[0].follow_ups == ()

    def test_a_program_whose_children_all_failed_is_expanded_again(self):
        game = Game(agent(initial=1))
        game.ask()
        game.tell(0.5)
        assert game.leaf() == "c000"
        game.tell()
        assert game.leaf() == "c000"

    def test_the_budget_is_kept_to_the_candidate(self):
        game = Game(agent(80), budget=80)
        sizes = []
        while game.told < 80:
            sizes.append(len(game.ask()))
            game.tell(*[0.5] * sizes[-1])
        assert sizes == [6] + [8] * 9 + [2]


class TestContext:
    def chain(self, preset: str = "corrected") -> Game:
        """A path c000, c001, c003, c005, c007, c009: each expansion has a structural
        child that scores and a path child that fails."""
        game = Game(agent(preset=preset, initial=1, **{**NARROW, "path": 1}))
        game.ask()
        for depth in range(6):
            game.tell(0.1 * depth)
            game.ask()
        return game

    def test_the_path_shows_the_last_four_oldest_first(self):
        assert self.chain().asked[-1] == Proposal(
            "tree_path", ("c003", "c005", "c007", "c009"), ("align", "verify")
        )

    def test_by_the_paper_two_to_four(self):
        game, lengths = self.chain("paper"), set[int]()
        for depth in range(6, 40):
            lengths.add(len(game.asked[-1].parents))
            game.tell(0.1 * depth)
            game.ask()
        assert lengths == {2, 3, 4}

    def test_a_short_path_is_shown_whole(self):
        game = Game(agent(initial=1, **{**NARROW, "path": 1}))
        game.ask()
        game.tell(0.5)
        assert game.next() == [("c000",), ("c000",)]

    def test_different_thought_descends_in_other_branches_to_a_random_depth_by_own_score(self):
        game = Game(agent(initial=3, **{**NARROW, "structure": 2, "different": 4000}, shown_low=4))
        game.ask()
        game.tell(0.1, 0.9)
        # The only other branch is c000, which has no children; c002 failed.
        assert {p.parents for p in game.ask()[2:]} == {("c000", "c001")}
        game.tell(0.3, 0.4)
        # c001 is worth less now than it was and has thousands of visits, so c000 is next. Seen from
        # there, c001's branch has height 1: at depth 0 of it c001 itself, at depth 1 the better of
        # its children by own score, c004 with 0.4. Even chances.
        count = Counter(p.parents for p in game.ask()[2:])
        assert set(count) == {("c001", "c000"), ("c004", "c000")}
        assert count[("c001", "c000")] / 4000 == pytest.approx(0.5, abs=0.025)

    def test_different_thought_shows_at_most_one_of_each_other_branch(self):
        game = Game(agent(**{**NARROW, "different": 200}))
        game.ask()
        game.tell(0.1, 0.2, 0.9, None, 0.5)
        shown = [p.parents for p in game.ask()[1:]]
        assert {parents[-1] for parents in shown} == {"c002"}
        assert {len(parents) for parents in shown} == {2, 3, 4}
        assert {parent for parents in shown for parent in parents[:-1]} == {"c000", "c001", "c004"}

    def strangers(self, *programs: tuple[int, float]) -> dict[tuple[str, ...], float]:
        """How often each is shown with the best program, whose branch is
        another, by their parents and scores."""
        strategy = agent(
            **{**NARROW, "different": 6000}, shown_high=2, exploration_start=0.0, exploration_end=0.0
        )
        search = cast(TreeStrategy, strategy.strategy)
        tree = search._memory
        for number, (parent, score) in enumerate(programs):
            tree.add(parent)
            tree.learn(number, score, None, 0.7, 0.0)
            search._names.append(f"c{number:03d}")
        strategy.proposed = len(programs)
        count = Counter(p.parents for p in strategy.ask(100_000)[1:])
        return {parents: number / 6000 for parents, number in count.items()}

    def test_other_branches_are_drawn_evenly_whatever_they_are_worth(self):
        # The best is c003, below c002, so that c002 is no stranger to it.
        shown = self.strangers((ROOT, 0.1), (ROOT, 0.4), (ROOT, 8.0), (2, 9.0))
        assert shown == pytest.approx({("c000", "c003"): 0.5, ("c001", "c003"): 0.5}, abs=0.02)

    def test_a_descent_ends_where_the_branch_does(self):
        # Below c000 there are 0.9, a 0.0 with a child, and 0.9 again: at depth 1 the
        # first of the best, and it has nothing at depth 2.
        shown = self.strangers((ROOT, 0.1), (0, 0.9), (0, 0.0), (2, 0.5), (0, 0.9), (ROOT, 9.0))
        assert shown == pytest.approx({("c000", "c005"): 1 / 3, ("c001", "c005"): 2 / 3}, abs=0.02)

    def elites(self, preset: str) -> dict[str, float]:
        """How often each is the one program that crossover shows before the leaf
        c001, the best of three and a failure."""
        strategy = agent(preset=preset, initial=4, **{**NARROW, "crossover": 6000}, shown_low=2, shown_high=2)
        game = Game(strategy)
        game.ask()
        game.tell(0.2, 0.9, 0.5)
        batch = game.ask()[1:]
        assert {p.parents[1:] for p in batch} == {("c001",)}
        count = Counter(p.parents[0] for p in batch)
        return {identity: number / 6000 for identity, number in count.items()}

    def test_elites_are_drawn_by_their_ranks_without_the_leaf(self):
        # 1/2 for c002 and 1/3 for c000, sum 5/6: 0.6 and 0.4
        assert self.elites("corrected") == pytest.approx({"c002": 0.6, "c000": 0.4}, abs=0.02)

    def test_or_with_the_leaf_as_released(self):
        # 1/2, 1/3 and 1/4, sum 13/12: 0.4615, 0.3077, 0.2308
        assert self.elites("release") == pytest.approx(
            {"c001": 0.4615, "c002": 0.3077, "c000": 0.2308}, abs=0.02
        )

    def test_programs_shown_together_differ(self):
        game = Game(agent(**{**NARROW, "crossover": 200, "different": 200}))
        game.ask()
        game.tell(0.1, 0.2, 0.9, 0.4, 0.5, 0.6)
        assert all(len(set(p.parents)) == len(p.parents) for p in game.ask())
