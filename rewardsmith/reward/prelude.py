"""Helpers that every reward program may call without defining them: rotations and tolerances.

They are source text of the reward language like a program's own, so what a program calls is added
to it before it is checked, printed and stored. A program's own function of the same name is kept.
Quaternions are of unit length, w first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Helper:
    """One helper, as a prompt or a page of documentation tells of it."""

    name: str
    signature: str
    meaning: str

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.name}{self.signature}: {self.meaning}"


HELPERS = (
    Helper("quat_mul", "(a, b)", "the rotation b, then the rotation a"),
    Helper("quat_conjugate", "(q)", "the rotation back"),
    Helper("quat_rotate", "(q, v)", "the vector v turned by q: from the body's frame into the world's"),
    Helper("quat_rotate_inverse", "(q, v)", "v turned back by q: from the world's frame into the body's"),
    Helper("quat_apply", "(q, v)", "the same as quat_rotate"),
    Helper("quat_angle", "(a, b)", "angle between two orientations, 0 to pi rad, (num_envs,)"),
    Helper("quat_axis", "(q, axis=0)", "the body's axis (0, 1, 2 for x, y, z) in the world's frame"),
    Helper("quat_from_angle_axis", "(angle, axis)", "the rotation by an angle in rad about an axis"),
    Helper("normalize", "(x, eps=1e-9, dim=-1)", "x divided by its length, or by eps where it is shorter"),
    Helper(
        "tolerance",
        '(x, bounds=(0.0, 0.0), margin=0.0, sigmoid="gaussian", value_at_margin=0.1)',
        "1 within the bounds, value_at_margin where x is a margin away from them; sigmoids as in "
        "dm_control: gaussian, hyperbolic, long_tail, reciprocal, cosine, linear, quadratic, tanh_squared",
    ),
)
"""What a program may call, for prompts and documentation."""

OTHER_NAMES: Mapping[str, str] = {
    "quat_conj": "quat_conjugate", "quat_inv": "quat_conjugate", "quat_inverse": "quat_conjugate",
    "quat_multiply": "quat_mul", "quat_apply_inverse": "quat_rotate_inverse",
    "quat_diff_rad": "quat_angle", "quat_distance": "quat_angle", "quat_error_magnitude": "quat_angle",
}  # fmt: skip
"""What other libraries, and programs that define no such function, call them."""

_ROTATIONS = {
    "quat_mul": """
def quat_mul(a: Tensor, b: Tensor):
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    w = aw * bw - ax * bx - ay * by - az * bz
    x = aw * bx + ax * bw + ay * bz - az * by
    y = aw * by - ax * bz + ay * bw + az * bx
    z = aw * bz + ax * by - ay * bx + az * bw
    return torch.stack([w, x, y, z], dim=-1)
""",
    "quat_conjugate": """
def quat_conjugate(q: Tensor):
    return torch.cat([q[..., :1], -q[..., 1:]], dim=-1)
""",
    "quat_angle": """
def quat_angle(a: Tensor, b: Tensor):
    a, b = a + torch.zeros_like(b), b + torch.zeros_like(a)
    u, v = a[..., 1:], b[..., 1:]
    turn = b[..., :1] * u - a[..., :1] * v - torch.linalg.cross(u, v, dim=-1)
    return 2.0 * torch.atan2(torch.norm(turn, dim=-1), torch.abs(torch.sum(a * b, dim=-1)))
""",
    "quat_axis": """
def quat_axis(q: Tensor, axis: int = 0):
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    first = torch.stack([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)], dim=-1)
    second = torch.stack([2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)], dim=-1)
    third = torch.stack([2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)], dim=-1)
    return torch.stack([first, second, third], dim=-2).select(-2, axis)
""",
    "quat_from_angle_axis": """
def quat_from_angle_axis(angle: Tensor, axis: Tensor):
    half = 0.5 * angle.unsqueeze(-1)
    unit = axis / torch.clamp(torch.norm(axis, dim=-1, keepdim=True), min=1e-9)
    turn = unit * torch.sin(half)
    return torch.cat([torch.cos(half) + 0.0 * turn[..., :1], turn], dim=-1)
""",
    "normalize": """
def normalize(x: Tensor, eps: float = 1e-9, dim: int = -1):
    return x / torch.clamp(torch.norm(x, dim=dim, keepdim=True), min=eps)
""",
}
_TURN = """
def {name}(q: Tensor, v: Tensor):
    u = {sign}q[..., 1:]
    v = v + torch.zeros_like(u)
    t = 2.0 * torch.linalg.cross(u, v, dim=-1)
    return v + q[..., :1] * t + torch.linalg.cross(u, t, dim=-1)
"""
_TOLERANCE = """
def {name}(x: Tensor, lower: float, upper: float, margin: float, scale: float):
    s = scale * (torch.relu(lower - x) + torch.relu(x - upper)) / margin
    return {value}
"""
_WITHIN = """
def {name}(x: Tensor, lower: float, upper: float):
    return torch.where((x >= lower) & (x <= upper), torch.ones_like(x), torch.zeros_like(x))
"""
_VALUES = {
    "gaussian": "torch.exp(-0.5 * s ** 2)",
    "hyperbolic": "1.0 / torch.cosh(s)",
    "long_tail": "1.0 / (s ** 2 + 1.0)",
    "reciprocal": "1.0 / (s + 1.0)",
    "cosine": "torch.where(s < 1.0, (1.0 + torch.cos(math.pi * s)) / 2.0, torch.zeros_like(s))",
    "linear": "torch.relu(1.0 - s)",
    "quadratic": "torch.relu(1.0 - s ** 2)",
    "tanh_squared": "1.0 - torch.tanh(s) ** 2",
}
"""Each is 1 at 0. Source: dm_control, ``utils/rewards.py``."""
SCALES: Mapping[str, Callable[[float], float]] = {
    "gaussian": lambda value: math.sqrt(-2.0 * math.log(value)),
    "hyperbolic": lambda value: math.acosh(1.0 / value),
    "long_tail": lambda value: math.sqrt(1.0 / value - 1.0),
    "reciprocal": lambda value: 1.0 / value - 1.0,
    "cosine": lambda value: math.acos(2.0 * value - 1.0) / math.pi,
    "linear": lambda value: 1.0 - value,
    "quadratic": lambda value: math.sqrt(1.0 - value),
    "tanh_squared": lambda value: math.atanh(math.sqrt(1.0 - value)),
}
"""What makes each sigmoid the given value at 1."""
REACHES_ZERO = frozenset({"cosine", "linear", "quadratic"})
"""Sigmoids that may be 0 at the margin."""
TOLERANCE = "tolerance"
WITHIN = "tolerance_within"
"""The helper of a tolerance without a margin."""

TEXTS: Mapping[str, str] = {
    **_ROTATIONS,
    "quat_rotate": _TURN.format(name="quat_rotate", sign=""),
    "quat_apply": _TURN.format(name="quat_apply", sign=""),
    "quat_rotate_inverse": _TURN.format(name="quat_rotate_inverse", sign="-"),
    WITHIN: _WITHIN.format(name=WITHIN),
    **{
        f"{TOLERANCE}_{sigmoid}": _TOLERANCE.format(name=f"{TOLERANCE}_{sigmoid}", value=value)
        for sigmoid, value in _VALUES.items()
    },
}
"""The source of each; ``tolerance`` is one function for each sigmoid there. None calls another."""


def lines() -> tuple[str, ...]:
    """One line for each helper: its name, parameters and meaning."""
    return tuple(helper.line for helper in HELPERS)
