import pytest

from rewardsmith.feedback.curve_table import component_summaries, stride, summarise
from rewardsmith.records import Curve
from tests.builders import run_of, trained


def test_ten_or_eleven_snapshots_as_in_eureka():
    # 49 epochs: stride 49 // 10 = 4, points at 0, 4, ..., 48: 13 of
    # them; 100 epochs: stride 10, 10 points.
    assert stride(49) == 4
    assert summarise(Curve("x", tuple(float(n) for n in range(49)))).points == tuple(
        float(n) for n in range(0, 49, 4)
    )
    assert len(summarise(Curve("x", tuple(float(n) for n in range(100)))).points) == 10


def test_extremes_are_over_the_whole_curve_and_skip_missing_values():
    summary = summarise(Curve("x", (None, 4.0, 1.0, None)))
    assert (summary.maximum, summary.mean, summary.minimum) == (4.0, 2.5, 1.0)


def test_a_curve_without_values_has_none():
    summary = summarise(Curve("x", (None, None)))
    assert (summary.maximum, summary.mean, summary.minimum) == (None, None, None)


def test_shares_flat_and_dominant_components():
    trial = trained("c0", 0.5, components={"big": [8.0, 10.0], "still": [-1.0, -1.0], "none": [0.0, 0.0]})
    assert trial.run
    big, still, none = component_summaries(trial.run)
    # Mean sizes 9, 1 and 0: shares 0.9, 0.1 and 0.
    assert [big.share, still.share, none.share] == pytest.approx([0.9, 0.1, 0.0])
    assert (big.dominant, big.flat) == (True, False)
    assert (still.dominant, still.flat) == (False, True)
    assert none.flat


def test_a_single_component_does_not_dominate():
    trial = trained("c0", 0.5, components={"only": [1.0, 2.0]})
    assert trial.run
    assert not component_summaries(trial.run)[0].dominant


def test_flat_is_up_to_two_hundredths_of_the_size_and_dominant_above_eight_tenths_of_all():
    trial = trained("c0", 0.5, components={"edge": [99.0, 101.0], "moving": [23.7, 26.3]})
    assert trial.run
    # Sizes 100 and 25, so 0.8 and 0.2 of all; they moved by 2 =
    # 0.02 * 100, and by 2.6 = 0.104 * 25.
    edge, moving = component_summaries(trial.run)
    assert (edge.share, edge.dominant, edge.flat) == (0.8, False, True)
    assert (moving.share, moving.flat) == (0.2, False)
    trial = trained("c0", 0.5, components={"large": [81.0, 83.5], "small": [-1.0, -2.0]})
    assert trial.run
    large, small = component_summaries(trial.run)
    # 2.5 = 0.03 * 82.25
    assert (large.dominant, large.flat, small.dominant, small.flat) == (True, False, False, False)


def test_a_size_is_the_mean_of_what_is_known():
    run = run_of(
        "c0", components=(Curve("late", (None, 6.0)), Curve("all", (1.0, 3.0)), Curve("never", (None,)))
    )
    late, whole, never = component_summaries(run)
    assert (late.share, whole.share, never.share, never.flat) == (0.75, 0.25, 0.0, True)
    assert component_summaries(run_of("c0", components=(Curve("zero", (0.0, 0.0)),)))[0].share == 0.0
