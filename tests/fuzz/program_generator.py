"""Random programs from the reward language, and what bit rot and malice make of them."""

from __future__ import annotations

import ast
import copy
import random
from typing import Any

from rewardsmith.contracts import Signal

_TYPES = ("Tuple", "Dict")
_UNARY = (
    "exp tanh sigmoid relu abs sqrt log log1p square sin cos tan asin acos atan sign floor rsqrt "
    "reciprocal neg expm1"
)
_BINARY = ("+", "-", "*", "/", "**")
_FUNCTIONS = ("torch.minimum", "torch.maximum", "torch.atan2", "torch.hypot", "torch.fmod")
_ALONG = (
    "sum(dim=-1)", "mean(axis=1)", "amax(dim=1)", "cumsum(dim=1)[:, 1]", "flip([1])[:, 0]",
    "sort(dim=1)[0][:, 0]", "T[0]", "prod(dim=-1)", "repeat(1, 2)[:, 3]",
)  # fmt: skip
"""What follows several columns of each state, to one number."""
_HOSTILE = (
    "torch.rand_like(d)", "torch.save('a', 'canary.txt')", "open('canary.txt', 'w')", "d.add_(1.0)",
    "d.data", "d.item()", "torch.ones([200000, 200000])", "d.mean()", "d[0]", "d.__class__",
    "__import__('os')", "eval('1')", "torch.os.system('ls')",
    "torch.from_file('/etc/passwd', False, 10)", "d.repeat(100000)", "(lambda: 1)()",
    "[d for i in range(9)]", "torch.ops.aten.add", "d.unsqueeze(0) + d.unsqueeze(1)",
    "torch.empty(100)", "float('inf')", "1e400", "9 ** 9 ** 9", "'text'", "None", "...", "b'x'",
    "math.pi(3)", "torch.pi[0]", "math.pi.x", "torch.nn(d)", "torch.linalg(d)", "torch.exp", "math",
    "Tensor(d)", "torch.float(d)", "- -0.5", "1.0 // 0.0", "2 ** 2 ** 99", "1 << 99", "-True", "max",
    "d.sum", "(0.5 and 2)", "torch.norm(d, d, d, d)", "d.dtype + 1", "torch.zeros(d.shape[0])",
    "d @ d", "torch.einsum('b,b->', d, d)", "torch.einsum('a,b->ab', d, d)", "d.sort()[0]",
    "d.cumsum(dim=0)",
    "d[[0, 1]]", "torch.hstack([d, d])", "torch.vstack([d, d])", "d.flip([0])", "d.repeat(2)",
    "sum([d[0], d])",
    "torch.outer(d, d)", "d.median()", "torch.tile(d, (2,))", "{'a': d}", "parts['b']", "parts",
    "parts.values()",
    "list(parts.values())", "tolerance(d - d.amin(dim=0), margin=1.0)", "normalize(d)", "quat_mul(d, d)",
    "d.T",
    "tolerance(d, bounds=(0.0, 1e400), margin=d)", "torch.index_select(d, 0, d.long())", "np.pi", "dict(a=d)",
    "torch.tensor([1.0, 2.0])", "d.view(-1)", "success", "self.success", "(yield d)", "torch.jit.fork",
)  # fmt: skip
_TOKENS = (
    "(", ")", "[", "]", "{", "}", ":", ",", ".", "=", "+=",
    "\n", "\n    ", "\t", "#", "'", '"', '"""', "\\", "@", "-", "**", "0", "1e9", "_", "__",
    "for x in d:", "while True:", "import os", "lambda:", "del d", "return", "if d:", "not ", "*",
    "\x00", "\u03b1", "torch", "d", "out=", ";", "->",
)  # fmt: skip


class ProgramGenerator:
    """Draws programs; everything random comes from ``rng``."""

    def __init__(self, rng: random.Random, signals: tuple[Signal, ...]) -> None:
        self._rng = rng
        self._vectors = [signal for signal in signals if len(signal.shape) == 1]
        self._used: set[str] = set()
        self._names: list[str] = []

    def program(self) -> str:
        """A program within the rules, though its values may not be finite."""
        self._used, self._names = set(), []
        lines = [f"d = {self._norm()}"]
        self._names.append("d")
        for number in range(self._rng.randint(1, 6)):
            lines += self._statement(f"x{number}")
        lines += self._end()
        helper = (
            "def shaped(x, scale):\n    return torch.exp(-x / scale)\n\n" if self._rng.random() < 0.3 else ""
        )
        if helper:
            lines.insert(1, f"d = shaped(d, {self._number()})")
        return f"{helper}def compute_reward({', '.join(sorted(self._used))}):\n" + "".join(
            f"    {line}\n" for line in lines
        )

    def _end(self) -> list[str]:
        """The total and the components, in one go or key by key."""
        total = f"total = {' + '.join(self._names)}"
        if self._rng.random() < 0.7:
            components = ", ".join(f'"{name}": {name}' for name in self._names)
            return [total, f"return total, {{{components}}}"]
        filled = [f'parts["{name}"] = {name}' for name in self._names]
        added = self._rng.choice(("sum(parts.values())", "torch.stack(list(parts.values())).sum(dim=0)"))
        return ["parts = {}", *filled, f"total = {added}", "return total, parts"]

    def _statement(self, name: str) -> list[str]:
        choice = self._rng.random()
        if choice < 0.15:
            return [f"{self._rng.choice(self._names)} {self._rng.choice('+-*')}= {self._scalar(1)}"]
        lines = [f"{name} = {self._scalar(3)}"]
        if choice < 0.25:
            lines = [
                f"{name} = d",
                f"if {self._rng.choice(('True', '2 > 1', 'd.dim() == 1'))}:",
                f"    {lines[0]}",
            ]
        self._names.append(name)
        return lines

    def _scalar(self, depth: int) -> str:
        """An expression of shape ``(num_envs,)``."""
        rng = self._rng
        if depth == 0 or rng.random() < 0.2:
            return rng.choice((rng.choice(self._names), self._norm(), self._column()))
        inner = self._scalar(depth - 1)
        other = rng.choice((self._number(), self._scalar(depth - 1)))
        return rng.choice(
            (
                f"torch.{rng.choice(_UNARY.split())}({inner})",
                f"({inner} {rng.choice(_BINARY)} {other})",
                f"{rng.choice(_FUNCTIONS)}({inner}, {self._scalar(depth - 1)})",
                f"torch.clamp({inner}, {self._number()}, {self._number()})",
                f"torch.where({inner} < {self._number()}, {other}, {self._scalar(0)})",
                f"({inner} > {self._number()}).float()",
                (
                    f"torch.stack([{inner}, {self._scalar(0)}], "
                    f"dim=-1).{rng.choice(('sum', 'mean', 'amax'))}(dim=-1)"
                ),
                f"torch.exp(-{inner} / {self._number()})",
                f"sum([{inner}, {self._scalar(0)}, {other}])",
                f"torch.hstack([{inner}[:, None], {self._scalar(0)}[:, None]]).{rng.choice(_ALONG)}",
                f"torch.einsum('bi,bi->b', {self._three()}, {self._three()})",
                f"({self._three()} @ torch.tensor([1, 0.5, {self._number()}]))",
                f"({self._three()})[:, [0, {rng.choice((1, 2, -1))}]].{rng.choice(_ALONG)}",
                f"tolerance({inner}, (0.0, 0.1), {abs(float(self._number()))}, {self._sigmoid()})",
                f"quat_rotate({self._quaternion()}, {self._three()})[:, {rng.randrange(3)}]",
                f"quat_angle({self._quaternion()}, {self._quaternion()})",
                f"normalize({self._three()})[:, {rng.randrange(3)}]",
            )
        )

    def _norm(self) -> str:
        return self._rng.choice(
            (
                f"torch.norm({self._vector()}, dim=-1)",
                f"({self._vector()}).norm(dim=-1)",
                f"torch.sum(({self._vector()}) ** 2, dim=-1)",
            )
        )

    def _vector(self) -> str:
        first = self._rng.choice(self._vectors)
        alike = [signal for signal in self._vectors if signal.shape == first.shape]
        second = self._rng.choice(alike)
        self._used |= {first.name, second.name}
        return f"{first.name} - {second.name}" if self._rng.random() < 0.7 else first.name

    def _three(self) -> str:
        return self._of_size(3)

    def _quaternion(self) -> str:
        return self._of_size(4)

    def _of_size(self, size: int) -> str:
        signal = self._rng.choice([signal for signal in self._vectors if signal.shape == (size,)])
        self._used.add(signal.name)
        return signal.name

    def _sigmoid(self) -> str:
        return f"sigmoid='{self._rng.choice(('gaussian', 'long_tail', 'linear', 'cosine', 'tanh_squared'))}'"

    def _column(self) -> str:
        signal = self._rng.choice(self._vectors)
        self._used.add(signal.name)
        return f"{signal.name}[:, {self._rng.randrange(signal.shape[0])}]"

    def _number(self) -> str:
        return f"{self._rng.choice((-1, 1)) * 10 ** self._rng.uniform(-3, 2):.3g}"


def mutate_text(rng: random.Random, source: str) -> str:
    """Delete, insert, copy or move pieces of the text."""
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        start = rng.randrange(len(source) + 1)
        end = min(len(source), start + rng.choice((1, 1, 2, 5, 20, 80)))
        piece = rng.choice(
            (rng.choice(_TOKENS), rng.choice(_HOSTILE), source[start:end], chr(rng.randrange(1, 256)))
        )
        action = rng.random()
        if action < 0.3:
            source = source[:start] + source[end:]
        elif action < 0.7:
            source = source[:start] + piece + source[start:]
        elif action < 0.9:
            source = source[:start] + piece + source[end:]
        else:
            source = source[:start] + piece * rng.choice((2, 50, 500)) + source[start:]
    return source


def mutate_tree(rng: random.Random, source: str) -> str:
    """Replace values by others of the program or by hostile ones,
    and copy, move or drop statements."""
    tree = ast.parse(source)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        nodes = list(ast.walk(tree))
        places = _places(nodes)
        siblings, place = rng.choice(places)
        others, other = rng.choice(places)
        hostile = rng.random() < 0.2
        siblings[place] = (
            ast.parse(rng.choice(_HOSTILE), mode="eval").body if hostile else copy.deepcopy(others[other])
        )
        if rng.random() < 0.3:
            bodies = [
                node.body for node in nodes if isinstance(node, (ast.FunctionDef, ast.If)) and node.body
            ]
            body = rng.choice(bodies)
            body.insert(rng.randrange(len(body) + 1), copy.deepcopy(rng.choice(rng.choice(bodies))))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _places(nodes: list[ast.AST]) -> list[tuple[Any, Any]]:
    """Where a value stands that could be another: a list and an index,
    or the attributes of a node and a name."""
    places: list[tuple[Any, Any]] = []
    for node in nodes:
        for field, value in ast.iter_fields(node):
            if (
                isinstance(value, ast.expr)
                and field in ("left", "right", "operand", "value", "slice", "test")
                and not _leads_on(node)
            ):
                places.append((vars(node), field))
            if isinstance(value, list) and field in ("args", "elts", "comparators", "values"):
                places += [(value, number) for number, item in enumerate(value) if isinstance(item, ast.expr)]
    return places


def _leads_on(node: ast.AST) -> bool:
    """``torch`` in ``torch.exp``, and what is written in annotations."""
    return isinstance(node, ast.Attribute) or (
        isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _TYPES
    )
