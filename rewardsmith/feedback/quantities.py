"""What to look at in an episode: quantities that the roles of a task's signals suggest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Literal

from rewardsmith.contracts import Role, Signal

if TYPE_CHECKING:
    from torch import Tensor

_EACH, _MOST = 3, 9
"""Quantities of a kind, and in all: more would be a table that nobody reads."""


@dataclass(frozen=True)
class Quantity:
    """A number per environment, computed from signals.

    With the signals ``a`` and ``b``, along the last axis: ``gap`` is ``|a - b|``, ``turn`` the
    angle between two attitudes ``2 acos |a . b|``, ``height`` the third component, ``size`` is
    ``|a|`` and ``value`` the scalar as it is.
    """

    name: str
    unit: str
    kind: Literal["gap", "turn", "height", "size", "value"]
    signals: tuple[str, ...]

    def of(self, signals: Mapping[str, Tensor]) -> Tensor:
        """Its values.

        Args:
            signals: At least those that it names, ``(n, *shape)``.

        Returns:
            ``(n,)``.
        """
        a = signals[self.signals[0]]
        if self.kind == "gap":
            return (a - signals[self.signals[1]]).norm(dim=-1)
        if self.kind == "turn":
            return 2.0 * (a * signals[self.signals[1]]).sum(dim=-1).abs().clamp(max=1.0).acos()
        if self.kind == "height":
            return a[:, 2]
        return a.norm(dim=-1) if self.kind == "size" else a


def matching(signals: Iterable[Signal], role: Role, units: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Signals with the goal that has their unit, their shape and the end of their name.

    Such as ``base_lin_vel`` and ``goal_lin_vel``.
    """
    return tuple(
        (own.name, goal.name)
        for own, goal in product(tuple(signals), repeat=2)
        if (own.role, goal.role) == (role, Role.GOAL)
        and own.unit in units
        and (own.unit, own.shape) == (goal.unit, goal.shape)
        and len(own.shape) == 1
        and own.name.endswith(goal.name.removeprefix("goal"))
    )


def watched(signals: tuple[Signal, ...]) -> tuple[Quantity, ...]:
    """What a person would look at: how near, how far turned, how high, how fast, how open.

    Of things that are handled where there are any, else of the robot.
    """
    kinds = (_distances(signals), _turns(signals), _commands(signals), _heights(signals), _speeds(signals))
    several = (islice(kind, _EACH) for kind in (*kinds, _values(signals)))
    return tuple(quantity for kind in several for quantity in kind)[:_MOST]


def _points(signals: tuple[Signal, ...], role: Role) -> list[str]:
    return [s.name for s in signals if s.role == role and s.unit == "m" and s.shape == (3,)]


def _handled(signals: tuple[Signal, ...]) -> Role:
    return Role.OBJECT if any(s.role == Role.OBJECT for s in signals) else Role.EFFECTOR


def _distances(signals: tuple[Signal, ...]) -> Iterator[Quantity]:
    objects, goals = _points(signals, Role.OBJECT), _points(signals, Role.GOAL)
    effectors = _points(signals, Role.EFFECTOR)
    for a, b in (*product(objects or effectors, goals), *product(effectors, objects)):
        yield Quantity(f"distance of {a} and {b}", "m", "gap", (a, b))


def _turns(signals: tuple[Signal, ...]) -> Iterator[Quantity]:
    for a, b in matching(signals, _handled(signals), ("quat",)):
        yield Quantity(f"angle between {a} and {b}", "rad", "turn", (a, b))


def _commands(signals: tuple[Signal, ...]) -> Iterator[Quantity]:
    units = {s.name: s.unit for s in signals}
    for a, b in matching(signals, Role.EFFECTOR, ("m/s", "rad/s")):
        yield Quantity(f"difference of {a} and {b}", units[a], "gap", (a, b))


def _heights(signals: tuple[Signal, ...]) -> Iterator[Quantity]:
    level = {s.name for s in signals if s.frame == "world"}
    for name in _points(signals, _handled(signals)):
        if name in level:
            yield Quantity(f"height of {name}", "m", "height", (name,))


def _speeds(signals: tuple[Signal, ...]) -> Iterator[Quantity]:
    for s in signals:
        if s.role == _handled(signals) and s.unit == "m/s" and s.shape == (3,):
            yield Quantity(f"size of {s.name}", "m/s", "size", (s.name,))


def _values(signals: tuple[Signal, ...]) -> Iterator[Quantity]:
    for s in signals:
        if (
            s.shape == ()
            and s.role in (Role.OBJECT, Role.GRIPPER, Role.GOAL)
            and s.unit in ("m", "rad", "m/s")
        ):
            yield Quantity(s.name, s.unit, "value", (s.name,))
