from __future__ import annotations

from collections.abc import Sequence

import pytest

from rewardsmith.contracts import SPARSE, TrainingJob
from rewardsmith.training.population.patience import note_rest, slow
from rewardsmith.training.population.slot import Slot
from tests.conftest import TINY


def slots(*seconds: float) -> list[Slot]:
    """Whose programs took so long in the last epoch."""
    made = [Slot(TrainingJob(str(number), SPARSE, 0, ""), TINY) for number in range(len(seconds))]
    for slot, reward_s in zip(made, seconds, strict=True):
        slot.reward_s = reward_s
    return made


def culprits(of: Sequence[Slot]) -> list[int]:
    found = slow(of)
    return [number for number, slot in enumerate(of) if slot in found]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param((0.01, 0.01, 1.01), [2], id="more than a hundred times the median of the others"),
        pytest.param((0.01, 0.01, 1.0), [], id="a hundred times is allowed"),
        pytest.param((0.001, 0.001, 0.5), [], id="half a second costs nobody much"),
        pytest.param((0.001, 0.001, 0.51), [2], id="a little more does"),
        pytest.param((0.01, 0.03, 1.9), [], id="the median of two is their mean: 0.02"),
        pytest.param((0.01, 0.03, 2.1), [2], id="and a hundred times that is 2"),
        pytest.param((0.01, 2.0, 2.0, 0.01, 0.01, 0.01), [1, 2], id="two of six"),
        pytest.param((2.0, 2.0), [], id="equally slow"),
        pytest.param((0.0, 0.0, 0.0), [], id="the sparse reward takes no time"),
        pytest.param((), [], id="nobody"),
    ],
)
def test_who_is_slow_by_hand(seconds: tuple[float, ...], expected: list[int]):
    assert culprits(slots(*seconds)) == expected


@pytest.mark.parametrize(("reward_s", "expected"), [(10.0, []), (10.1, [0])])
def test_alone_it_is_measured_against_its_own_epoch(reward_s: float, expected: list[int]):
    alone = slots(reward_s)
    note_rest(alone, reward_s + 1.0)  # ten times the other second
    assert culprits(alone) == expected


def test_the_rest_of_an_epoch_is_shared():
    three = slots(0.5, 0.25, 0.25)
    note_rest(three, 4.0)
    assert [slot.rest_s for slot in three] == [1.0, 1.0, 1.0]
    note_rest(three, 0.75)  # two lanes at once: more processor time than the clock shows
    assert [slot.rest_s for slot in three] == [0.0, 0.0, 0.0]
