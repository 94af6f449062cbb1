"""The prelude against rotation matrices in numpy, and dm_control's formulas one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Role, Signal
from rewardsmith.reward import prelude
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram

SIGNALS = (
    *(Signal(name, (4,), "quat", "world", "", Role.OBJECT, -1.0, 1.0) for name in ("p", "q")),
    *(Signal(name, (3,), "m", "world", "", Role.OBJECT, -1.0, 1.0) for name in ("v", "w")),
    Signal("x", (), "m", "world", "", Role.OBJECT, -1.0, 1.0),
)
GENERATOR = torch.Generator().manual_seed(3)
STATES = {
    name: torch.nn.functional.normalize(value, dim=-1) if name in "pq" else value
    for name, value in (
        (signal.name, 2.0 * torch.rand((200, *signal.shape), generator=GENERATOR) - 1.0) for signal in SIGNALS
    )
}


def run(expression: str, states: dict[str, Tensor] = STATES, above: str = "") -> np.ndarray:
    """The columns of an expression, as a program computes them, ``(n, k)``."""
    source = (
        f"{above}def compute_reward(p, q, v, w, x):\n    y = {expression}\n    c = {{}}\n"
        "    c['a'] = y[:, 0] if y.dim() > 1 else y\n    c['b'] = y[:, 1] if y.dim() > 1 else y\n"
        "    c['c'] = y[:, 2] if y.dim() > 1 else y\n    c['d'] = y[:, -1] if y.dim() > 1 else y\n"
        "    return c['a'], c\n"
    )
    _, components = RewardProgram(check_source(source, SIGNALS).program)(states)
    return torch.stack(list(components.values()), dim=-1).double().numpy()


def matrix(quaternion: Tensor) -> np.ndarray:
    """Rotation matrices by Rodrigues' formula from the angle and the axis, ``(n, 3, 3)``."""
    matrices = []
    for w, *axis in quaternion.double().tolist():
        length = math.sqrt(sum(part * part for part in axis))
        angle, (x, y, z) = 2.0 * math.atan2(length, w), (part / length for part in axis)
        cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        matrices.append(np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross)
    return np.array(matrices)


P, Q, V = matrix(STATES["p"]), matrix(STATES["q"]), STATES["v"].double().numpy()


def turned(matrices: np.ndarray) -> np.ndarray:
    return np.einsum("nij,nj->ni", matrices, V)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("quat_rotate(q, v)", turned(Q)),
        ("quat_apply(q, v)", turned(Q)),
        ("quat_rotate_inverse(q, v)", turned(Q.transpose(0, 2, 1))),
        ("quat_rotate(quat_conjugate(q), v)", turned(Q.transpose(0, 2, 1))),
        ("quat_rotate(quat_mul(p, q), v)", turned(P @ Q)),
        ("quat_axis(q)", Q[:, :, 0]),
        ("quat_axis(q, 1)", Q[:, :, 1]),
        ("quat_axis(q, axis=2)", Q[:, :, 2]),
        ("quat_rotate(q, torch.tensor([0.0, 0.0, 1.0]))", Q[:, :, 2]),
        ("normalize(v)", V / np.linalg.norm(V, axis=-1, keepdims=True)),
        ("quat_rotate_inverse(q, quat_rotate(q, v))", V),
    ],
)
def test_rotations(expression: str, expected: np.ndarray):
    assert np.allclose(run(expression)[:, :3], expected, atol=2e-6)


def test_the_angle_between_two():
    relative = P @ Q.transpose(0, 2, 1)
    expected = np.arccos(np.clip((np.trace(relative, axis1=1, axis2=2) - 1.0) / 2.0, -1.0, 1.0))
    assert np.allclose(run("quat_angle(p, q)")[:, 0], expected, atol=1e-5)
    assert np.allclose(run("quat_angle(q, p)")[:, 0], expected, atol=1e-5)
    assert np.allclose(run("quat_angle(q, -1.0 * q)")[:, 0], 0.0, atol=1e-5)
    upright = run("quat_angle(q, torch.tensor([1.0, 0, 0, 0]))")[:, 0]
    assert np.allclose(
        upright, np.arccos(np.clip((np.trace(Q, axis1=1, axis2=2) - 1.0) / 2.0, -1, 1)), atol=1e-4
    )


def test_a_rotation_about_an_axis():
    axis, angle = STATES["w"].double().numpy(), STATES["x"].double().numpy()
    length = np.linalg.norm(axis, axis=-1, keepdims=True)
    expected = np.concatenate(
        [np.cos(angle / 2)[:, None], np.sin(angle / 2)[:, None] * axis / length], axis=-1
    )
    found = run("quat_from_angle_axis(x, w)")
    assert np.allclose(found[:, [0, 1, 2]], expected[:, [0, 1, 2]], atol=1e-6)
    assert np.allclose(found[:, 3], expected[:, 3], atol=1e-6)
    one = run("quat_from_angle_axis(x, torch.tensor([0.0, 0.0, 2.0]))")
    assert np.allclose(
        one, np.stack([np.cos(angle / 2), 0 * angle, 0 * angle, np.sin(angle / 2)], -1), atol=1e-6
    )


def test_by_hand():
    half = math.sqrt(0.5)
    quarter = {**STATES, "q": torch.tensor([[half, 0.0, 0.0, half]]), "v": torch.tensor([[1.0, 0.0, 0.0]])}
    states = {name: value[:1] for name, value in quarter.items()}
    assert np.allclose(run("quat_rotate(q, v)", states)[0, :3], [0.0, 1.0, 0.0], atol=1e-6)
    assert np.allclose(run("quat_angle(q, quat_mul(q, q))", states)[0, 0], math.pi / 2, atol=1e-6)
    assert run("normalize(0.0 * v)", states).tolist() == [[0.0] * 4]


def sigmoid(x: float, value: float, name: str) -> float:
    """As dm_control's ``utils/rewards.py`` describes its sigmoids: 1 at 0, ``value`` at 1."""
    match name:
        case "gaussian":
            return value ** (x * x)
        case "hyperbolic":
            return 1.0 / math.cosh(x * math.acosh(1.0 / value))
        case "long_tail":
            return 1.0 / ((1.0 / value - 1.0) * x * x + 1.0)
        case "reciprocal":
            return 1.0 / (abs(x) * (1.0 / value - 1.0) + 1.0)
        case "tanh_squared":
            return 1.0 - math.tanh(x * math.atanh(math.sqrt(1.0 - value))) ** 2
        case "cosine":
            scaled = x * math.acos(2.0 * value - 1.0) / math.pi
            return (1.0 + math.cos(math.pi * scaled)) / 2.0 if abs(scaled) < 1.0 else 0.0
        case "linear":
            return 1.0 - x * (1.0 - value) if abs(x * (1.0 - value)) < 1.0 else 0.0
        case "quadratic":
            scaled = x * math.sqrt(1.0 - value)
            return 1.0 - scaled * scaled if abs(scaled) < 1.0 else 0.0
    raise AssertionError(name)


@pytest.mark.parametrize("name", prelude.SCALES)
@pytest.mark.parametrize("value", [0.1, 0.5])
def test_tolerances(name: str, value: float):
    lower, upper, margin = -0.1, 0.2, 0.3
    found = run(
        f"tolerance(x, bounds=({lower}, {upper}), margin={margin}, sigmoid='{name}', value_at_margin={value})"
    )[:, 0]
    expected = [
        1.0 if lower <= x <= upper else sigmoid((lower - x if x < lower else x - upper) / margin, value, name)
        for x in STATES["x"].double().tolist()
    ]
    assert np.allclose(found, expected, atol=2e-6)
    at_margin = {**STATES, "x": torch.full((200,), upper + margin)}
    call = f"tolerance(x, ({lower}, {upper}), {margin}, '{name}', {value})"
    assert np.allclose(run(call, at_margin), value, atol=1e-5)


def test_a_tolerance_without_a_margin_and_without_an_end():
    x = STATES["x"].double().numpy()
    assert np.array_equal(run("tolerance(x, bounds=(-0.5, 0.5))")[:, 0], (np.abs(x) <= 0.5).astype(float))
    for end in ("float('inf')", "math.inf"):
        found = run(f"tolerance(x, (0.0, {end}), margin=1.0, sigmoid='linear', value_at_margin=0)")[:, 0]
        assert np.allclose(found, np.clip(1.0 + np.minimum(x, 0.0), 0.0, 1.0), atol=1e-6)
    below = run("tolerance(x, (-math.inf, LOW), margin=MARGIN)", above="LOW, MARGIN = 0, 0.5\n")[:, 0]
    assert np.allclose(below, 0.1 ** (np.maximum(x, 0.0) / 0.5) ** 2, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("tolerance(x, sigmoid='steep', margin=1.0)", "has these sigmoids: gaussian, hyperbolic"),
        ("tolerance(x, bounds=x)", "the bounds of a tolerance are two numbers"),
        ("tolerance(x, bounds=(0.5, 0.1))", "the lower bound of a tolerance is above the upper one"),
        ("tolerance(x, margin=-1.0)", "the margin of a tolerance is not negative"),
        (
            "tolerance(x, margin=1.0, value_at_margin=0.0)",
            "value_at_margin is a plain number between 0 and 1",
        ),
        ("tolerance(x, margin=1.0, value_at_margin=x)", "value_at_margin is a plain number between 0 and 1"),
        ("tolerance(x, margin=1.0, value=0.1)", "tolerance takes x, bounds"),
        ("tolerance()", "tolerance takes x, bounds"),
        ("tolerance(x, (0.0, 1.0), bounds=(0.0, 1.0))", "tolerance takes x, bounds"),
    ],
)
def test_tolerances_say_what_they_take(call: str, message: str):
    with pytest.raises(RefusedError, match=message) as caught:
        check_source(f"def compute_reward(x):\n    r = {call}\n    return r, {{'r': r}}\n", SIGNALS)
    assert caught.value.line == 2


def test_a_programs_own_helper_of_the_same_name_is_kept():
    own = "def quat_mul(a, b):\n    return a * 0.0 + b\n"
    assert np.allclose(run("quat_mul(p, q)", above=own)[:, :3], STATES["q"][:, :3].numpy())
    # what the prelude does itself is not changed by it
    assert np.allclose(
        run("quat_angle(p, q) + 0.0 * quat_mul(p, q)[:, 0]", above=own), run("quat_angle(p, q)")
    )
    loose = "def tolerance(x, k):\n    return x * k\n"
    assert np.allclose(run("tolerance(x, 2.0)", above=loose)[:, 0], 2.0 * STATES["x"].numpy())


def test_what_is_stored_holds_the_helpers_that_it_calls():
    source = (
        "def compute_reward(q, x):\n    r = quat_axis(q, 2)[:, 2] + tolerance(x, margin=0.1)\n"
        "    return r, {'r': r}\n"
    )
    printed = check_source(source, SIGNALS).program
    assert printed.count("def ") == 3
    assert check_source(printed, SIGNALS).program == printed
    assert check_source(printed, None).program == printed


def test_only_what_is_called_is_added():
    assert "quat" not in check_source("def compute_reward(x):\n    return x, {'x': x}\n", SIGNALS).program


def test_refusals_name_the_line_of_the_call():
    with pytest.raises(RefusedError) as caught:
        check_source(
            "def compute_reward(x):\n    r = x\n    r = quat_mul(r, e=x)\n    return r, {'r': r}\n", SIGNALS
        )
    assert caught.value.line == 3


@pytest.mark.parametrize(("other", "name"), prelude.OTHER_NAMES.items())
def test_other_libraries_names_are_known(other: str, name: str):
    arguments = "x" if name == "quat_conjugate" else "x, x"
    source = "def compute_reward(x):\n    r = {}(" + arguments + ")\n    return r, {{'r': r}}\n"
    printed = check_source(source.format(other), SIGNALS)
    assert printed.notes == (f"{other} is taken for {name}",)
    assert printed.program == check_source(source.format(name), SIGNALS).program
    own = check_source(
        f"def {other}(x):\n    return x\n" + source.format(other).replace("x, x", "x"), SIGNALS
    )
    assert not own.notes
    assert f"def helper_{other}(x: Tensor):\n    return x\n" in own.program


def test_every_helper_has_its_line_and_its_text():
    assert len(prelude.lines()) == 10
    assert prelude.lines()[0] == "quat_mul(a, b): the rotation b, then the rotation a"
    for helper in prelude.HELPERS:
        assert helper.name in prelude.TEXTS or helper.name == prelude.TOLERANCE
        assert helper.line.startswith(f"{helper.name}(")
    assert all("def " + name + "(" in text for name, text in prelude.TEXTS.items())
