import pytest

from rewardsmith_search.nodes import ROOT, Tree


def tree(*parents: int, own_visit: bool = True, elite_size: int = 10) -> Tree:
    made = Tree(own_visit, elite_size)
    for parent in parents:
        made.add(parent)
    return made


class TestVisits:
    """Programs 0 and 1 from nothing; 2 and 3 from 0; 4 and 5 from 2."""

    def test_as_in_the_code_they_are_one_and_the_descendants(self):
        grown = tree(ROOT, ROOT, 0, 0, 2, 2)
        assert [node.visits for node in grown.nodes] == [5, 1, 3, 1, 1, 1]
        assert grown.root.visits == 6

    def test_as_in_the_paper_they_are_the_sum_of_the_childrens(self):
        grown = tree(ROOT, ROOT, 0, 0, 2, 2, own_visit=False)
        assert [node.visits for node in grown.nodes] == [3, 1, 2, 1, 1, 1]
        assert grown.root.visits == 4

    def test_programs_under_way_and_failures_count(self):
        grown = tree(ROOT, 0, 0)
        assert grown.nodes[0].visits == 3
        grown.learn(0, 0.5, None, 0.7, 0.0)
        grown.learn(1, None, None, 0.7, 0.0)
        assert grown.nodes[0].visits == 3


class TestBackup:
    def test_two_generations_by_hand(self):
        grown = tree(ROOT, 0, 1)
        grown.learn(0, 0.2, None, 0.7, 0.1)
        assert grown.nodes[0].value == 0.2
        grown.learn(1, 0.6, None, 0.7, 0.1)
        # 0.2 * 0.2 + 0.7 * 0.6 + 0.1 * (0.2 + 0.6) / 2 = 0.04 + 0.42 + 0.04 = 0.5
        assert grown.nodes[0].value == pytest.approx(0.5)
        grown.learn(2, 0.1, None, 0.7, 0.1)
        # parent first:  0.2 * 0.6 + 0.7 * 0.1   + 0.1 * (0.6 + 0.1) / 2       = 0.12 +
        # 0.07 + 0.035  = 0.225 grandparent:   0.2 * 0.5 + 0.7 * 0.225 + 0.1 * (0.2 +
        # 0.6 + 0.1) / 3 = 0.1 + 0.1575 + 0.03  = 0.2875
        assert grown.nodes[1].value == pytest.approx(0.225)
        assert grown.nodes[0].value == pytest.approx(0.2875)
        assert [node.height for node in grown.nodes] == [2, 1, 0]

    def test_the_best_child_counts(self):
        grown = tree(ROOT, 0, 0)
        for number, score in enumerate([0.0, 0.6, 0.1]):
            grown.learn(number, score, None, 0.5, 0.0)
        # 0.5 * 0 + 0.5 * 0.6 = 0.3, then 0.5 * 0.3 + 0.5 * 0.6 = 0.45
        assert grown.nodes[0].value == pytest.approx(0.45)

    def test_siblings_under_way_and_failures_take_no_part(self):
        grown = tree(ROOT, 0, 0, 0)
        grown.learn(0, -4.0, None, 0.7, 0.0)
        grown.learn(1, None, None, 0.7, 0.0)
        grown.learn(2, -2.0, None, 0.7, 0.0)
        # The maximum is over -2 alone, not over the 0 of a failure or of
        # program 3: 0.3 * -4 + 0.7 * -2 = -2.6
        assert grown.nodes[0].value == pytest.approx(-2.6)
        assert (grown.low, grown.high, grown.told) == (-4.0, -2.0, 3)

    def test_the_root_has_visits_and_no_value(self):
        grown = tree(ROOT)
        grown.learn(0, 0.5, None, 0.7, 0.0)
        assert (grown.root.visits, grown.root.value, grown.root.scored) == (1, 0.0, 0)


def test_the_elite_is_sorted_by_own_score_and_capped():
    grown = tree(*[ROOT] * 5, elite_size=3)
    for number, score in enumerate([0.1, 0.5, None, 0.5, 0.3]):
        grown.learn(number, score, None, 0.7, 0.0)
    assert grown.elite == [1, 3, 4], "of equals the first, no failure, and 0.1 is out"


def test_a_score_of_zero_is_a_score():
    grown = tree(ROOT, ROOT, ROOT)
    for number, score in enumerate([0.0, 0.5, -0.5]):
        grown.learn(number, score, None, 0.7, 0.0)
    assert grown.elite == [1, 0, 2]


def test_the_path_starts_at_depth_one():
    grown = tree(ROOT, ROOT, 1, 2, 3)
    assert grown.path(4) == [1, 2, 3, 4]
    assert [node.depth for node in grown.nodes] == [1, 1, 2, 3, 4]


def test_who_came_from_whom():
    grown = tree(ROOT, ROOT, 0, 2, 2)
    assert [(node.parent, node.depth, node.children) for node in grown.nodes] == [
        (ROOT, 1, [2]), (ROOT, 1, []), (0, 2, [3, 4]), (2, 3, []), (2, 3, []),
    ]  # fmt: skip
    assert (grown.root.parent, grown.root.depth, grown.root.children) == (ROOT, 0, [0, 1])


def test_a_leaf_knows_nothing_but_itself():
    (leaf,) = tree(ROOT).nodes
    assert (leaf.score, leaf.value, leaf.judgement, leaf.total, leaf.scored, leaf.height) == (
        None,
        0.0,
        0.0,
        0.0,
        0,
        0,
    )
