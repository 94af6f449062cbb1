"""Who writes numpy is told the function of torch, and that one is accepted."""

from __future__ import annotations

import pytest
from reward_bodies import body

from rewardsmith.contracts import Task
from rewardsmith.reward.guard import Guard

FUNCTIONS = (
    ("np.exp(d)", "torch.exp(x)", "torch.exp(d)"),
    ("numpy.sqrt(d)", "torch.sqrt(x)", "torch.sqrt(d)"),
    ("np.arccos(d)", "torch.acos(x)", "torch.acos(0.5 * torch.tanh(d))"),
    ("np.clip(d, 0, 1)", "torch.clamp(x, low, high)", "torch.clamp(d, 0.0, 1.0)"),
    ("np.sum(tcp_pos)", "torch.sum(x, dim=-1)", "torch.sum(tcp_pos, dim=-1)"),
    (
        "np.linalg.norm(tcp_pos)",
        "torch.linalg.vector_norm(x, dim=-1)",
        "torch.linalg.vector_norm(tcp_pos, dim=-1)",
    ),
    (
        "np.linalg.norm(tcp_pos, axis=-1)",
        "torch.linalg.vector_norm(x, dim=-1)",
        "torch.linalg.vector_norm(tcp_pos, dim=-1)",
    ),
)


@pytest.mark.parametrize(("written", "instead", "given"), FUNCTIONS)
def test_the_function_of_torch_is_named(written: str, instead: str, given: str, guard: Guard, reach: Task):
    verdict = guard.check(body(f"q = {written}", "r = r + q"), reach)
    assert (verdict.line, verdict.message) == (4, f"{written.split('.')[0]} is not defined.")
    assert f"There is no numpy here. Write {instead}." in verdict.hint
    assert guard.check(body(f"q = {given}", "r = r + q"), reach).accepted


def test_an_import_of_numpy_is_told_what_to_write(guard: Guard, reach: Task):
    verdict = guard.check(f"import numpy as np\n{body('q = np.exp(d)', 'r = r + q')}", reach)
    assert "np.exp(x) is torch.exp(x)" in verdict.text


def test_what_torch_has_not_is_told_of_too(guard: Guard, reach: Task):
    assert "math.inf" in guard.check(body("r = r * np.inf"), reach).text
    assert "torch.pow(x, y)" in guard.check(body("r = np.power(r, 2)"), reach).text


def test_an_own_name_is_no_numpy(guard: Guard, reach: Task):
    verdict = guard.check(body("np = tcp_pos", "r = r + np.sum()"), reach)
    assert "sum without dim takes all environments together" in verdict.text
