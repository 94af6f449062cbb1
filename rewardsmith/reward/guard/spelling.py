"""Layer 2, before the rest: other spellings of what the reward language has anyway.

``x[:, [0, 2]]`` picks columns one by one, ``a @ b`` is ``torch.matmul(a, b)``, ``sum([a, b])`` is
``0 + a + b``, ``np.pi`` is a number, ``from torch import norm`` names ``torch.norm``, and a loss
without a reduction is the difference that it stands for. Each means the same in Python.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Mapping

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.constants import literal, number_of, own_words
from rewardsmith.reward.guard.refusal import Collecting, Objections, RefusedError

_NUMBERS = {
    "np.pi": math.pi, "numpy.pi": math.pi, "np.e": math.e, "numpy.e": math.e, "torch.e": math.e,
    "math.e": math.e, "math.tau": math.tau,
}  # fmt: skip
_BY_NAME = {"pi": math.pi, "e": math.e, "tau": math.tau}
_NAMED_ANYWAY = {("torch", "Tensor"), ("torch", "nn"), ("torch", "jit"), ("torch.nn", "functional")}
"""What may be imported by name and means nothing here."""
_FUNCTIONAL = "torch.nn.functional"
_MOST_WRITTEN = 1_000
"""Nodes that a list of columns may become."""
_MOST_TERMS = 32
"""Terms of a sum of a list."""
_LOSSES = {"mse_loss": "square", "l1_loss": "abs"}
_MOVES = {"cpu", "cuda"}
_NO_DECORATION = {"torch.no_grad()", "torch.inference_mode()", "staticmethod"}


def with_numbers(tree: ast.Module) -> ast.Module:
    """``np.pi``, ``math.e`` and the like as numbers, so that nobody reads numpy for them.

    Decorators that say nothing here go, too.
    """
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            kept = [one for one in node.decorator_list if ast.unparse(one) not in _NO_DECORATION]
            node.decorator_list = kept
    return _Numbers().visit(tree)


class _Numbers(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        number = _NUMBERS.get(ast.unparse(node)) if isinstance(node.value, ast.Name) else None
        return node if number is None else ast.copy_location(ast.Constant(number), node)


def with_paths(tree: ast.Module) -> ast.Module:
    """Names that ``from torch import norm`` and the like give become ``torch.norm``."""
    paths: dict[str, str] = {}
    taken = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} | vocabulary.BUILTINS
    for place, statement in enumerate(tree.body):
        if not isinstance(statement, ast.ImportFrom) or statement.module not in (
            *vocabulary.OWNERS,
            "torch.nn",
        ):
            continue
        read = [
            alias
            for alias in statement.names
            if (statement.module, alias.name) not in _NAMED_ANYWAY
            or alias.asname not in (None, alias.name, "F")
        ]
        names = {alias.asname or alias.name: alias.name for alias in read}
        known = vocabulary.FUNCTIONS | (_BY_NAME.keys() if statement.module == "math" else set())
        if names and known >= set(names.values()) and not taken & names.keys():
            paths |= {own: f"{statement.module}.{name}" for own, name in names.items()}
            tree.body[place] = _numbers_by_name(statement, names)
    return _Paths(paths).visit(tree) if paths else tree


def _numbers_by_name(statement: ast.ImportFrom, names: Mapping[str, str]) -> ast.stmt:
    """``from math import pi`` as ``pi = 3.14...``; nothing where only functions are named."""
    found = {own: _BY_NAME[name] for own, name in names.items() if name in _BY_NAME}
    if not found:
        return ast.copy_location(ast.Pass(), statement)
    targets: list[ast.expr] = [ast.Name(own, ast.Store()) for own in found]
    values: list[ast.expr] = [ast.Constant(number) for number in found.values()]
    pair = ast.Assign([ast.Tuple(targets, ast.Store())], ast.Tuple(values, ast.Load()))
    return ast.fix_missing_locations(ast.copy_location(pair, statement))


class _Paths(ast.NodeTransformer):
    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = paths

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self._paths:
            node.func = _path(self._paths[node.func.id], node.func)
        return node


def with_plain_spelling(tree: ast.Module, objections: Objections) -> ast.Module:
    """Write other spellings as the reward language has them.

    Args:
        tree: The parsed program.
        objections: Where it goes that columns are picked in a way that cannot be written out, or
            that a loss takes environments together.
    """
    _Spelling(objections, own_words(tree)).visit(tree)
    return tree


class _Spelling(Collecting, ast.NodeTransformer):
    """Inner expressions first."""

    def __init__(self, objections: Objections, own: frozenset[str]) -> None:
        super().__init__(objections)
        self._own = own

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.MatMult):
            return _call("torch.matmul", [node.left, node.right], node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        index = node.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        lists = [place for place, part in enumerate(parts) if isinstance(part, (ast.List, ast.Tuple))]
        if isinstance(node.ctx, ast.Load) and len(lists) == 1:
            return _columns(node, parts, lists[0])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                func=ast.Name(id="sum"), args=[ast.List() | ast.Tuple() as terms, *start], keywords=[]
            ):
                return node if "sum" in self._own or len(start) > 1 else _sum(node, terms.elts, start)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=named) if "dict" not in self._own:
                keys: list[ast.expr | None] = [ast.Constant(keyword.arg) for keyword in named]
                pairs = ast.Dict(keys, [keyword.value for keyword in named])
                return ast.fix_missing_locations(ast.copy_location(pairs, node))
            case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                return self._of_torch(node, owner, name)
        return node

    def _of_torch(self, node: ast.Call, owner: ast.expr, name: str) -> ast.AST:
        path = ast.unparse(owner)
        assert isinstance(node.func, ast.Attribute)
        if path == "torch" and name == "as_tensor" and node.args and _is_plain(node.args[0]):
            node.func.attr = "tensor"
        if path in ("F", _FUNCTIONAL) and name in _LOSSES:
            return _loss(node, name)
        if path in vocabulary.OWNERS:
            node.keywords = [one for one in node.keywords if not _says_nothing(one)]
            return node
        if name in _MOVES and not node.args and not node.keywords:
            return owner
        if name == "type" and len(node.args) == 1 and not node.keywords:
            node.func.attr = "to"
        if name == "to":
            return _moved(node, owner)
        return node


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple)) or number_of(node) is not None


def _says_nothing(keyword: ast.keyword) -> bool:
    return (
        keyword.arg == "requires_grad" and isinstance(keyword.value, ast.Constant) and not keyword.value.value
    )


def _moved(node: ast.Call, owner: ast.expr) -> ast.AST:
    """``x.to("cuda")`` is x: where tensors are is not the program's to say."""
    node.args = [item for item in node.args if not _is_device(item)]
    node.keywords = [one for one in node.keywords if one.arg != "device" or not _is_device(one.value)]
    return node if node.args or node.keywords else owner


def _is_device(node: ast.expr) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and text.split(":")[0] in _MOVES


def _sum(node: ast.Call, terms: list[ast.expr], start: list[ast.expr]) -> ast.expr:
    if len(terms) > _MOST_TERMS:
        raise _refused(
            f"a sum of more than {_MOST_TERMS} terms.", "Use torch.stack([...], dim=0).sum(dim=0).", node
        )
    total = start[0] if start else ast.copy_location(ast.Constant(0), node)
    for term in terms:
        total = ast.copy_location(ast.BinOp(total, ast.Add(), term), node)
    return total


def _loss(node: ast.Call, name: str) -> ast.expr:
    """``F.mse_loss(a, b, reduction="none")``: the square of the difference."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    pair = [*node.args, *(named[key] for key in ("input", "target") if key in named)]
    reduction = named.get("reduction")
    if not (isinstance(reduction, ast.Constant) and reduction.value == "none"):
        raise _refused(
            f"{name} without reduction='none' takes all environments together.",
            f"Write torch.{_LOSSES[name]}(a - b), and reduce it with dim=-1.",
            node,
        )
    if len(pair) != 2 or named.keys() - {"input", "target", "reduction"}:
        raise _refused(f"{name} takes two tensors.", f"Write torch.{_LOSSES[name]}(a - b).", node)
    difference = ast.copy_location(ast.BinOp(pair[0], ast.Sub(), pair[1]), node)
    return _call(f"torch.{_LOSSES[name]}", [difference], node)


def _columns(node: ast.Subscript, parts: list[ast.expr], place: int) -> ast.expr:
    """``x[:, [0, 2]]`` as ``torch.stack([x[:, 0], x[:, 2]], dim=1)``."""
    chosen = parts[place]
    assert isinstance(chosen, (ast.List, ast.Tuple))
    before, after = parts[:place], parts[place + 1 :]
    simple = all(_is_slice_or_new(part) for part in before) and all(map(_is_whole, after))
    numbers = [number_of(item) for item in chosen.elts]
    if not simple or not numbers or any(type(number) is not int for number in numbers):
        raise _refused(
            "a list in an index may only pick columns by their numbers.", "Such as x[:, [0, 2]].", node
        )
    if len(numbers) * sum(1 for _ in ast.walk(node)) > _MOST_WRITTEN:
        raise _refused("too much is picked by a list here.", "Give x a name first: x[:, [0, 2]].", node)
    from_end = any(isinstance(part, ast.Constant) and part.value is ... for part in before)
    dim = -1 - len(after) if from_end else place
    picked: list[ast.expr] = [_with_index(node, [*before, item, *after]) for item in chosen.elts]
    stacked = _call("torch.stack", [ast.List(picked, ast.Load())], node)
    stacked.keywords.append(ast.keyword("dim", literal(dim)))
    return ast.fix_missing_locations(stacked)


def _with_index(node: ast.Subscript, parts: list[ast.expr]) -> ast.expr:
    index = copy.deepcopy(parts)
    whole = index[0] if len(index) == 1 else ast.copy_location(ast.Tuple(index, ast.Load()), node)
    return ast.copy_location(ast.Subscript(copy.deepcopy(node.value), whole, ast.Load()), node)


def _is_slice_or_new(part: ast.expr) -> bool:
    return isinstance(part, ast.Slice) or (isinstance(part, ast.Constant) and part.value in (None, ...))


def _is_whole(part: ast.expr) -> bool:
    return isinstance(part, ast.Slice) and part.lower is part.upper is part.step is None


def _call(path: str, arguments: list[ast.expr], place: ast.AST) -> ast.Call:
    return ast.copy_location(ast.Call(_path(path, place), arguments, []), place)


def _path(path: str, place: ast.AST) -> ast.expr:
    """``torch.nn.functional.relu``, all of it where ``place`` is."""
    first, *rest = path.split(".")
    node: ast.expr = ast.copy_location(ast.Name(first, ast.Load()), place)
    for name in rest:
        node = ast.copy_location(ast.Attribute(node, name, ast.Load()), place)
    return node


def _refused(message: str, hint: str, node: ast.AST) -> RefusedError:
    return RefusedError("syntax", message, hint, getattr(node, "lineno", None))
