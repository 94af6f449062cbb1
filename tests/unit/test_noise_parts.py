"""The maths of ``benchmarks/noise.py``, on numbers worked out by hand and on drawn ones."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.noise_parts import PROTOCOLS, Scores, foretelling, parts, rank_correlation


def test_rank_correlation():
    """Ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: covariance 4.5, sums of squares 4.5 and 5."""
    first, second = np.array([1.0, 2.0, 2.0, 5.0]), np.array([0.1, 0.2, 0.3, 0.4])
    assert rank_correlation(first, second) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    assert rank_correlation(second, -second) == pytest.approx(-1.0)
    assert rank_correlation(second, np.ones(4)) == 0.0


def test_parts_by_hand():
    """Two programs, two seeds, the last third still: within 0.02, between 0.5 = 2 * 0.25."""
    last = np.array([[0.1, 0.3], [0.6, 0.8]])
    means = np.repeat(last[:, :, None], 5, axis=2)
    found = parts(Scores(means, np.full_like(means, 0.1)))
    assert found.episodes == pytest.approx(0.01)
    assert found.moment == 0.0
    assert found.seed == pytest.approx(0.02 - 0.01)
    assert found.program == pytest.approx((0.25 - 0.02) / 2)


def test_drawn_parts_are_found_again():
    chance = np.random.default_rng(0)
    programs, seeds, moments = 400, 6, 5
    error = 0.04
    means = (
        0.5
        + 0.10 * chance.standard_normal((programs, 1, 1))
        + 0.08 * chance.standard_normal((programs, seeds, 1))
        + 0.05 * chance.standard_normal((programs, seeds, moments))
        + error * chance.standard_normal((programs, seeds, moments))
        + np.linspace(-0.2, 0.0, moments)  # all of them still learn
    )
    found = parts(Scores(means, np.full_like(means, error)))
    assert [found.program**0.5, found.seed**0.5, found.moment**0.5, found.episodes**0.5] == pytest.approx(
        [0.10, 0.08, 0.05, 0.04], rel=0.1
    )


def test_a_score_without_luck_foretells_all_and_luck_alone_nothing():
    chance = np.random.default_rng(1)
    worth = np.repeat(np.linspace(0.0, 1.0, 30)[:, None, None], 4, axis=1).repeat(5, axis=2)
    luck = chance.standard_normal((300, 4, 5))
    for protocol in PROTOCOLS:
        assert foretelling(worth, protocol) == pytest.approx(1.0)
        assert abs(foretelling(luck, protocol)) < 0.15


def test_more_trainings_foretell_better():
    chance = np.random.default_rng(2)
    scores = chance.standard_normal((200, 1, 1)) + chance.standard_normal((200, 4, 5))
    once, third, twice = (foretelling(scores, PROTOCOLS[place]) for place in (0, 1, 5))
    assert once < twice
    assert once < third
