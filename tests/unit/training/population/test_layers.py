from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rewardsmith.training.population.layers import elu, readout, tanh

SLOTS = 5


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


Function = Callable[[Tensor], Tensor]
BOTH = pytest.mark.parametrize(
    ("ours", "theirs"), [(tanh, torch.tanh), (elu, torch.nn.functional.elu)], ids=["tanh", "elu"]
)


@BOTH
def test_an_activation_is_torchs(ours: Function, theirs: Function):
    x = torch.cat(
        (
            torch.linspace(-12.0, 12.0, 100_001),
            torch.tensor([-1e30, -200.0, -90.0, -1e-4, 0.0, 1e-4, 90.0, 200.0, 1e30]),
        )
    )
    assert (ours(x) - theirs(x)).abs().max() < 3e-7


@BOTH
def test_gradient_of_an_activation_is_torchs(ours: Function, theirs: Function):
    mine, its = (torch.linspace(-9.0, 9.0, 1_001).requires_grad_() for _ in range(2))
    weight = draw(1_001)
    (ours(mine) * weight).sum().backward()
    (theirs(its) * weight).sum().backward()
    assert mine.grad is not None
    assert its.grad is not None
    assert torch.allclose(mine.grad, its.grad, atol=2e-6)


@BOTH
def test_what_is_not_finite_stays_so(ours: Function, theirs: Function):
    assert ours(torch.tensor([torch.nan])).isnan().all()
    ends = torch.tensor([torch.inf, -torch.inf])
    assert ours(ends).tolist() == theirs(ends).tolist()


@BOTH
def test_a_part_is_what_it_is_in_the_whole(ours: Function, theirs: Function):
    x = draw(1_001)
    assert all(
        torch.equal(ours(x)[n : n + size], ours(x[n : n + size].clone()))
        for n, size in ((0, 1), (3, 7), (11, 30), (990, 11))
    )


@pytest.mark.parametrize("outputs", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("rows", [1, 7, 160])
def test_a_readout_is_torchs_and_so_are_its_gradients(outputs: int, rows: int):
    given = draw(SLOTS, 1, outputs, seed=1), draw(SLOTS, rows, 16, seed=2), draw(SLOTS, 16, outputs, seed=3)
    ours, theirs = ([part.clone().requires_grad_() for part in given] for _ in range(2))
    weight = draw(SLOTS, rows, outputs, seed=4)
    found, expected = readout(*ours), torch.baddbmm(*theirs)
    assert found.shape == (SLOTS, rows, outputs)
    assert torch.allclose(found, expected, atol=1e-5)
    (found * weight).sum().backward()
    (expected * weight).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert one.grad.shape == one.shape
        assert torch.allclose(one.grad, other.grad, atol=1e-4)


def everything(parts: list[Tensor]) -> list[Tensor]:
    """A hidden layer and a readout: the result, and the gradient by every input."""
    bias, x, weight, last_bias, last = leaves = [part.clone().requires_grad_() for part in parts]
    result = readout(last_bias, tanh(torch.baddbmm(bias, x, weight)), last)
    return [result, *torch.autograd.grad(result.square().sum(), leaves)]


def rounds_alike(rows: int, inputs: int, width: int, outputs: int) -> None:
    shapes = [(1, width), (rows, inputs), (inputs, width), (1, outputs), (width, outputs)]
    parts = [draw(SLOTS, *shape, seed=number) for number, shape in enumerate(shapes)]
    together = everything(parts)
    for chosen in ([0], [SLOTS - 1], [1, 3]):
        for part, own in zip(together, everything([part[chosen] for part in parts]), strict=True):
            assert torch.equal(part[chosen], own)


@pytest.mark.parametrize("outputs", [1, 2, 3, 7, 8, 12, 20])
@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize(("rows", "inputs"), [(7, 5), (16, 20), (33, 4), (161, 20), (512, 45)])
def test_one_slot_rounds_alike_alone_and_in_company(rows: int, inputs: int, width: int, outputs: int):
    rounds_alike(rows, inputs, width, outputs)


@pytest.mark.parametrize(("rows", "outputs"), [(7, 1), (33, 1), (161, 4), (33, 4), (40, 7), (160, 20)])
def test_so_it_does_with_the_narrowest_layer(rows: int, outputs: int):
    """At width 8 an odd number of rows goes with few outputs only; every
    preset has even ones, and wider layers."""
    rounds_alike(rows, 20, 8, outputs)
