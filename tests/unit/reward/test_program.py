"""What a compiled program can reach: nothing but copies."""

from __future__ import annotations

import pytest
import torch

from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.program import ProgramFailedError, RewardProgram

HEAD = "def compute_reward(a: Tensor, b: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"


def compiled(*statements: str) -> RewardProgram:
    return RewardProgram(HEAD + "".join(f"    {line}\n" for line in statements))


def signals() -> dict[str, torch.Tensor]:
    return {"a": torch.arange(6.0), "b": torch.ones(6)}


def test_results_share_no_memory_with_signals_or_each_other() -> None:
    given = signals()
    total, components = compiled("return a, {'a': a, 'view': a.view(6), 'b': b[:]}")(given)
    tensors = [total, *components.values(), *given.values()]
    assert len({tensor.untyped_storage().data_ptr() for tensor in tensors}) == len(tensors)
    assert torch.equal(total, given["a"])


@pytest.mark.parametrize(
    "statement",
    ["a.zero_()", "a.data.zero_()", "a[:] = b", "a.set_(b)", "a.resize_([1])", "a += b", "a.copy_(b)"],
)
@pytest.mark.usefixtures("unchecked")
def test_signals_stay_as_they_are(statement: str) -> None:
    given = signals()
    total, _ = compiled(statement, "return b, {'b': b}")(given)
    assert torch.equal(given["a"], torch.arange(6.0))
    assert torch.equal(total, torch.ones(6))


def test_names_bind_in_any_order() -> None:
    program = RewardProgram(
        "def compute_reward(b: Tensor, a: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
        "    return b - a, {'a': a}\n"
    )
    total, _ = program(signals())
    assert torch.equal(total, 1.0 - torch.arange(6.0))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("return a[9:10] + b[:3].view(7), {}", "invalid for input"),
        ("return a.sum(dim=4), {'a': a}", "Dimension out of range"),
        ("return torch.ones([1000000, 1000000, 10]), {'a': a}", "memory"),
        ("raise ValueError('own error')", "own error"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_every_failure_is_one_kind_of_error(statement: str, message: str) -> None:
    with pytest.raises(ProgramFailedError, match=message):
        compiled(statement)(signals())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "def f(a: Tensor):\n    return a\n",
        f"{HEAD}    return a\n",
        f"{HEAD}    return nothing, {{}}\n",
    ],
)
def test_text_that_is_no_program(text: str) -> None:
    with pytest.raises(ProgramFailedError):
        RewardProgram(text)


def test_a_signal_that_is_not_there() -> None:
    with pytest.raises(ProgramFailedError, match="no signal 'b'"):
        compiled("return a, {'a': a}")({"a": torch.zeros(3)})


def test_components_are_numbers_of_every_state() -> None:
    parts = "{'near': a > 2.0, 'count': a.long(), 'one': a.sum(), 'double': b.double(), 'column': a[:, None]}"
    _, components = compiled(f"return a, {parts}")(signals())
    assert all(value.dtype == torch.float32 and value.shape == (6,) for value in components.values())
    assert components["near"].tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    assert components["one"].tolist() == [15.0] * 6
    assert torch.equal(components["column"], torch.arange(6.0))


def test_gradients_are_not_recorded() -> None:
    given = {"a": torch.ones(3, requires_grad=True), "b": torch.ones(3)}
    total, _ = compiled("return a * 2.0, {'a': a}")(given)
    assert not total.requires_grad


@pytest.mark.parametrize(
    "statement",
    [
        "a.zero_()",
        "torch.save(a, 'file')",
        "b = torch.from_file('f', True, 6)",
        "a += b",
        "b = torch.rand([6])",
    ],
)
def test_there_is_no_way_to_a_program_that_holds_more_than_the_guard_allows(statement: str) -> None:
    with pytest.raises(RefusedError):
        compiled(statement, "return b, {'b': b}")
