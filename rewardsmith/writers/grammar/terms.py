"""Programs as trees: terms, their features and shapes; and their text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

FeatureKind = Literal[
    "distance", "behind", "level", "magnitude", "change", "value", "turn", "gather", "along", "height", "tilt"
]
ShapeKind = Literal["tanh", "exp", "gauss", "linear"]


@dataclass(frozen=True)
class Feature:
    """A number per environment, computed from signals.

    All but ``along`` and ``height`` are non-negative.
    """

    kind: FeatureKind
    """``distance`` a to b; ``behind``: distance of a from the point on the far side of b as seen
    from c; ``level``: height difference of a and b; ``magnitude`` of a; ``change`` from b to a;
    ``value``: size of a scalar a; ``turn``: angle between the orientations a and b; ``gather``:
    mean distance of the points a from b; ``along``: x of a; ``height``: z of a; ``tilt``: how far
    the orientation a is from upright, 0 to 2."""
    signals: tuple[str, ...]
    offset_m: float = 0.0
    """How far behind b the point lies."""


@dataclass(frozen=True)
class Term:
    """One component: ``weight * shape(feature / scale)``.

    Where wanted only near another feature's zero.
    """

    name: str
    feature: Feature
    shape: ShapeKind
    scale: float
    weight: float
    gate: Feature | None = None
    gate_scale: float = 0.1


@dataclass(frozen=True)
class Tree:
    """A whole program."""

    terms: tuple[Term, ...]


_TREE = TypeAdapter(Tree)


def to_plan(tree: Tree) -> str:
    """The tree as JSON, kept with the candidate for its descendants."""
    return _TREE.dump_json(tree).decode()


def from_plan(plan: str) -> Tree:
    """Read :func:`to_plan`."""
    return _TREE.validate_json(plan)


def to_source(tree: Tree) -> str:
    """Print the program."""
    printer = _Printer()
    lines = [f"    {term.name} = {printer.term(term)}" for term in tree.terms]
    parameters = dict.fromkeys(name for feature in _features(tree) for name in feature.signals)
    names = [term.name for term in tree.terms]
    components = ", ".join(f'"{name}": {name}' for name in names)
    return "\n".join(
        [
            f"def compute_reward({', '.join(parameters)}):",
            *printer.lines,
            *lines,
            f"    total = {' + '.join(names)}",
            f"    return total, {{{components}}}\n",
        ]
    )


def in_words(tree: Tree) -> str:
    """The program in a sentence per component."""
    return " ".join(_sentence(term) for term in tree.terms)


def _sentence(term: Term) -> str:
    form = {
        "tanh": "falls as tanh",
        "exp": "falls exponentially",
        "gauss": "peaks as a bell",
        "linear": "grows linearly",
    }[term.shape]
    gate = f", counted only near zero {_name(term.gate)}" if term.gate else ""
    return (
        f"{term.name} (weight {term.weight:g}) {form} with the {_name(term.feature)}, scale "
        f"{term.scale:g}{gate}."
    )


def _name(feature: Feature) -> str:
    if feature.kind == "behind":
        a, b, c = feature.signals
        return f"distance of {a} to the point {feature.offset_m:g} m behind {b} as seen from {c}"
    joined = " and ".join(feature.signals)
    return f"{_NOUNS.get(feature.kind, 'size of')} {joined}"


_NOUNS = {
    "distance": "distance between", "level": "height difference of", "change": "difference of",
    "turn": "angle between",
    "gather": "mean distance between", "along": "forward part of", "height": "height of", "tilt": "tilt of",
}  # fmt: skip


def _features(tree: Tree) -> list[Feature]:
    return [feature for term in tree.terms for feature in (term.feature, term.gate) if feature]


class _Printer:
    """Prints features once each, as named intermediate values."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[Feature, str] = {}

    def term(self, term: Term) -> str:
        x = self._feature(term.feature)
        text = {
            "tanh": f"(1.0 - torch.tanh({x} / {term.scale:g}))",
            "exp": f"torch.exp(-{x} / {term.scale:g})",
            "gauss": f"torch.exp(-(({x} / {term.scale:g}) ** 2))",
            "linear": f"({x} / {term.scale:g})",
        }[term.shape]
        gate = f" * torch.exp(-{self._feature(term.gate)} / {term.gate_scale:g})" if term.gate else ""
        return f"{term.weight:g} * {text}{gate}"

    def _feature(self, feature: Feature) -> str:
        if feature not in self._names:
            name = "_".join((feature.kind, *(signal.removesuffix("_pos") for signal in feature.signals[:2])))
            name += str(len(self._names)) if name in self._names.values() else ""
            self.lines += [f"    {line}" for line in _definition(feature, name)]
            self._names[feature] = name
        return self._names[feature]


def _definition(feature: Feature, name: str) -> list[str]:
    a, b, c = (*feature.signals, "", "")[:3]
    if feature.kind in ("distance", "change"):
        return [f"{name} = torch.norm({a} - {b}, dim=-1)"]
    if feature.kind == "behind":
        # The point at the height of b, `offset` beyond b on the line that comes from c.
        return [
            f"{name}_way = {b} - {c}",
            f"{name}_way = {name}_way / (torch.norm({name}_way, dim=-1, keepdim=True) + 0.001)",
            f"{name} = torch.norm({a} - {b} - {feature.offset_m:g} * {name}_way, dim=-1)",
        ]
    if feature.kind == "level":
        return [f"{name} = torch.abs({a}[:, 2] - {b}[:, 2])"]
    one_line = {
        "value": f"torch.abs({a})",
        "turn": f"2.0 * torch.acos(torch.clamp(torch.abs(torch.sum({a} * {b}, dim=-1)), 0.0, 1.0))",
        "gather": f"torch.mean(torch.norm({a} - {b}.unsqueeze(1), dim=-1), dim=-1)",
        "along": f"{a}[:, 0]",
        "height": f"{a}[:, 2]",
        "tilt": f"2.0 * ({a}[:, 1] ** 2 + {a}[:, 2] ** 2)",
        "magnitude": f"torch.norm({a}, dim=-1)",
    }
    return [f"{name} = {one_line[feature.kind]}"]
