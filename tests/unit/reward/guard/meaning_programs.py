"""Random programs made to be read in two ways: signs, odd names, helpers, aliases, whole numbers, and every word there is.

``meaning_grammar.txt`` says what may stand where: under a heading such as ``# f`` every line is one way to write
that kind of value, and a hole such as ``{f}`` is filled with something of the kind.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from rewardsmith.contracts import Signal

_HOLE = re.compile(r"\{(\w)\}")
_PLAIN = re.compile(r"[\w.]+(\([^()]*\)|\[[^\[\]]*\])?")
_UNARY = (
    "exp tanh sigmoid relu abs square sin cos tan atan sign floor ceil round trunc frac neg erf sinh cosh expm1 absolute negative "
    "arctan deg2rad rad2deg"
).split()
_ODD = (
    "pow round sum any all sorted range zip print map filter id hash str bool ord chr divmod tuple list dict set isinstance getattr "
    "hasattr enumerate reversed sqrt exp norm tanh device dtype layout inf nan rand stack cat where clamp add size shape values pi "
    "linalg functional nn number object type input open vars next iter repr slice super property int32 string Any Final Future "
    "NamedTuple annotate uninitialized fork wait graph aten prim ops self_ helper_f helper_pow f g x total_ reward Union Number "
    "Device Stream Generator infj mean std weight lerp index scalar NotImplemented Ellipsis math_ torch_ exec_ match case _ __x d"
).split()
"""Names that mean something to TorchScript, to Python or to the guard's print, and nothing special in a program."""
_LEAVES = {
    "f": ("{s}[:, 0]", "{s}[:, 2]"), "v": ("{s}",), "q": ("{t}",), "m": ("{s}[:, :, None] * {s}[:, None, :]",),
    "b": ("{s}[:, 0] > 0.1", "{s}[:, 1] < {d}"), "i": ("{s}[:, 0].long()", "({s}[:, 2] * 10).int()"),
    "x": ("0.5", "-2", "RATE"), "r": ("0.5", "PENALTY", "2.0"), "k": ("1", "2", "COUNT"), "p": ("True", "False"),
}  # fmt: skip
"""How a value is written where the depth is used up."""
_HELPERS = (
    "({0}, {1}):\n    return torch.exp(-{0} * {1})",
    "({0}, {1}=RATE):\n    return {0} * {1}",
    "({0}, {1}=-RATE):\n    return {0} - {1}",
    "({0}, {1}: float):\n    return torch.where({0} < {1}, {0}, {1} * {0})",
    "({0}, {1}: float = -0.5):\n    {0} = {0} + 1.0\n    return -{0} * -{1}",
    "({0}, {1}: int = 2):\n    return {0} ** {1} - {1} // 2",
    "({0}, {1}=PENALTY):\n    {2} = {0} / 2.0\n    {2} += {1}\n    return {2}",
    "({0}, {1}=3):\n    if {1} > 2:\n        return {0} + 1.0\n    return {0} - {1}",
    "({0}, {1}=1.0):\n    {2}, {0} = {0} * {1}, {0} + 1.0\n    return {2} - {0}",
    "({0}, {1}=True):\n    return {0} + 1.0 if {1} else {0}",
    "({0}, {1}=0.5):\n    return {0}",
    "({0}, {1}=0.5):\n    {0} -= {1}\n    return {0}",
    "({0}, {1}=-2):\n    {2} = {0}\n    return {2}.view(-1)",
    "({0}, {1}=2):\n    return {1} * 2.0",
)
_CALLS = ("{0}({f})", "{0}({f}, {x})", "{0}({f}, {r})", "{0}({f}, -{d})", "{0}({f}, {2}={x})", "{0}({1}={f}, {2}={r})", "{0}({2}={r}, {1}={f})")
_STATEMENTS = (
    "{n} = {f}", "{n} = {f}", "{n} = {f}", "{n} = {f}", "{n}, {m} = {f}, {f}", "{n} = {m} = {f}", "{n}: float = {f}", "{n} = {o}", "{n} = {o}[:]",
    "{n} = {o}.detach()", "{n} = {o}.view(-1)", "{n} = {o}.float()", "{n} = +{o}", "{n} = {o} if {p} else {f}", "{n}, {m} = {o}, {f}",
    "{o} += {f}", "{o} -= {x}", "{o} *= {x}", "{o} /= {d}", "{o} += {o}", "{o} *= -{x}", "{o} -= -{f}", "{o} += {k}", "{o} **= 2", "{o} //= {d}", "{o} %= {d}",
    "{n} = 0.0\n{n} += {f}", "{n} = {x}\n{n} += {f}", "{n} = torch.zeros_like({f})\n{n} += {f}", "{n} = torch.zeros({s}.shape[0])\n{n} += {f}",
    "if {p}:\n    {o} = {f}", "if {p}:\n    {n} = {f}\nelse:\n    {n} = {o}", "if {p}:\n    {o} += {f}", "if {p}:\n    {n} = {o}\nelif {p}:\n    {n} = {f}\nelse:\n    {n} = -{o}",
    "if {p}:\n    {n} = {o}\nelse:\n    {n} = {f}\n{n} += 1.0", "if {p}:\n    pass\nelse:\n    {o} -= {f}", "{o} = {n} = {o}\n{n} += 1.0",
    "{o}, {n} = {f}, {o}", "{n} = {s}[:, 0]\n{n} -= 0.1", "{n} = {s}[:, 2]\n{n} *= {x}\n{m} = {s}[:, 2]", "{n} = {o}.clone()\n{n} += {f}", "'''Text.'''\n{n} = {f}",
    "{n} = ({o}, {f})[0]", "{n} = [{o}, {f}][1]", "{n} = [{f}, {o}][-1]\n{n} *= 2.0", "{n} = {\"a\": {f}, \"b\": {o}}[\"b\"]", "{n} = {x}\n{m} = {n}\n{n} += 1\n{o} = {o} * {m} * {n}",
    "{n} = ({x}, {f})\n{o} = {n}[0] * {n}[1]", "{n} = {s}.shape\n{o} = {o} * {n}[1]", "{n} = {k}\n{o} = {o} * {n}", "{n} = {x}\n{n} -= {x}\n{o} = {o} * {n}", "{n} = {x}\nif {p}:\n    {n} = {x}\n{o} = {o} - {n}",
    "{n} = {f}\nreturn {n}, {\"early\": {o}}" ,
)  # fmt: skip
_ENDS = (
    "return {f}, {\"one\": {o}, \"two\": {o}}", "total = {o} + {o}\nreturn total, {\"one\": {o}}", "total = {o}\ntotal += {f}\nreturn total, {\"one\": {o}, \"two\": {f}}",
    "total = {o}\ntotal = total + {f}\nreturn total, {\"one\": {o}}", "parts = {\"one\": {o}, \"two\": {f}}\nreturn parts[\"one\"] + parts[\"two\"], parts",
    "parts = {\"one\": {o}}\ntotal = {f}\ntotal += {o}\nreturn total, parts", "total = 0.0\ntotal += {o}\ntotal += {f}\nreturn total, {\"one\": {o}}", "return {o}, {\"one\": {o}, \"one\": {f}}",
    "total = {o} * 1.0\ntotal -= -{f}\nreturn total, {\"one\": {o}, \"total\": total}", "return {o} - -{f}, {\"b\": {f}, \"a\": {o}}", "result = {o}, {\"one\": {f}}\nreturn result",
)  # fmt: skip
_SIGNS = ("0.5", "-0.5", "2", "-2", "0.25", "-1", "True", "1e-3", "-3.5", "3", "-0.0", "1_0")


@dataclass(frozen=True)
class Generated:
    """A program and the ways of writing that it uses."""

    source: str
    features: frozenset[str]


def read_grammar() -> dict[str, tuple[str, ...]]:
    """For every kind of value, the ways to write it."""
    text = Path(__file__).with_name("meaning_grammar.txt").read_text()
    sections = (section.strip().split("\n") for section in re.split(r"^# ", text, flags=re.MULTILINE)[1:])
    return {heading[0]: tuple(ways) for heading, *ways in sections}


class MeaningPrograms:
    """Draws programs; everything random comes from ``rng``."""

    def __init__(self, rng: random.Random, signals: tuple[Signal, ...]) -> None:
        self._rng, self._grammar = rng, read_grammar()
        self._vectors = [signal.name for signal in signals if signal.shape == (3,)]
        self._quaternions = [signal.name for signal in signals if signal.shape == (4,)]

    def program(self) -> Generated:
        """One program with constants, helpers and statements."""
        rng = self._rng
        self._features: set[str] = set()
        self._locals: list[str] = []
        self._helpers: list[tuple[str, str, str]] = []
        self._taken = {"torch", "math", "F", "total", "parts", "result", *self._vectors, *self._quaternions}
        constants = [f"{name} = {rng.choice(_SIGNS)}\n" for name in ("RATE", "PENALTY", "COUNT")]
        helpers = [self._helper() for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        lines = [f"start = {self._value('f', 1)}"]
        self._locals.append("start")
        for _ in range(rng.randint(1, 5)):
            lines += self._filled(rng.choice(_STATEMENTS), 2).split("\n")
        lines += self._filled(rng.choice(_ENDS), 1).split("\n")
        body = "".join(f"    {line}\n" for line in lines)
        signals = [name for name in (*self._vectors, *self._quaternions) if re.search(rf"\b{name}\b", body)] or self._vectors[:1]
        entry = f"def compute_reward({', '.join(signals)}):\n{body}"
        parts = [*constants, *helpers, entry]
        return Generated("".join(parts), frozenset(self._features))

    def _helper(self) -> str:
        rng = self._rng
        name, form = self._new_name(), rng.choice(_HELPERS)
        names = tuple(rng.sample((*_ODD, "y", "value", "RATE"), 3))
        self._features.add(form)
        self._helpers.append((name, *names[:2]))
        return f"def {name}{form.format(*names)}\n"

    def _new_name(self) -> str:
        name = self._rng.choice([name for name in (*_ODD, "a", "b", "near", "far", "c0", "c1") if name not in self._taken])
        self._taken.add(name)
        return name

    def _value(self, kind: str, depth: int) -> str:
        rng = self._rng
        if kind == "f" and rng.random() < (0.3 if depth > 0 else 0.5) and self._locals:
            return rng.choice(self._locals)
        if kind == "f" and self._helpers and depth > 0 and rng.random() < 0.1:
            call = rng.choice(_CALLS)
            for place, name in enumerate(rng.choice(self._helpers)):
                call = call.replace(f"{{{place}}}", name)
            return self._filled(call, depth - 1)
        way = rng.choice(self._grammar[kind] if depth > 0 else _LEAVES.get(kind, self._grammar[kind]))
        return self._filled(way, depth - 1)

    def _filled(self, way: str, depth: int) -> str:
        self._features.add(way)
        new: dict[str, str] = {}

        def fill(hole: re.Match[str]) -> str:
            kind = hole[1]
            if kind in "nm" and way in _STATEMENTS:
                new[kind] = new.get(kind) or self._new_name()
                return new[kind]
            if kind == "o" and self._locals:
                return self._rng.choice(self._locals)
            return self._hole(kind, depth)

        text = _HOLE.sub(fill, way)
        self._locals += new.values()
        return text

    def _hole(self, kind: str, depth: int) -> str:
        choices = {"s": self._vectors, "t": self._quaternions, "u": _UNARY, "c": list("012")}
        if kind in choices:
            return self._rng.choice(choices[kind])
        text = self._value(kind, depth)
        return text if _PLAIN.fullmatch(text) or self._rng.random() < 0.15 else f"({text})"
