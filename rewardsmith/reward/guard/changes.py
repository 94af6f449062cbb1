"""Layer 2, before the rest: what is written into a part of a tensor.

``x[:, 2] = 0.0`` becomes ``x`` with a new column, joined of what is left of it, itself and what is
right of it; ``x[near] = 1.0`` becomes ``torch.where``. Both stay changes of x where it lies (see
``meaning``): every name of it gets the new value, and a mere part of x that is read later is
refused, as after ``x += y``.
"""

from __future__ import annotations

import ast
import copy

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.constants import literal, number_of
from rewardsmith.reward.guard.entry import ENTRY


class Replaced(ast.operator):
    """The operator of an augmented assignment whose value is the whole new tensor."""


class Added(Replaced):
    """It was such an assignment before: ``x[:, 1:] += y``."""


def with_changes(tree: ast.Module) -> ast.Module:
    """Write them as augmented assignments. What is none of them stays, and is refused later."""
    return _Changes().visit(tree)


class _Changes(ast.NodeTransformer):
    _signal = ""
    """The first parameter of ``compute_reward``, inside of that."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        self._signal = node.args.args[0].arg if node.name == ENTRY and node.args.args else ""
        return self.generic_visit(node)  # pyright: ignore[reportReturnType]

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        match node.targets:
            case [ast.Subscript(value=ast.Name()) as target]:
                return _changed(node, target, node.value, Replaced(), self._signal)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        match node.target:
            case ast.Subscript(value=ast.Name()) as target if not isinstance(node.op, ast.MatMult):
                old = ast.Subscript(target.value, target.slice, ast.Load())
                value = ast.BinOp(_read(old), node.op, node.value)
                return _changed(node, target, value, Added(), self._signal)
        return node


def _changed(node: ast.stmt, target: ast.Subscript, value: ast.expr, kind: Replaced, signal: str) -> ast.stmt:
    assert isinstance(target.value, ast.Name)
    name = target.value.id
    match target.slice:
        case ast.Tuple(elts=[first, last]) if _is_every(first):
            new = _with_columns(name, first, last, value)
        case ast.Compare() | ast.BinOp() | ast.UnaryOp(op=ast.Invert()) | ast.Name() | ast.Call() as mask:
            new = _where(name, mask, value, signal)
        case _:
            new = None
    if new is None:
        return node
    change = ast.AugAssign(ast.Name(name, ast.Store()), kind, new)
    return ast.fix_missing_locations(ast.copy_location(change, node))


def _is_every(part: ast.expr) -> bool:
    """All environments: ``x[:, ...]`` and ``x[..., ...]``."""
    whole = isinstance(part, ast.Slice) and part.lower is part.upper is part.step is None
    return whole or (isinstance(part, ast.Constant) and part.value is ...)


def _with_columns(name: str, first: ast.expr, last: ast.expr, value: ast.expr) -> ast.expr | None:
    """``x`` with new columns; None where it is not written out which."""
    one = type(number_of(last)) is int
    if not one and not (isinstance(last, ast.Slice) and last.step is None):
        return None
    bounds = _bounds(last)
    if bounds is None:
        return None
    lower, upper = bounds
    from_end = isinstance(first, ast.Constant)

    def part(which: ast.expr) -> ast.expr:
        return _read(ast.Subscript(_name(name), ast.Tuple([copy.deepcopy(first), which]), ast.Load()))

    new = _converted(_sum(part(copy.deepcopy(last)), value), name)
    axis = literal(-1 if from_end else 1)
    parts = [new if not one else ast.Call(ast.Attribute(new, "unsqueeze", ast.Load()), [axis], [])]
    if lower is not None:
        parts.insert(0, part(ast.Slice(None, literal(lower))))
    if upper is not None:
        parts.append(part(ast.Slice(literal(upper), None)))
    return ast.Call(_torch("cat"), [ast.List(parts, ast.Load())], [ast.keyword("dim", copy.deepcopy(axis))])


def _bounds(last: ast.expr) -> tuple[int | None, int | None] | None:
    """The first column and the one behind the last; None at the tensor's own end."""
    number = number_of(last)
    if number is not None:
        return int(number), None if number == -1 else int(number) + 1
    assert isinstance(last, ast.Slice)
    found: list[int | None] = []
    for bound in (last.lower, last.upper):
        known = None if bound is None else number_of(bound)
        if bound is not None and type(known) is not int:
            return None
        found.append(None if known is None else int(known))
    lower, upper = found
    if lower is not None and upper is not None and ((lower < 0) != (upper < 0) or lower >= upper):
        return None
    return lower, upper


def copied(new: ast.expr, name: str, *, is_added: bool) -> ast.expr | None:
    """What is written into columns as it lies, if it may overlap them: no column beside one."""
    if not isinstance(new, ast.Call) or ast.unparse(new.func) != "torch.cat":
        return None
    whole = next(part for part in ast.walk(new) if isinstance(part, ast.BinOp))
    given = whole.right.right if is_added and isinstance(whole.right, ast.BinOp) else whole.right
    assert isinstance(whole.left, ast.Call)
    match whole.left.args[0], given:
        case (
            ast.Subscript(slice=ast.Tuple(elts=[first, one])),
            ast.Subscript(value=ast.Name(id=owner), slice=ast.Tuple(elts=[start, other])),
        ) if owner == name and type(number_of(one)) is type(number_of(other)) is int:
            return None if ast.dump(first) == ast.dump(start) else given
    return given


def _where(name: str, mask: ast.expr, value: ast.expr, signal: str) -> ast.expr | None:
    """``x[mask] = 2.0 * y[mask]`` is ``torch.where(mask, 2.0 * y, x)``.

    A mask has the shape of x. Where more is done with ``y[mask]`` than with each number by itself,
    it has one truth value for each environment, of which a signal says how many there are: what a
    mask picks out of several columns, or of constants, would be taken together in Python. None
    where no signal is at hand.
    """
    unmasked = _Unmasked(ast.unparse(mask))
    new = _converted(_sum(_name(name), unmasked.visit(value)), name)
    shape: ast.expr = ast.Attribute(_name(name), "shape", ast.Load())
    if unmasked.is_joined:
        if not signal:
            return None
        shape = ast.Subscript(ast.Attribute(_name(signal), "shape", ast.Load()), literal(0), ast.Load())
    shaped = ast.Call(ast.Attribute(mask, "view", ast.Load()), [shape], [])
    return ast.Call(_torch("where"), [shaped, new, _name(name)], [])


class _Unmasked(ast.NodeTransformer):
    """Reads all of what is read through a mask."""

    def __init__(self, mask: str) -> None:
        self._mask, self._found = mask, 0
        self.is_joined = False
        """Whether what it read is more to something than numbers, each by itself."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if ast.unparse(node.slice) != self._mask:
            return self._joining(node)
        self.generic_visit(node)
        self._found += 1
        return node.value

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        known = vocabulary.ALIASES.get(name, name) in vocabulary.ELEMENTWISE
        return self.generic_visit(node) if known else self._joining(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._joining(node) if node.attr in vocabulary.ATTRIBUTES else self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._joining(node) if isinstance(node.op, ast.MatMult) else self.generic_visit(node)

    def _joining(self, node: ast.AST) -> ast.AST:
        before = self._found
        self.generic_visit(node)
        self.is_joined |= self._found > before
        return node


def _sum(place: ast.expr, value: ast.expr) -> ast.expr:
    """``value`` in the shape of ``place``, which it may have to be repeated for.

    Minus zero changes no number, and 0.0 would change minus zero.
    """
    return ast.BinOp(ast.Call(_torch("full_like"), [place, literal(-0.0)], []), ast.Add(), value)


def _converted(new: ast.expr, name: str) -> ast.expr:
    """What is written into a tensor takes its type."""
    kind = ast.Attribute(_name(name), "dtype", ast.Load())
    return ast.Call(ast.Attribute(new, "to", ast.Load()), [kind], [])


def _torch(function: str) -> ast.expr:
    return ast.Attribute(_name("torch"), function, ast.Load())


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def _read(node: ast.Subscript) -> ast.Subscript:
    """A copy that is read: a slice of a target has no place of its own to be written to."""
    parts: ast.Subscript = copy.deepcopy(node)
    for inner in ast.walk(parts):
        if isinstance(inner, (ast.Tuple, ast.Name, ast.Subscript)):
            inner.ctx = ast.Load()
    return parts
