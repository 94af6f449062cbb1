"""Layer 6, one part, on its own: what trying alone shows of programs
that let environments depend on each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from leaking_programs import LEAKS, UNTRIED
from lookalikes import LOOKALIKES
from torch import Tensor

from rewardsmith.contracts import Task
from rewardsmith.reward.guard.independence import Independence, Values
from rewardsmith.reward.guard.probe import probe
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import States, make_states
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram
from tests.training import preset_of

SIZES = (1, 2, 5, 64, 256, 1_000)
ROWS = torch.rand(1_600, 3, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def states(reach: Task) -> States:
    return make_states(reach.signals, preset_of(reach).epoch_steps, {}, preset_of(reach).envs)


def printed(source: str, task: Task) -> RewardProgram:
    return RewardProgram(check_source(source, task.signals).program)


@pytest.mark.parametrize("name", [name for name in LEAKS if name not in UNTRIED])
def test_leaks_are_found_without_looking_into_the_program(name: str, states: States, reach: Task) -> None:
    with pytest.raises(RefusedError) as caught:
        probe(printed(LEAKS[name], reach), states)
    assert caught.value.layer == "probe"


@pytest.mark.parametrize("name", LOOKALIKES)
def test_lookalikes_pass_every_time(name: str, states: States, reach: Task) -> None:
    program = printed(LOOKALIKES[name], reach)
    for _ in range(5):
        probe(program, states)


def check(function: Callable[[Tensor], Tensor]) -> None:
    """Check one plain function of ``(n, 3)``."""

    def run(arguments: list[Tensor]) -> Values:
        return {"the total": function(arguments[0])}

    Independence(run, [ROWS], run([ROWS])).check(SIZES)


def at(batch: Tensor, size: int) -> Tensor:
    return torch.full((len(batch),), float(len(batch) == size))


def after(batch: Tensor, shift: int) -> Tensor:
    return batch[:, 0].roll(shift)


@pytest.mark.parametrize("size", SIZES)
def test_what_happens_at_one_size_only(size: int) -> None:
    with pytest.raises(RefusedError, match="depends on its neighbours"):
        check(lambda x: x.sum(-1) + at(x, size))


@pytest.mark.parametrize("shift", [1, -1, 64, 256, 1_500])
@pytest.mark.parametrize("base", [0.0, 9e5])
def test_a_shift_under_a_large_base(shift: int, base: float) -> None:
    with pytest.raises(RefusedError, match="depends on its neighbours"):
        check(lambda x: base + x[:, 1] + 8.0 * after(x, shift))


@pytest.mark.parametrize("row", [0, 700, -1])
def test_one_row_that_differs(row: int) -> None:
    def bonus(batch: Tensor) -> Tensor:
        place = torch.arange(len(batch)) == row % len(ROWS)
        return batch.sum(-1) + place

    with pytest.raises(RefusedError, match="depends on its neighbours"):
        check(bonus)


def test_one_state_that_others_move() -> None:
    """Whichever it is, in one of two batches it keeps its place while the others are gone."""
    rare = float(ROWS[:, 0].max())
    with pytest.raises(RefusedError, match="depends on its neighbours"):
        check(lambda x: x[:, 1] + (x[:, 0] >= rare) * x[:, 2].mean())


def test_noise_that_hides_a_leak_hides_no_leak() -> None:
    """Rounding excuses nothing where places and sizes stay."""
    with pytest.raises(RefusedError, match="depends on its neighbours"):
        check(lambda x: torch.sin(1e8 * x[:, 0]) + torch.sin(1e8 * x[:, 1].mean()))


def test_components_that_come_and_go() -> None:
    def run(arguments: list[Tensor]) -> Values:
        total = arguments[0].sum(-1)
        return {"the total": total} | ({"component 'x'": total} if len(total) > 100 else {})

    with pytest.raises(RefusedError, match="components change"):
        Independence(run, [ROWS], run([ROWS])).check(SIZES)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.sinh(20.0 * x[:, 0]) - torch.cosh(20.0 * x[:, 0]),
        lambda x: torch.floor(1e5 * x.norm(dim=-1)),
        lambda x: torch.sin(1e6 * x.norm(dim=-1)),
        lambda x: (1e6 * x.norm(dim=-1) + x[:, 1]) - 1e6 * x.norm(dim=-1),
        lambda x: torch.exp(x.sum(-1)) - 1.0,
        lambda x: torch.acos((x / x.norm(dim=-1, keepdim=True)).norm(dim=-1).clamp(-1, 1)),
        lambda x: (x.norm(dim=-1) < 0.5).float() * 1e5,
    ],
)
def test_rounding_is_no_dependence(function: Callable[[Tensor], Tensor]) -> None:
    for _ in range(20):
        check(function)
