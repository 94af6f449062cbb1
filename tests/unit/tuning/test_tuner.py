"""The optimiser: seeded, asked and told in batches, and honest about what it does not know."""

from __future__ import annotations

import pytest

from rewardsmith.tuning.numbers import Number
from rewardsmith.tuning.tuner import Tuner, Values

NUMBERS = (
    Number("scale", 0.5, 0.1, 2.5, 1, 0, 3),
    Number("weight", -2.0, -0.4, -10.0, 2, 0, 4),
)


def score(values: Values) -> float:
    """Best at a scale of 1.5; the weight does not matter."""
    return 1.0 - abs(values["scale"] - 1.5)


def tuned(tuner: Tuner, batches: int) -> list[Values]:
    asked: list[Values] = []
    for _ in range(batches):
        batch = tuner.ask(4)
        tuner.tell([(score(values), 1.0) for values in batch])
        asked += batch
    return asked


def test_the_written_numbers_come_first_and_all_lie_in_their_ranges():
    asked = tuned(Tuner(NUMBERS, 3), 6)
    assert asked[0] == {"scale": 0.5, "weight": -2.0}
    assert all(0.1 <= values["scale"] <= 2.5 and -10.0 <= values["weight"] <= -0.4 for values in asked)
    assert len({values["scale"] for values in asked}) > 20


def test_it_finds_what_matters():
    tuner = Tuner(NUMBERS, 0)
    asked = tuned(tuner, 12)
    early, late = asked[:12], asked[-12:]
    assert sum(map(score, late)) / 12 > sum(map(score, early)) / 12 + 0.1
    found = tuner.importance()
    assert list(found) == ["scale", "weight"]
    assert found["scale"] > 0.8
    assert sum(found.values()) == pytest.approx(1.0)


def test_asked_and_told_again_it_proposes_the_same():
    first, second = Tuner(NUMBERS, 7), Tuner(NUMBERS, 7)
    assert tuned(first, 3) == tuned(second, 3)
    assert first.ask(2) == second.ask(2)
    assert tuned(Tuner(NUMBERS, 8), 3) != tuned(Tuner(NUMBERS, 7), 3)


def test_failures_and_those_ended_early_count_for_no_importance():
    tuner = Tuner(NUMBERS, 0)
    for _ in range(4):
        batch = tuner.ask(4)
        tuner.tell([None, (0.1, 0.25), (0.9, 0.5), (score(batch[3]), 1.0)])
    assert tuner.importance() == {}  # four trained to the end say too little


def test_of_equal_scores_nothing_can_be_said():
    tuner = Tuner(NUMBERS, 0)
    for _ in range(3):
        tuner.ask(4)
        tuner.tell([(0.0, 1.0)] * 4)
    assert tuner.importance() == {}
