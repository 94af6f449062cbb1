"""Which features a task's signals allow: their roles and units decide what may be combined."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from rewardsmith.contracts import Role, Signal
from rewardsmith.writers.grammar.tree import Feature, ShapeKind, Term


@dataclass(frozen=True)
class Vocabulary:
    """The signals of a task, sorted by what a term can do with them."""

    effectors: tuple[str, ...]
    objects: tuple[str, ...]
    goals: tuple[str, ...]
    velocities: tuple[str, ...]
    openings: tuple[str, ...]
    actions: tuple[str, ...]

    @classmethod
    def of(cls, signals: tuple[Signal, ...]) -> Vocabulary:
        """Sort a signal table."""

        def points(role: Role) -> tuple[str, ...]:
            return tuple(s.name for s in signals if s.role == role and s.unit == "m" and s.shape == (3,))

        return cls(
            effectors=points(Role.EFFECTOR),
            objects=points(Role.OBJECT),
            goals=points(Role.GOAL),
            velocities=tuple(s.name for s in signals if s.unit in ("m/s", "rad/s") and len(s.shape) == 1),
            openings=tuple(s.name for s in signals if s.shape == () and s.role in (Role.OBJECT, Role.GRIPPER)),
            actions=tuple(s.name for s in signals if s.role == Role.ACTION and len(s.shape) == 1),
        )

    @property
    def purposes(self) -> tuple[str, ...]:
        """The kinds of term that this task allows, the one that states the task's end first."""
        allowed = {
            "achieve": bool(self._ends()),
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
        if purpose in ("achieve", "precision"):
            return self._achieve(purpose, rng)
        if purpose == "approach":
            shape: ShapeKind = rng.choice(("tanh", "exp"))
            return _term(purpose, self._approach(rng), shape, log_uniform(rng, 0.05, 0.4), log_uniform(rng, 0.2, 1.5))
        if purpose == "level":
            feature = Feature("level", (rng.choice(self.effectors), rng.choice(self.objects)))
            return _term(purpose, feature, "exp", log_uniform(rng, 0.01, 0.1), log_uniform(rng, 0.1, 0.8))
        if purpose == "open":
            feature = Feature("value", (rng.choice(self.openings),))
            return _term(purpose, feature, "linear", log_uniform(rng, 0.05, 0.5), log_uniform(rng, 0.5, 2.0))
        if purpose == "smooth":
            return _term(purpose, Feature("change", self.actions[:2]), "linear", 1.0, -log_uniform(rng, 0.003, 0.05))
        names = self.velocities if purpose == "calm" else self.actions[:1]
        return _term(purpose, Feature("magnitude", (rng.choice(names),)), "linear", 1.0, -log_uniform(rng, 0.003, 0.05))

    def _ends(self) -> tuple[str, ...]:
        """What has to get to the goal: the object where there is one, else the robot."""
        return (self.objects or self.effectors) if self.goals else ()

    def _achieve(self, purpose: str, rng: random.Random) -> Term:
        feature = Feature("distance", (rng.choice(self._ends()), rng.choice(self.goals)))
        if purpose == "precision":
            return _term(purpose, feature, "gauss", log_uniform(rng, 0.015, 0.08), log_uniform(rng, 0.5, 2.0))
        gate = self._approach(rng) if self.objects and self.effectors and rng.random() < 0.2 else None
        term = _term(purpose, feature, rng.choice(("tanh", "exp")), log_uniform(rng, 0.05, 0.5), log_uniform(rng, 0.7, 4.0))
        return replace(term, gate=gate, gate_scale=rounded(log_uniform(rng, 0.1, 0.4)))

    def _approach(self, rng: random.Random) -> Feature:
        effector, target = rng.choice(self.effectors), rng.choice(self.objects)
        if self.goals and rng.random() < 0.5:
            return Feature("behind", (effector, target, rng.choice(self.goals)), rounded(rng.uniform(0.02, 0.08)))
        return Feature("distance", (effector, target))


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return low * (high / low) ** rng.random()


def rounded(value: float) -> float:
    """Three significant digits, so that programs read well."""
    return float(f"{value:.3g}")


def _term(name: str, feature: Feature, shape: ShapeKind, scale: float, weight: float) -> Term:
    return Term(name, feature, shape, rounded(scale), rounded(weight))
