"""What the curves of a training count: whole episodes only."""

from __future__ import annotations

import pytest
import torch

from rewardsmith.training.curves import TrainingCurves


def curve(curves: TrainingCurves, name: str) -> tuple[float | None, ...]:
    (values,) = (curve.values for curve in curves.progress() if curve.name == name)
    return values


@pytest.mark.parametrize(("smoothing", "expected"), [(0.0, (None, 4.0, 7.0)), (0.5, (None, 2.0, 4.5))])
def test_first_episodes_do_not_count(smoothing: float, expected: tuple[float | None, ...]):
    """Two environments; the clocks of their first episodes began at 90 and at 50 steps that nobody
    ever played.

    The first one ends its first episode in epoch 0, a whole one of 4 in epoch 1, and one of 6 in
    epoch 2; the other one its first in epoch 1, with 60, and a whole one of 8 in epoch 2. So the
    means are: none, 4, 7; or smoothed 0.5 * 4, 0.5 * 7 + 0.5 * 2."""
    curves = TrainingCurves(smoothing)
    for ended, score, age in (
        ([[1.0, 0.0], [0.0, 0.0]], [[91.0, 51.0], [1.0, 52.0]], [[1.0, 1.0], [1.0, 2.0]]),
        ([[0.0, 0.0], [1.0, 1.0]], [[2.0, 59.0], [4.0, 60.0]], [[3.0, 9.0], [4.0, 10.0]]),
        ([[0.0, 0.0], [1.0, 1.0]], [[5.0, 7.0], [6.0, 8.0]], [[5.0, 7.0], [6.0, 8.0]]),
    ):
        curves.add_episodes(torch.tensor(ended), torch.tensor(score), torch.tensor(age))
    assert curve(curves, "success") == pytest.approx(expected)
    assert curve(curves, "episode_length") == (None, 4.0, 7.0)


def test_of_an_environment_that_ends_twice_in_an_epoch_the_second_end_counts():
    curves = TrainingCurves()
    done, score, age = torch.tensor([[1.0, 0.0, 1.0], [70.0, 1.0, 2.0], [1.0, 1.0, 2.0]])[..., None]
    curves.add_episodes(done, score, age)
    assert curve(curves, "success") == curve(curves, "episode_length") == (2.0,)
