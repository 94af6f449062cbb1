"""Random programs made to be read in two ways: signs, odd names, helpers, aliases, whole numbers,
and every word there is.

``meaning_grammar.txt`` says what may stand where: under a heading such as ``# f`` every line is one
way to write that kind of value, and a hole such as ``{f}`` is filled with something of the kind.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rewardsmith.contracts import Signal

_HOLE = re.compile(r"\{(\w)\}")
_PLAIN = re.compile(r"[\w.]+(\([^()]*\)|\[[^\[\]]*\])?")
_UNARY = """
    exp tanh sigmoid relu abs square sin cos tan atan sign floor ceil round trunc frac neg erf sinh cosh
    expm1 absolute negative arctan deg2rad rad2deg
"""
_ODD = """
    pow round sum any all sorted range zip print map filter id hash str bool ord chr divmod tuple list
    dict set isinstance getattr hasattr enumerate reversed sqrt exp norm tanh device dtype layout inf
    nan rand stack cat where clamp add size shape values pi linalg functional nn number object type
    input open vars next iter repr slice super property int32 string Any Final Future NamedTuple
    annotate uninitialized fork wait graph aten prim ops self_ helper_f helper_pow f g x total_ reward
    Union Number Device Stream Generator infj mean std weight lerp index scalar NotImplemented math_
    torch_ exec_ match case _ d
"""
"""Names that mean something to TorchScript, to Python or to the
guard's print, and nothing special in a program."""
_SIGNS = ("0.5", "-0.5", "2", "-2", "0.25", "-1", "True", "1e-3", "-3.5", "3", "1_0", "- -0.5", "+2.0")
_LEAVES = {
    "f": ("{s}[:, 0]", "{s}[:, 2]"), "v": ("{s}",), "q": ("{t}",),
    "m": ("{s}[:, :, None] * {s}[:, None, :]",), "b": ("{s}[:, 0] > 0.1", "{s}[:, 1] < {d}"),
    "i": ("{s}[:, 0].long()", "({s}[:, 2] * 10).int()"), "x": ("0.5", "-2", "RATE"),
    "r": ("0.5", "PENALTY", "2.0"), "k": ("1", "2", "COUNT"), "p": ("True", "False"),
}  # fmt: skip
"""How a value is written where the depth is used up."""
_SIGNALS = 6
"""So many vectors and quaternions of the task are read at most."""


@dataclass(frozen=True)
class Generated:
    """A program and the ways of writing that it uses."""

    source: str
    features: frozenset[str]


def all_features() -> frozenset[str]:
    """Every way of writing that there is."""
    return frozenset(way for ways in read_grammar().values() for way in ways)


def read_grammar() -> dict[str, tuple[str, ...]]:
    """For every kind of value and statement, the ways to write it."""
    text = Path(__file__).with_name("meaning_grammar.txt").read_text(encoding="utf-8")
    sections = (section.strip().split("\n") for section in re.split(r"^# ", text, flags=re.MULTILINE)[1:])
    return {
        heading.split(":")[0]: tuple(way.replace("\\n", "\n") for way in ways) for heading, *ways in sections
    }


class MeaningPrograms:
    """Draws programs; everything random comes from ``rng``."""

    def __init__(self, rng: random.Random, signals: tuple[Signal, ...]) -> None:
        self._rng, self._grammar = rng, read_grammar()
        self._vectors = [signal.name for signal in signals if signal.shape == (3,)][:_SIGNALS]
        self._quaternions = [signal.name for signal in signals if signal.shape == (4,)]

    def program(self) -> Generated:
        """One program with constants, helpers and statements."""
        rng = self._rng
        self._features: set[str] = set()
        self._locals: list[str] = []
        self._helpers: list[tuple[str, str, str]] = []
        self._taken = {"start", "total", "parts", "result", *self._vectors, *self._quaternions}
        constants = [
            f"RATE = {rng.choice(_SIGNS)}\n",
            f"PENALTY = {rng.choice(('-0.5', '0.25', '-2.0'))}\n",
            f"COUNT = {rng.choice(('3', '-2', '+1', '-1'))}\n",
        ]
        helpers = [self._helper() for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        lines = [f"start = {self._value('f', 1)} + {self._value('f', 1)}"]
        self._locals.append("start")
        for _ in range(rng.randint(1, 4)):
            lines += self._statement("statement", 2)
        lines += self._statement("end", 1)
        body = "".join(f"    {line}\n" for line in lines)
        signals = [name for name in (*self._vectors, *self._quaternions) if re.search(rf"\b{name}\b", body)]
        entry = f"def compute_reward({', '.join(signals or self._vectors[:1])}):\n{body}"
        return Generated("".join([*constants, *helpers, entry]), frozenset(self._features))

    def _helper(self) -> str:
        rng = self._rng
        name, form = self._new_name(), rng.choice(self._grammar["helper"])
        own = rng.sample((*_ODD.split(), "y", "value", "RATE"), 3)
        self._features.add(form)
        self._helpers.append((name, own[0], own[1]))
        return f"def {name}{_numbered(form, own)}\n"

    def _statement(self, kind: str, depth: int) -> list[str]:
        form = self._rng.choice(self._grammar[kind])
        self._features.add(form)
        return self._filled(form, depth).split("\n")

    def _new_name(self) -> str:
        name = self._rng.choice(
            [name for name in (*_ODD.split(), "a", "b", "near", "far", "c0", "c1") if name not in self._taken]
        )
        self._taken.add(name)
        return name

    def _value(self, kind: str, depth: int) -> str:
        rng = self._rng
        if kind == "f" and self._locals and rng.random() < (0.3 if depth > 0 else 0.5):
            return rng.choice(self._locals)
        if kind == "f" and self._helpers and depth > 0 and rng.random() < 0.1:
            form = rng.choice(self._grammar["call"])
            self._features.add(form)
            return self._filled(_numbered(form, rng.choice(self._helpers)), depth - 1)
        way = rng.choice(self._grammar[kind] if depth > 0 else _LEAVES.get(kind, self._grammar[kind]))
        self._features.add(way)
        return self._filled(way, depth - 1)

    def _filled(self, way: str, depth: int) -> str:
        new: dict[str, str] = {}

        def fill(hole: re.Match[str]) -> str:
            kind = hole[1]
            if kind in "nlwy":
                new[kind] = new.get(kind) or self._new_name()
                return new[kind]
            if kind == "o":
                return self._rng.choice(self._locals)
            choices = {"s": self._vectors, "t": self._quaternions, "u": _UNARY.split(), "c": list("012")}
            if kind in choices:
                return self._rng.choice(choices[kind])
            text = self._value(kind, depth)
            return text if _PLAIN.fullmatch(text) or self._rng.random() < 0.1 else f"({text})"

        text = _HOLE.sub(fill, way)
        self._locals += (name for kind, name in new.items() if kind in "nl")
        return text


def _numbered(form: str, names: Sequence[str]) -> str:
    for place, name in enumerate(names):
        form = form.replace(f"{{{place}}}", name)
    return form
