"""Layer 6 on its own: compiled programs that no earlier layer saw."""

from __future__ import annotations

import pytest
import torch

from rewardsmith.contracts import Role, Signal
from rewardsmith.reward.guard.probe import probe
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import FEW, WIDE, make_states
from rewardsmith.reward.program import RewardProgram

pytestmark = pytest.mark.usefixtures("unchecked")  # it would be refused before the layer under test sees it

SIGNALS = (
    Signal("a", (3,), "m", "world", "a point", Role.EFFECTOR, -0.5, 1.5),
    Signal("q", (4,), "quat", "world", "an orientation", Role.OBJECT, -1.0, 1.0),
    Signal("h", (), "m", "world", "an opening", Role.GRIPPER, 0.0, 0.04),
)
STATES = make_states(SIGNALS, 6_144, {})


def compiled(*statements: str) -> RewardProgram:
    head = "def compute_reward(a: Tensor, h: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    x = a[:, 0]\n"
    return RewardProgram(head + "".join(f"    {line}\n" for line in statements))


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["a.mul_(0.5)", "return x, {'x': x}"], "changes its inputs"),
        (["a[0, 0] = 7.0", "return x, {'x': x}"], "changes its inputs"),
        (["h.data.zero_()", "return x, {'x': x}"], "changes its inputs"),
        (["r = x + torch.rand_like(x)", "return r, {'x': x}"], "random"),
        (["torch.manual_seed(3)", "return x, {'x': x}"], "random"),
        (["r = x - x.mean()", "return r, {'x': x}"], "their number (the total)"),
        (["return x, {'x': x - x.max()}"], "their number (component 'x')"),
        (["r = x * float(1 + a.size(0) // 1000)", "return r, {'x': x}"], "neighbours"),
        (["return 1.0 / (x - x), {'x': x}"], "the total is infinite on ordinary states"),
        (["return x / (h * 100.0), {'x': x}"], "the total is NaN on states where signals are zero"),
        (["return x * 0.0 + a[:, 1] * 0.0 / x, {'x': x}"], "the same for all states"),
        (["return torch.exp(x * 9.0), {'x': x}"], "the total is infinite on states far outside"),
        (
            ["if a.size(0) == 64:", "    return x, {'x': x}", "return x, {'y': x}"],
            "components change with the number of environments",
        ),
        (["return a, {'x': x}"], "has shape (64, 3), not (num_envs,) = (64,)"),
        (["return x.double(), {'x': x}"], "is float64, not float32"),
        (["return x > 0.0, {'x': x}"], "is bool, not float32"),
        (["return x, {'x': a}"], "component 'x' has shape (64, 3), not (num_envs,) = (64,)"),
        (["return x * 1e8, {'x': x}"], "reaches"),
        (["r = torch.relu(h - 0.03999) * 1e12", "return r, {'x': x}"], "on 6144 states at once"),
        (["return x * 0.0, {'x': x}"], "the same for all states"),
        (["return x + a[:, 7], {'x': x}"], "fails when run"),
        (["r = torch.ones([a.size(0), 200000, 200000])[:, 0, 0]", "return r, {'x': x}"], "fails when run"),
    ],
)
def test_refused(statements: list[str], message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        probe(compiled(*statements), STATES)
    assert message in caught.value.message
    assert caught.value.layer == "probe"


def test_failures_when_run_name_the_line() -> None:
    with pytest.raises(RefusedError) as caught:
        probe(compiled("y = x", "r = y + a[:, 7]", "return r, {'r': r}"), STATES)
    assert caught.value.line == 4


@pytest.mark.parametrize(
    "result",
    [
        "x, {'x': x}",
        "x.clone(), {'a': x, 'b': x}",
        "a.norm(p=2, dim=-1), {'h': h}",
        "(x < -0.9).float(), {'x': x}",
        "x, {'near': x > 0.0, 'count': (x * 9.0).long(), 'double': x.double()}",
        "x, {'one': torch.tensor(0.5), 'column': x.unsqueeze(-1)}",
        "x, {'infinite': 1.0 / (x - x), 'none': torch.log(-x.abs() - 1.0), 'huge': 1e12 * x}",
        "x, {'sometimes': torch.log(x), 'wide': torch.exp(x * 9.0), 'at rest': x / (h * 100.0)}",
    ],
)
def test_accepted(result: str) -> None:
    """A signal itself is a fine component: what reaches training is a copy (see test_program)."""
    probe(compiled(f"return {result}"), STATES)


def test_recorded_states_count() -> None:
    """A program may fail nowhere but on real states."""
    recorded = {name: value.clone() for name, value in STATES.ordinary.items()}
    recorded["a"][:, 0] = 0.25
    program = compiled("r = x / (x - 0.25)", "return r, {'x': x}")
    probe(program, STATES)
    with pytest.raises(RefusedError, match="on states of a real episode"):
        probe(program, make_states(SIGNALS, 100, recorded))


def test_a_bonus_that_no_tried_state_reaches_is_enough_of_a_difference() -> None:
    """Sparse rewards are constant on almost all states; the all-zero one differs."""
    probe(compiled("r = (x.abs() < 1e-7).float()", "return r, {'r': r}"), STATES)


def test_made_up_states() -> None:
    ordinary, wide = STATES.ordinary, STATES.wide
    assert ordinary["a"].shape == (FEW, 3)
    assert -0.5 <= float(ordinary["a"].min()) < -0.4
    assert 1.4 < float(ordinary["a"].max()) <= 1.5
    assert float(wide["a"].max()) > 1.5 * WIDE / 2
    assert torch.allclose(ordinary["q"].norm(dim=-1), torch.ones(FEW))
    assert torch.equal(STATES.many["a"][:FEW], ordinary["a"])
    assert len(STATES.many["h"]) == 6_144
    assert [(kind.rows.start, kind.rows.stop) for kind in STATES.kinds] == [
        (0, 64),
        (64, 128),
        (128, 192),
        (192, None),
    ]
    assert torch.equal(make_states(SIGNALS, 6_144, {}).wide["q"], wide["q"])


def test_signals_rest_together_and_one_by_one() -> None:
    """Four turns: all three, a, q, h. Quaternions at rest turn nothing."""
    zero, ordinary, nothing = STATES.zero, STATES.ordinary, torch.tensor([1.0, 0.0, 0.0, 0.0])
    for name, place, rest in (("a", 1, torch.zeros(3)), ("q", 2, nothing), ("h", 3, torch.zeros(()))):
        for turn in range(4):
            expected = rest.expand_as(zero[name][turn::4]) if turn in (0, place) else ordinary[name][turn::4]
            assert torch.equal(zero[name][turn::4], expected)


def test_nothing_by_nothing_at_rest_is_noted_and_what_grows_towards_it_is_refused() -> None:
    way = "r = (a / a.norm(p=2, dim=-1, keepdim=True)).sum(-1)"
    note = probe(compiled(way, "return r, {'r': r}"), STATES)
    assert (
        note == "the total is NaN on states where signals are zero, and a training fails where one comes up"
    )
    assert probe(compiled("return x, {'x': x}"), STATES) == ""
    with pytest.raises(RefusedError, match="the total is infinite on states where signals are zero"):
        probe(compiled("r = x + 1.0 / h", "return r, {'r': r}"), STATES)


def test_all_kinds_are_in_the_large_batch_however_small_the_training_is() -> None:
    """And it is shown the sizes of the training, too."""
    recorded = {name: value.clone() for name, value in STATES.ordinary.items()}
    states = make_states(SIGNALS, 160, recorded, 16)
    assert [kind.name for kind in states.kinds] == [
        "ordinary states",
        "states of a real episode",
        "states far outside the ordinary range",
        "states where signals are zero",
    ]
    assert len(states.many["h"]) == 4 * FEW
    assert {16, 160, 1, 17} <= set(states.sizes)
    assert max(states.sizes) < 4 * FEW
    assert {256, 1024} <= set(make_states(SIGNALS, 6_144, {}, 256).sizes)


@pytest.mark.parametrize(
    ("statement", "line", "hint"),
    [
        ("r = x / (h * 100.0)", 3, "divide by x + 1e-6"),
        ("r = torch.acos(3.0 * x)", 3, "clamp it to -1 + 1e-6"),
        ("r = torch.log(x)", 3, "log(x + 1e-6)"),
        ("r = torch.exp(x * 9.0)", 3, "max=10.0"),
        ("r = torch.exp(x * 9.0) / (h.abs() + 1e-6)", 3, "max=10.0"),
        ("r = torch.acos(torch.clamp(x, -1.0, 1.0)) + x / h", 3, "divide by x + 1e-6"),
        ("r = (x - x) / torch.clamp(h - h, min=0.0)", None, "Bound the terms"),
    ],
)
def test_no_hint_recommends_what_the_program_does_already(statement: str, line: int | None, hint: str):
    with pytest.raises(RefusedError) as caught:
        probe(compiled(statement, "return r, {'r': r}"), STATES)
    assert hint in caught.value.hint
    assert caught.value.line == line
