import numpy as np
import pytest

from rewardsmith.reports.statistics import (
    Runs,
    error_of_mean,
    estimate_improvement,
    estimate_mean,
    human_normalised,
    interquartile_mean,
)


def runs(*scores: float, task: str = "t", first_seed: int = 0) -> Runs:
    return Runs(task, tuple(range(first_seed, first_seed + len(scores))), scores)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([8.0, 1.0, 2.0, 7.0, 3.0, 4.0, 5.0, 6.0], 4.5),  # two left out at each end: (3 + 4 + 5 + 6) / 4
        ([0.0, 1.0, 2.0, 3.0, 100.0], 2.0),  # one left out at each end: (1 + 2 + 3) / 3
        ([1.0, 2.0, 6.0], 3.0),  # a quarter of three is none: the plain mean
        ([7.0], 7.0),
    ],
)
def test_interquartile_mean(scores: list[float], expected: float):
    assert interquartile_mean(np.array(scores)) == pytest.approx(expected)
    assert interquartile_mean(np.array([scores, scores])).shape == (2,)


def test_human_normalised_score():
    assert human_normalised(0.5, human=0.9, sparse=0.1) == pytest.approx(0.5)  # (0.5 - 0.1) / 0.8
    # (-2 + 1) / 2: worse than sparse stays negative
    assert human_normalised(-2.0, human=-3.0, sparse=-1.0) == pytest.approx(-0.5)
    assert human_normalised(0.5, human=0.3, sparse=0.3) is None


def test_probability_of_improvement_counts_ties_half():
    # pairs of (1, 2, 3) with (2, 2): 1 loses twice, 2 ties twice, 3 wins twice: (0 + 1 + 2) / 6
    assert estimate_improvement([(runs(1.0, 2.0, 3.0), runs(2.0, 2.0))]).value == pytest.approx(0.5)
    assert estimate_improvement([(runs(3.0, 2.0), runs(1.0, 2.0))]).value == pytest.approx(3.5 / 4)


def test_probability_of_improvement_is_the_mean_over_tasks():
    first = (runs(1.0, task="a"), runs(0.0, task="a"))
    second = (runs(0.0, 0.0, task="b"), runs(1.0, 1.0, task="b"))
    # 1 on one task, 0 on the other, whatever their sizes
    assert estimate_improvement([first, second]).value == pytest.approx(0.5)


def test_a_search_without_a_result_loses():
    assert estimate_improvement([(runs(0.0), runs(float("-inf")))]).value == 1.0
    assert estimate_improvement([(runs(float("-inf")), runs(float("-inf")))]).value == 0.5


def test_no_interval_below_five_runs():
    assert estimate_mean([runs(1.0, 2.0, 3.0, 4.0)]).low is None
    assert estimate_mean([runs(1.0, 2.0, 3.0, 4.0, 5.0)]).low is not None
    assert estimate_improvement([(runs(*range(5)), runs(*range(4)))]).high is None


@pytest.mark.parametrize("score", [0.0, 0.7, 1.0, 0.1 + 0.2])
def test_equal_scores_do_not_pretend_to_be_certain(score: float):
    """Drawing from five equal scores gives the same five: it says
    nothing of how far the next one may lie off."""
    estimate = estimate_mean([runs(*[score] * 5)])
    assert estimate.value == pytest.approx(score)
    assert (estimate.low, estimate.high) == (None, None)


def test_neither_do_methods_of_which_one_always_wins():
    estimate = estimate_improvement([(runs(6.0, 7.0, 8.0, 9.0, 9.5), runs(*range(5), first_seed=9))])
    assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)


def test_runs_with_equal_seeds_are_drawn_together():
    """Two methods that score alike on every seed never differ; drawn apart,
    luck of the seeds would tell them apart."""
    scores = (0.0, 0.1, 0.5, 0.9, 1.0)
    paired = estimate_improvement([(runs(*scores), runs(*scores))])
    apart = estimate_improvement([(runs(*scores), runs(*scores, first_seed=100))])
    assert (paired.value, paired.low, paired.high) == (0.5, None, None)  # no draw differs
    assert apart.low is not None
    assert apart.low < 0.45


def test_intervals_are_the_same_every_time():
    assert estimate_mean([runs(*range(8))]) == estimate_mean([runs(*range(8))])


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Uniform scores have an interquartile mean of 0.5; with ten
    runs about 94 of 100 intervals hold it."""
    random = np.random.default_rng(0)
    held = 0
    for trial in range(200):
        estimate = estimate_mean([runs(*random.uniform(size=10), first_seed=1000 * trial)])
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= 0.5 <= estimate.high
    assert held / 200 == pytest.approx(0.93, abs=0.05)


def test_strata_are_drawn_from_themselves():
    """A task whose runs all score alike adds no spread, however far it lies from the other."""
    estimate = estimate_mean([runs(*[0.0] * 6, task="a"), runs(*[1.0] * 6, task="b")])
    assert (estimate.low, estimate.value, estimate.high) == (None, 0.5, None)


@pytest.mark.parametrize(
    ("ones", "low", "high"),
    [
        # Of 8 draws two are left out at each end, so k ones among
        # them give (k - 2) / 4 within 0 to 1.
        (5, 0.0, 1.0),  # k <= 2 in 0.036 of all draws, binomially: more than 0.025, less than 0.05
        (3, 0.0, 1.0),  # the mirror image
        (7, 0.75, 1.0),  # k <= 4 in 0.011 and k <= 5 in 0.067; 4,000 draws hold k <= 3, of 0.0012, too
        (1, 0.0, 0.25),
    ],
)
def test_the_interval_leaves_out_a_fortieth_at_each_end(ones: int, low: float, high: float):
    estimate = estimate_mean([runs(*[1.0] * ones, *[0.0] * (8 - ones))])
    assert (estimate.low, estimate.high) == (low, high)


def test_baselines_that_are_alike_are_no_unit():
    assert human_normalised(1.0, human=1e-9, sparse=0.0) is None
    assert human_normalised(1.5e-9, human=1.5e-9, sparse=0.0) == pytest.approx(1.0)
    assert human_normalised(0.3, human=0.3, sparse=0.2) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("scores", "errors", "expected"),
    [
        ([], [], None),
        ([0.5], [0.04], 0.04),  # one run: only its episodes are known
        ([0.1, 0.6], [0.01, 0.01], 0.25),  # spread of 0.3536 over sqrt(2)
        ([0.5, 0.5], [0.03, 0.04], 0.025),  # no spread: sqrt(0.03² + 0.04²) / 2
    ],
)
def test_error_of_a_mean_over_few_runs(scores: list[float], errors: list[float], expected: float | None):
    assert error_of_mean(scores, errors) == (expected and pytest.approx(expected))
