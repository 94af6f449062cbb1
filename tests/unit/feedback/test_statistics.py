import pytest

from rewardsmith.feedback.statistics import component_summaries, stride, summarise
from rewardsmith.records import Curve
from tests.builders import trained


def test_ten_or_eleven_snapshots_as_in_eureka():
    # 49 epochs: stride 49 // 10 = 4, points at 0, 4, ..., 48: 13 of them; 100 epochs: stride 10, 10 points.
    assert stride(49) == 4
    assert summarise(Curve("x", tuple(float(n) for n in range(49)))).points == tuple(float(n) for n in range(0, 49, 4))
    assert len(summarise(Curve("x", tuple(float(n) for n in range(100)))).points) == 10


def test_extremes_are_over_the_whole_curve_and_skip_missing_values():
    summary = summarise(Curve("x", (None, 4.0, 1.0, None)))
    assert (summary.maximum, summary.mean, summary.minimum) == (4.0, 2.5, 1.0)


def test_a_curve_without_values_has_none():
    summary = summarise(Curve("x", (None, None)))
    assert (summary.maximum, summary.mean, summary.minimum) == (None, None, None)


def test_shares_flat_and_dominant_components():
    candidate = trained("c0", 0.5, components={"big": [8.0, 10.0], "still": [-1.0, -1.0], "none": [0.0, 0.0]})
    assert candidate.training
    big, still, none = component_summaries(candidate.training)
    # Mean sizes 9, 1 and 0: shares 0.9, 0.1 and 0.
    assert [big.share, still.share, none.share] == pytest.approx([0.9, 0.1, 0.0])
    assert (big.dominant, big.flat) == (True, False)
    assert (still.dominant, still.flat) == (False, True)
    assert none.flat


def test_a_single_component_does_not_dominate():
    candidate = trained("c0", 0.5, components={"only": [1.0, 2.0]})
    assert candidate.training
    assert not component_summaries(candidate.training)[0].dominant
