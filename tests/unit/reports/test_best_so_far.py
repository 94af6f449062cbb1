from dataclasses import replace

import pytest

from rewardsmith.reports.best_so_far import bands, best_so_far
from tests.builders import run_of, trained


def curve(*scores: float | None, seed: int = 0, trainings: tuple[int, ...] = ()):
    counts = trainings or (1,) * len(scores)
    pairs = enumerate(zip(scores, counts, strict=True))
    trials = [(trained(f"c{n:03d}", score), count) for n, (score, count) in pairs]
    trials = [
        replace(trial, runs=tuple(run_of(trial.id, number=number) for number in range(count)))
        for trial, count in trials
    ]
    return best_so_far("t", "m", seed, trials)


def test_the_best_never_falls_and_failures_only_cost():
    points = curve(None, 0.2, 0.1, None, 0.7, trainings=(2, 1, 1, 0, 3)).points
    assert [point.best for point in points] == [None, 0.2, 0.2, 0.2, 0.7]
    # a rejected program took none, a repaired one several
    assert [point.trainings for point in points] == [2, 3, 4, 4, 7]
    assert [point.env_steps for point in points] == [200, 300, 400, 400, 700]


def test_negative_scores_have_a_best_too():
    assert [point.best for point in curve(-3.0, -5.0, -1.0).points] == [-3.0, -3.0, -1.0]


def test_reading_a_curve_between_its_points():
    found = curve(None, 0.2, 0.7, trainings=(1, 2, 2))
    assert [found.at("trainings", spent) for spent in (0, 1, 2, 3, 4, 5, 9)] == [
        None,
        None,
        None,
        0.2,
        0.2,
        0.7,
        0.7,
    ]
    assert found.at("env_steps", 300) == 0.2


def test_several_curves_as_one_begin_where_all_have_a_score():
    middle = bands([curve(0.1, 0.3, seed=0), curve(None, 0.5, 0.7, seed=1)], "trainings")
    assert [(band.spent, band.best.value) for band in middle] == [
        (2, pytest.approx(0.4)),
        (3, pytest.approx(0.5)),
    ]
    assert {(band.best.low, band.best.high) for band in middle} == {(None, None)}


def test_five_curves_have_an_interval():
    band = bands(
        [curve(score, seed=seed) for seed, score in enumerate((0.0, 0.2, 0.4, 0.6, 0.8))], "env_steps"
    )[0]
    assert band.best.low is not None
    assert band.best.low < 0.4 < (band.best.high or 0.0)
