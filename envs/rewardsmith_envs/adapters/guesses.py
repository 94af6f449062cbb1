"""Guesses about a signal from how its source is called, and bounds from what was seen.

A person confirms them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from rewardsmith.contracts import Role
from rewardsmith_envs.adapters.looking import Measured
from rewardsmith_envs.adapters.table import TODO

_GOALS = ("goal", "target", "desired")
_ROLES = (
    (Role.OBJECT, ("obj", "cube", "block", "ball", "puck", "box", "peg", "achieved", "handle", "door")),
    (Role.GRIPPER, ("finger", "opening")),
    (Role.EFFECTOR, ("tip", "tcp", "grip", "hand", "effector", "palm", "grasp", "ee_")),
    (Role.JOINT, ("joint", "angle", "theta", "qpos", "qvel", "speeds", "elbow", "shoulder")),
)


@dataclass(frozen=True)
class Guess:
    """What a signal might be; a value that begins with ``TODO`` is none."""

    name: str
    unit: str
    frame: str
    meaning: str
    role: str


def guess(one: Measured) -> Guess:
    """Guess by the name; what it does not tell is left to do."""
    kind, source = _source(one)
    what = str(one.reader.get("quantity", "pos"))
    if kind in ("slice", "columns"):
        return Guess(source, f"{TODO} unit", f"{TODO} frame", f"{TODO} what this number is", f"{TODO} role")
    role = _role(source)
    if kind in ("site", "body"):
        return _of_scene(kind, source, what, role if role else Role.OBJECT if kind == "body" else "")
    if kind == "joint":
        unit, words = ("rad/s", "speeds") if what == "vel" else ("rad", "angles")
        names = one.reader["joint"]
        listed = ", ".join(map(str, names)) if isinstance(names, list) else str(names)
        return Guess(f"joint_{what}", unit, "joint", f"{words} of the joints {listed}", Role.JOINT)
    unit = _unit(source, len(one.low))
    frame = {"m": "world", "m/s": "world", "quat": "world", "rad": "joint", "rad/s": "joint"}.get(unit)
    return Guess(
        name=_named(source, unit),
        unit=unit or f"{TODO} unit",
        frame=frame or f"{TODO} frame",
        meaning=f"{TODO} what {source} measures",
        role=role or f"{TODO} one of {', '.join(Role)}",
    )


def _source(one: Measured) -> tuple[str, str]:
    """The kind of a reader, and a name for what it reads."""
    reader = one.reader
    span = reader.get("columns") or reader.get("slice")
    if span and isinstance(span, list):
        return "columns", f"{identifier(str(reader.get('key', 'obs')))}_{span[0]}"
    kind = next(name for name in ("key", "site", "body", "joint", "attribute") if name in reader)
    return kind, str(reader[kind])


def _of_scene(kind: str, source: str, what: str, role: str) -> Guess:
    ending, unit, words = {
        "pos": ("pos", "m", "position"),
        "quat": ("quat", "quat", "orientation"),
        "linvel": ("vel", "m/s", "velocity"),
    }[what]
    return Guess(
        name=f"{identifier(source)}_{ending}",
        unit=unit,
        frame="world",
        meaning=f"{words} of the {kind} {source}",
        role=role or f"{TODO} one of {', '.join(Role)}",
    )


def _role(source: str) -> str:
    low = source.lower()
    if any(word in low for word in _GOALS):
        return Role.GOAL
    return next((role for role, words in _ROLES if any(word in low for word in words)), "")


def _unit(source: str, size: int) -> str:
    """By the name; empty where it tells nothing."""
    low = source.lower()
    turning = any(word in low for word in ("joint", "angle", "theta", "ang", "qvel", "qpos"))
    if "quat" in low and size == 4:
        return "quat"
    if any(word in low for word in ("vel", "speed", "omega")):
        return "rad/s" if turning or "omega" in low or _role(source) == Role.JOINT else "m/s"
    if turning:
        return "rad"
    places = ("pos", "tip", "goal", "target", "tcp", "center", "place", "elbow", "hand")
    return "m" if any(word in low for word in places) and size in (1, 2, 3) else ""


def _named(source: str, unit: str) -> str:
    name = identifier(source.replace("desired_goal", "goal").rpartition("/")[2])
    return f"{name}_pos" if unit == "m" and not name.endswith("_pos") else name


def identifier(text: str) -> str:
    """Letters, digits and underscores of a text."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "part"
    return f"s_{name}" if name[0].isdigit() else name


def widened(one: Measured, unit: str) -> tuple[float, float]:
    """Bounds that ordinary episodes stay in: policies go farther than chance does."""
    low, high = min(one.low), max(one.high)
    if unit == "quat":
        return -1.0, 1.0
    if unit.endswith("/s"):
        most = _outward(2 * max(abs(low), abs(high)))
        return -most, most
    margin = max(0.5 * (high - low), 0.05 * max(abs(low), abs(high)))
    step = 10.0 ** math.floor(math.log10(margin))
    return _tidy(math.floor((low - margin) / step) * step), _tidy(math.ceil((high + margin) / step) * step)


def _outward(number: float) -> float:
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    return _tidy(math.ceil(number / step) * step)


def _tidy(number: float) -> float:
    return float(f"{number:.6g}")


def short(number: float) -> float:
    """Four digits behind the point are enough for a start."""
    return round(number, 4) + 0.0  # no minus zero
