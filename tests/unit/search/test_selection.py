import random

import pytest

from rewardsmith_search.selection import (
    backed_up,
    draw,
    draw_some,
    linear,
    rank_weights,
    softmax,
    survivors,
    to_unit,
    uct,
)


class Fixed(random.Random):
    """Chance that is known beforehand."""

    def __init__(self, *values: float) -> None:
        super().__init__()
        self._values = list(values)

    def random(self) -> float:
        return self._values.pop(0)


class TestSchedule:
    @pytest.mark.parametrize(
        ("end", "done", "expected"),
        [
            (0.1, 0 / 80, 0.4),  # RF-Agent's code at the start: 0.1 + 0.3 * 1
            (0.1, 40 / 80, 0.25),  # in the middle: 0.1 + 0.3 * 0.5
            (0.1, 80 / 80, 0.1),  # at the end
            (0.1, 86 / 80, 0.1),  # beyond it the code goes on to 0.0775, which is mended
            (0.0, 0 / 80, 0.4),  # its paper: 0.4 (N - t) / N
            (0.0, 60 / 80, 0.1),
            (0.0, 80 / 80, 0.0),
        ],
    )
    def test_lambda(self, end: float, done: float, expected: float):
        assert linear(0.4, end, done) == pytest.approx(expected)


class TestUct:
    def test_value_by_hand(self):
        # sqrt(2 ln(8 + 1) / 3) = sqrt(2 * 2.197225 / 3) = sqrt(1.464816) = 1.210296
        # 0.5 + 0.25 * 1.210296 + 0.25 * 0.6 = 0.952574
        assert uct(0.5, visits=3, parent_visits=8, prior=0.6, exploration=0.25) == pytest.approx(
            0.952574, abs=1e-6
        )

    def test_without_exploration_only_the_value_counts(self):
        assert uct(0.5, visits=3, parent_visits=8, prior=0.6, exploration=0.0) == 0.5

    @pytest.mark.parametrize(
        ("value", "low", "high", "unit"),
        [(0.3, 0.2, 0.6, 0.25), (-7.0, -8.0, -4.0, 0.25), (0.4, 0.4, 0.4, 0.0)],
    )
    def test_values_are_brought_between_their_bounds(
        self, value: float, low: float, high: float, unit: float
    ):
        assert to_unit(value, low, high) == pytest.approx(unit)


class TestBackup:
    def test_with_the_mean(self):
        # The 10th result of 80: d = 1 - 10/80 = 0.875, so the mean weighs 0.15 * 0.875 = 0.13125.
        # Parent 0.2, its first child 0.6, mean (0.2 + 0.6) / 2 = 0.4:
        # (1 - 0.7 - 0.13125) * 0.2 + 0.7 * 0.6 + 0.13125 * 0.4 = 0.03375 + 0.42 + 0.0525 = 0.50625
        assert backed_up(0.2, 0.6, 0.4, 0.7, linear(0.15, 0.0, 10 / 80)) == pytest.approx(0.50625)

    def test_without_the_mean(self):
        # Equation 3 of the paper: 0.3 * 0.2 + 0.7 * 0.6 = 0.48
        assert backed_up(0.2, 0.6, 0.4, 0.7, 0.0) == pytest.approx(0.48)

    def test_a_negative_metric_is_no_different(self):
        # 0.3 * -3.0 + 0.7 * -1.0 = -1.6
        assert backed_up(-3.0, -1.0, -2.0, 0.7, 0.0) == pytest.approx(-1.6)


class TestWeights:
    def test_of_ranks(self):
        assert rank_weights(4) == [1 / 2, 1 / 3, 1 / 4, 1 / 5]

    def test_of_ten_ranks_the_first_is_drawn_a_quarter_of_the_time(self):
        # 1/2 + 1/3 + ... + 1/11 = 2.019877; 0.5 / 2.019877 = 0.247540
        assert rank_weights(10)[0] / sum(rank_weights(10)) == pytest.approx(0.247540, abs=1e-6)

    def test_softmax_by_hand(self):
        # self-verification 1 and -1: e^2 = 7.389056 to 1, 7.389056 / 8.389056 = 0.880797
        assert softmax([1.0, -1.0]) == pytest.approx([0.880797, 0.119203], abs=1e-6)
        # at temperature 2: e^1 = 2.718282 to 1, 2.718282 / 3.718282 = 0.731059
        assert softmax([1.0, -1.0], 2.0) == pytest.approx([0.731059, 0.268941], abs=1e-6)
        # REvolve's parents of fitness 0.2 and 0.9: e^-0.7 = 0.496585 to 1
        assert softmax([0.2, 0.9]) == pytest.approx([0.331812, 0.668188], abs=1e-6)

    def test_softmax_of_large_values_does_not_overflow(self):
        assert softmax([800.0, 800.0, -1e9]) == [0.5, 0.5, 0.0]

    @pytest.mark.parametrize(("point", "index"), [(0.0, 0), (0.49, 0), (0.51, 1), (0.99, 2)])
    def test_draw(self, point: float, index: int):
        assert draw(Fixed(point), [2.0, 1.0, 1.0]) == index

    def test_draw_at_the_edges(self):
        assert draw(Fixed(0.0), [0.0, 1.0]) == 1, "a weight of 0 is never drawn"
        assert draw(Fixed(1.0), [1.0, 1.0]) == 1, "rounding may lead past all of them"

    def test_draw_without_replacement_renormalises(self):
        # Weights 2, 1, 1: the first draw at 0.1 takes index 0; of 1, 1 the
        # second at 0.6 takes index 2; one is left.
        assert draw_some(Fixed(0.1, 0.6, 0.9), [2.0, 1.0, 1.0], 5) == [0, 2, 1]

    def test_draw_with_replacement(self):
        assert draw_some(Fixed(0.1, 0.2, 0.9), [2.0, 1.0, 1.0], 3, again=True) == [0, 0, 2]

    def test_draw_from_nothing(self):
        assert draw_some(Fixed(), [], 3, again=True) == []


class TestSurvival:
    """Members 0.2, 0.4 and 0.6 have the mean 0.4; children 0.5, 0.4 and 0.39 come."""

    FITNESS = {1: 0.2, 2: 0.4, 3: 0.6, 4: 0.5, 5: 0.4, 6: 0.39}  # noqa: RUF012

    def test_the_mean_admits(self):
        assert survivors([1, 2, 3], [4, 5, 6], self.FITNESS, 8) == [1, 2, 3, 4, 5]

    def test_a_strict_one_must_be_beaten(self):
        assert survivors([1, 2, 3], [4, 5, 6], self.FITNESS, 8, strict=True) == [1, 2, 3, 4]

    def test_a_moving_mean_depends_on_the_siblings(self):
        # After 0.5 is in, the mean is (0.2 + 0.4 + 0.6 + 0.5) / 4 = 0.425, so
        # 0.4 stays out; before it, it gets in.
        assert survivors([1, 2, 3], [4, 5], self.FITNESS, 8, moving=True) == [1, 2, 3, 4]
        assert survivors([1, 2, 3], [5, 4], self.FITNESS, 8, moving=True) == [1, 2, 3, 4, 5]

    def test_with_a_moving_mean_the_least_fit_leaves_before_the_next_comes(self):
        # Of 0.2, 0.4 and 0.6 the first leaves, so that the mean is 0.5 and 0.45
        # stays out; with it the mean would be 0.4.
        assert survivors([1, 2], [3, 4], {1: 0.2, 2: 0.4, 3: 0.6, 4: 0.45}, 2, moving=True) == [2, 3]
        assert survivors([1, 2], [3, 4], {1: 0.2, 2: 0.4, 3: 0.6, 4: 0.45}, 2) == [3, 4]

    def test_a_frozen_mean_does_not(self):
        assert survivors([1, 2, 3], [5, 4], self.FITNESS, 8) == survivors([1, 2, 3], [4, 5], self.FITNESS, 8)

    def test_the_least_fit_leave_and_of_equals_the_oldest(self):
        # 0.6 and 0.5 stay; of the two with 0.4 the newer one does.
        assert survivors([1, 2, 3], [4, 5, 6], self.FITNESS, 3) == [3, 4, 5]

    def test_an_empty_island_admits_anyone(self):
        assert survivors([], [1, 6], self.FITNESS, 8) == [1, 6]
        # With a moving mean the first newcomer's 0.39 is the bar for the second.
        assert survivors([], [6, 1], self.FITNESS, 8, moving=True) == [6]

    def test_a_plateau_does_not_stand_still(self):
        # In floating point the mean of three 0.1 is not always 0.1; here it
        # is exact, so an equal child gets in.
        fitness = dict.fromkeys(range(5), 0.1)
        assert survivors([0, 1, 2], [3, 4], fitness, 3) == [2, 3, 4]
