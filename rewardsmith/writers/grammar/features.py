"""Which features a task's signals allow: their roles and units decide what may be combined."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from rewardsmith.contracts import Role, Signal
from rewardsmith.feedback.quantities import matching
from rewardsmith.writers.grammar.terms import Feature, FeatureKind, ShapeKind, Term


@dataclass(frozen=True)
class Vocabulary:
    """The signals of a task, sorted by what a term can do with them."""

    effectors: tuple[str, ...]
    objects: tuple[str, ...]
    goals: tuple[str, ...]
    velocities: tuple[str, ...]
    openings: tuple[str, ...]
    actions: tuple[str, ...]
    turns: tuple[tuple[str, str], ...]
    """Orientations of an object, each with the wanted one."""
    commands: tuple[tuple[str, str], ...]
    """Velocities of the robot, each with the wanted one."""
    groups: tuple[str, ...]
    """Several points of the robot in one signal, such as fingertips."""
    balanced: tuple[str, ...]
    """Scalars that have a middle, such as the angle of a pole."""
    headings: tuple[str, ...]
    """Velocities of a robot that has nothing to handle and no goal: it is to get somewhere."""
    attitudes: tuple[str, ...]
    """Orientations of such a robot."""
    loose: tuple[str, ...]
    """Objects that move freely in a task without a goal position: they are to be raised."""
    metric: bool = False
    """Whether the task is scored by a metric, of which nobody
    knows what is little and what is much."""

    @classmethod
    def of(cls, signals: tuple[Signal, ...], *, metric: bool = False) -> Vocabulary:
        """Sort a signal table."""

        def points(role: Role) -> tuple[str, ...]:
            return tuple(s.name for s in signals if s.role == role and s.unit == "m" and s.shape == (3,))

        def named(role: Role, unit: str, shape: tuple[int, ...]) -> tuple[str, ...]:
            return tuple(s.name for s in signals if (s.role, s.unit, s.shape) == (role, unit, shape))

        effectors, objects, goals = points(Role.EFFECTOR), points(Role.OBJECT), points(Role.GOAL)
        balanced = tuple(
            s.name
            for s in signals
            if s.shape == () and s.role == Role.OBJECT and s.unit in ("m", "rad") and _has_middle(s)
        )
        roams = not any(s.role in (Role.OBJECT, Role.GOAL) for s in signals)
        return cls(
            effectors=effectors,
            objects=objects,
            goals=goals,
            turns=matching(signals, Role.OBJECT, ("quat",)),
            commands=matching(signals, Role.EFFECTOR, ("m/s", "rad/s")),
            groups=tuple(
                s.name for s in signals if s.role == Role.EFFECTOR and s.unit == "m" and len(s.shape) == 2
            ),
            balanced=balanced,
            headings=named(Role.EFFECTOR, "m/s", (3,)) if roams else (),
            attitudes=named(Role.EFFECTOR, "quat", (4,)) if roams else (),
            loose=tuple(
                name
                for name in objects
                if not goals and name.replace("_pos", "_quat") in named(Role.OBJECT, "quat", (4,))
            ),
            velocities=tuple(s.name for s in signals if s.unit in ("m/s", "rad/s") and len(s.shape) == 1),
            openings=tuple(
                s.name
                for s in signals
                if s.shape == ()
                and s.role in (Role.OBJECT, Role.GRIPPER)
                and s.unit in ("m", "rad")
                and s.name not in balanced
            ),
            metric=metric,
            actions=tuple(s.name for s in signals if s.role == Role.ACTION and len(s.shape) == 1),
        )

    @property
    def purposes(self) -> tuple[str, ...]:
        """The kinds of term that this task allows, the one that states the task's end first."""
        allowed = {
            "achieve": bool(self._ends()),
            "turn": bool(self.turns),
            "track": bool(self.commands),
            "forward": bool(self.headings),
            "lift": bool(self.loose),
            "balance": bool(self.balanced),
            "upright": bool(self.attitudes),
            "gather": bool(self.groups and self.objects),
            "approach": bool(self.effectors and self.objects),
            "precision": bool(self._ends()),
            "level": bool(self.effectors and self.objects),
            "calm": bool(self.velocities),
            "effort": bool(self.actions),
            "smooth": len(self.actions) > 1,
            "open": bool(self.openings),
        }
        return tuple(name for name, possible in allowed.items() if possible)

    def draw(self, purpose: str, rng: random.Random) -> Term:
        """A random term for one of :attr:`purposes`."""
        if purpose in _BY_KIND:
            return self._by_kind(purpose, rng)
        if purpose in ("achieve", "precision"):
            return self._achieve(purpose, rng)
        if purpose == "approach":
            shape: ShapeKind = rng.choice(("tanh", "exp"))
            return _term(
                purpose, self._approach(rng), shape, log_uniform(rng, 0.05, 0.4), log_uniform(rng, 0.2, 1.5)
            )
        if purpose == "level":
            feature = Feature("level", (rng.choice(self.effectors), rng.choice(self.objects)))
            return _term(purpose, feature, "exp", log_uniform(rng, 0.01, 0.1), log_uniform(rng, 0.1, 0.8))
        if purpose == "open":
            feature = Feature("value", (rng.choice(self.openings),))
            return _term(purpose, feature, "linear", log_uniform(rng, 0.05, 0.5), log_uniform(rng, 0.5, 2.0))
        if purpose == "smooth":
            return _term(
                purpose, Feature("change", self.actions[:2]), "linear", 1.0, -log_uniform(rng, 0.003, 0.05)
            )
        names = self.velocities if purpose == "calm" else self.actions[:1]
        return _term(
            purpose, Feature("magnitude", (rng.choice(names),)), "linear", 1.0, -log_uniform(rng, 0.003, 0.05)
        )

    def _ends(self) -> tuple[str, ...]:
        """What has to get to the goal: the object where there is one, else the robot."""
        return (self.objects or self.effectors) if self.goals else ()

    def _achieve(self, purpose: str, rng: random.Random) -> Term:
        feature = Feature("distance", (rng.choice(self._ends()), rng.choice(self.goals)))
        if purpose == "precision":
            return _term(purpose, feature, "gauss", log_uniform(rng, 0.015, 0.08), log_uniform(rng, 0.5, 2.0))
        gate = self._approach(rng) if self.objects and self.effectors and rng.random() < 0.2 else None
        term = _term(
            purpose,
            feature,
            rng.choice(("tanh", "exp")),
            log_uniform(rng, 0.05, 0.5),
            log_uniform(rng, 0.7, 4.0),
        )
        return replace(term, gate=gate, gate_scale=rounded(log_uniform(rng, 0.1, 0.4)))

    def _by_kind(self, purpose: str, rng: random.Random) -> Term:
        """A purpose that is one kind of feature, within its ranges of scale and weight."""
        kind, shapes, scale, weight = _BY_KIND[purpose]
        choices = {
            "turn": self.turns, "track": self.commands,
            "gather": tuple((a, b) for a in self.groups for b in self.objects),
            "forward": _single(self.headings), "lift": _single(self.loose), "balance": _single(self.balanced),
            "upright": _single(self.attitudes),
        }  # fmt: skip
        return _term(
            purpose,
            Feature(kind, rng.choice(choices[purpose])),
            rng.choice(shapes),
            log_uniform(rng, *scale),
            log_uniform(rng, *weight),
        )

    def _approach(self, rng: random.Random) -> Feature:
        effector, target = rng.choice(self.effectors), rng.choice(self.objects)
        if self.goals and rng.random() < 0.5:
            return Feature(
                "behind", (effector, target, rng.choice(self.goals)), rounded(rng.uniform(0.02, 0.08))
            )
        return Feature("distance", (effector, target))


_BY_KIND: dict[str, tuple[FeatureKind, tuple[ShapeKind, ...], tuple[float, float], tuple[float, float]]] = {
    "turn": ("turn", ("tanh", "exp", "gauss"), (0.1, 1.5), (0.7, 4.0)),
    "track": ("change", ("exp", "gauss"), (0.2, 1.0), (0.5, 3.0)),
    "forward": ("along", ("linear",), (0.5, 2.0), (0.5, 2.0)),
    "lift": ("height", ("linear",), (0.02, 0.2), (0.5, 2.0)),
    "balance": ("value", ("tanh", "exp", "gauss"), (0.05, 0.5), (0.5, 2.0)),
    "upright": ("tilt", ("exp", "tanh"), (0.1, 1.0), (0.1, 1.0)),
    "gather": ("gather", ("tanh", "exp"), (0.03, 0.3), (0.2, 1.5)),
}
"""Feature, shapes, scales and weights of purposes that need no thought."""


def _has_middle(signal: Signal) -> bool:
    """Whether zero is about the middle of a signal's range."""
    return abs(signal.low + signal.high) < 0.1 * (signal.high - signal.low)


def _single(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) for name in names)


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return low * (high / low) ** rng.random()


def rounded(value: float) -> float:
    """Three significant digits, so that programs read well."""
    return float(f"{value:.3g}")


def _term(name: str, feature: Feature, shape: ShapeKind, scale: float, weight: float) -> Term:
    return Term(name, feature, shape, rounded(scale), rounded(weight))
