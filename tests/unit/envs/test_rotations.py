"""Quaternions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from rewardsmith_envs.rotations import about, conjugate, multiply, rotation_error

HALF = math.sqrt(0.5)
X, Y, Z = ([HALF, HALF, 0.0, 0.0], [HALF, 0.0, HALF, 0.0], [HALF, 0.0, 0.0, HALF])
"""Quarter turns."""


def quats(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_error_by_hand():
    # Equal; the same turn with the other sign; a quarter turn; half a turn; 0.2 rad about y beside
    # none; x against y, whose product x * conj(y) = (1/2, 1/2, -1/2, -1/2) turns by 120 degrees.
    small = [math.cos(0.1), 0.0, math.sin(0.1), 0.0]
    one = quats(X, X, X, [0.0, 0.0, 1.0, 0.0], small, X)
    two = quats(X, [-HALF, -HALF, 0.0, 0.0], *[[1.0, 0.0, 0.0, 0.0]] * 3, Y)
    expected = [0.0, 0.0, math.pi / 2, math.pi, 0.2, 2.0 * math.pi / 3.0]
    assert rotation_error(one, two).tolist() == pytest.approx(expected, abs=1e-6)
    assert rotation_error(two, one).tolist() == pytest.approx(expected, abs=1e-6)


def test_error_of_quaternions_that_are_a_bit_too_long():
    assert rotation_error(quats([0.0, 0.0, 1.001, 0.0]), quats([1.0, 0.0, 0.0, 0.0])).tolist() == [math.pi]


def test_products_by_hand():
    # A quarter turn about z and then one about x: (1/2, 1/2, -1/2, 1/2). The
    # other way round the third has the other sign.
    assert torch.allclose(multiply(quats(X), quats(Z)), quats([0.5, 0.5, -0.5, 0.5]))
    assert torch.allclose(multiply(quats(Z), quats(X)), quats([0.5, 0.5, 0.5, 0.5]))
    assert torch.allclose(multiply(quats(Y), conjugate(quats(Y))), quats([1.0, 0.0, 0.0, 0.0]))


def test_turns_about_axes():
    quarter = torch.tensor([math.pi / 2], dtype=torch.float64)
    assert torch.allclose(torch.cat([about(axis, quarter) for axis in range(3)]), quats(X, Y, Z))
