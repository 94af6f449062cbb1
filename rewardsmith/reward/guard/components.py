"""Layer 2, before the rest: dictionaries that are filled key by key become plain local names.

The reward language writes to nothing. ``parts = {}``, ``parts["reach"] = r`` and
``sum(parts.values())`` become ``parts_reach = r`` and a sum of such names, and
``{"reach": parts_reach}`` where the whole dictionary is read. All keys are known: there are no
loops.
"""

from __future__ import annotations

import ast
import re
from typing import TypeVar

from rewardsmith.reward.guard.constants import own_words
from rewardsmith.reward.guard.refusal import RefusedError

_FILL = "Fill the dictionary before anything else is done with it, and return it."
_NO_LETTER = re.compile(r"\W", re.ASCII)
_Node = TypeVar("_Node", bound=ast.AST)
Keys = dict[str, dict[str, str]]
"""For every dictionary its keys, in order, with the local names that hold their values."""


def with_plain_dictionaries(tree: ast.Module) -> ast.Module:
    """Write out the dictionaries of every function.

    Raises:
        RefusedError: A key is read that is not there, or the keys depend on a condition.
    """
    own = own_words(tree)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and (names := _dictionaries(function, own)):
            taken = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            function.body = _Writer(names, taken, own).block(function.body, {})
    return tree


def _dictionaries(function: ast.FunctionDef, own: frozenset[str]) -> set[str]:
    """Local names that only ever are dictionaries with written-out keys, and need writing out."""
    made, other, needed = set[str](), {argument.arg for argument in function.args.args}, set[str]()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                (made if _items(value, own) is not None else other).add(name)
                needed |= {name} if _has_numbers(value, own) else set()
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                (made if _items(value, own) is not None else other).add(name)
                needed |= {name} if _has_numbers(value, own) else set()
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                needed.add(name)
            case ast.Attribute(value=ast.Name(id=name), attr="values" | "update"):
                needed.add(name)
    stores = [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    ]
    plain = {name for name in made if stores.count(name) == len(_plain_stores(function, name))}
    return (plain & needed) - other


def _plain_stores(function: ast.FunctionDef, name: str) -> list[ast.AST]:
    found: list[ast.AST] = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                found.append(node)
            case ast.AnnAssign(target=ast.Name(id=target)) if target == name:
                found.append(node)
    return found


def _items(value: ast.expr, own: frozenset[str]) -> list[tuple[str, ast.expr]] | None:
    """Keys and values of a dictionary that is written out; ``None`` where it is something else."""
    match value:
        case ast.Dict(keys=keys, values=values):
            names = [
                key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
            return list(zip(names, values, strict=True)) if len(names) == len(values) else None
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if "dict" not in own:
            pairs = [(keyword.arg, keyword.value) for keyword in keywords]
            named = [(name, item) for name, item in pairs if name is not None]
            return named if len(named) == len(pairs) else None
        case ast.Call(func=ast.Name(id="dict"), args=[ast.Dict() as inner], keywords=[]) if "dict" not in own:
            return _items(inner, own)
    return None


def _has_numbers(value: ast.expr, own: frozenset[str]) -> bool:
    return any(isinstance(item, ast.Constant) for _, item in _items(value, own) or ())


class _Writer(ast.NodeTransformer):
    """One function's statements, in order, with what every dictionary holds by then."""

    def __init__(self, names: set[str], taken: set[str], own: frozenset[str]) -> None:
        self._names, self._taken, self._own = names, taken, own
        self._locals: dict[tuple[str, str], str] = {}
        self._handed_on: set[str] = set()
        self._keys: Keys = {}

    def block(self, body: list[ast.stmt], keys: Keys) -> list[ast.stmt]:
        """Statements as they are printed; ``keys`` is what is known before them, and after."""
        written: list[ast.stmt] = []
        for statement in body:
            self._keys = keys
            written += self._statement(statement)
        return written

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in self._names:
                return self._fill(node, name, value, anew=True)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if name in self._names:
                return self._fill(node, name, value or ast.Dict([], []), anew=True)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update")) as call
            ) if name in self._names:
                given = call.args[0] if len(call.args) == 1 and not call.keywords else None
                whole = given or ast.Call(ast.Name("dict", ast.Load()), call.args, call.keywords)
                return self._fill(node, name, whole, anew=False)
            case ast.If():
                return [self._branches(node)]
            case ast.AugAssign(target=ast.Subscript() as target):
                place = self._place(target, "")
                node.target = ast.copy_location(ast.Name(place, ast.Store()), target) if place else target
                node.value = self.visit(node.value)
                return [node]
            case ast.Assign():
                node.value = self.visit(node.value)
                node.targets = [self._target(target) for target in node.targets]
                return [node]
            case ast.Return():
                handed_on = set(self._handed_on)
                returned = self.generic_visit(node)
                self._handed_on = handed_on  # nothing follows
                return [returned] if isinstance(returned, ast.stmt) else []
        self.generic_visit(node)
        return [node]

    def _fill(self, node: ast.stmt, name: str, value: ast.expr, anew: bool) -> list[ast.stmt]:
        items = _items(value, self._own)
        if items is None:
            raise _refused(f"the keys of {name} are not written out here.", 'Write {"name": value}.', node)
        if any(
            isinstance(part, ast.Name) and part.id == name for _, item in items for part in ast.walk(item)
        ):
            raise _refused(f"{name} is made of itself here.", "Give the new one another name.", node)
        values = [(key, self.visit(item)) for key, item in items]
        self._check_unshared(node, name, anew)
        keys = self._keys[name] = {} if anew else self._known(node, name)
        for key, _ in values:
            keys[key] = self._local(name, key)
        assigned = [ast.Assign([ast.Name(keys[key], ast.Store())], item) for key, item in values]
        return [_at(one, node) for one in assigned] or [_at(ast.Pass(), node)]

    def _target(self, target: ast.expr) -> ast.expr:
        place = self._place(target, "new") if isinstance(target, ast.Subscript) else ""
        return ast.copy_location(ast.Name(place, ast.Store()), target) if place else target

    def _place(self, target: ast.Subscript, new: str) -> str:
        """The local name that ``parts["key"]`` stands for; empty where it is something else."""
        match target:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                if name not in self._names:
                    return ""
                keys = self._known(target, name)
                if not isinstance(target.ctx, ast.Load):
                    self._check_unshared(target, name, anew=False)
                if new:
                    keys[key] = self._local(name, key)
                if key not in keys:
                    there = ", ".join(keys) or "none"
                    raise _refused(f"there is no {key[:40]!r} in {name} here.", f"Known: {there}.", target)
                return keys[key]
        return ""

    def _known(self, node: ast.AST, name: str) -> dict[str, str]:
        if name not in self._keys:
            raise _refused(f"{name} is not defined here.", f"Begin with {name} = {{}}.", node)
        return self._keys[name]

    def _check_unshared(self, node: ast.AST, name: str, anew: bool) -> None:
        """Who got the dictionary itself would see the change, too, in Python."""
        if name in self._handed_on and not anew:
            raise _refused(f"{name} changes after it was handed on.", _FILL, node)
        self._handed_on -= {name}

    def _branches(self, node: ast.If) -> ast.If:
        node.test = self.visit(node.test)
        before, left = self._keys, list[Keys]()
        for body in (node.body, node.orelse):
            keys = {name: dict(known) for name, known in before.items()}
            written = self.block(body, keys)
            body[:] = written
            if not any(isinstance(statement, ast.Return) for statement in written):
                left.append(keys)
        if len(left) == 2 and left[0] != left[1]:
            raise _refused("a dictionary has other keys on one way than on the other.", _FILL, node)
        for name in list(before):
            del before[name]
        before |= left[0] if left else {}
        self._keys = before
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        place = self._place(node, "")
        return ast.copy_location(ast.Name(place, ast.Load()), node) if place else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(
                func=ast.Name(id="list" | "tuple" | "sum"),
                args=[ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="values"), args=[]), *rest],
                keywords=[],
            ) if name in self._names and not self._own & {"list", "tuple", "sum"}:
                held: list[ast.expr] = [
                    ast.Name(place, ast.Load()) for place in self._known(node, name).values()
                ]
                whole = ast.List(held, ast.Load())
                is_sum = isinstance(node.func, ast.Name) and node.func.id == "sum"
                given = [whole, *(self.visit(item) for item in rest)]
                written = ast.Call(node.func, given, []) if is_sum else whole
                return ast.fix_missing_locations(ast.copy_location(written, node))
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if name in self._names:
                return ast.copy_location(ast.Constant(len(self._known(node, name))), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        keys = self._known(node, node.id)
        self._handed_on.add(node.id)
        values: list[ast.expr] = [ast.Name(place, ast.Load()) for place in keys.values()]
        return _at(ast.Dict([ast.Constant(key) for key in keys], values), node)

    def _local(self, name: str, key: str) -> str:
        if (name, key) not in self._locals:
            local = f"{name}_{_NO_LETTER.sub('_', key)}"
            while local in self._taken:
                local += "_"
            self._taken.add(local)
            self._locals[name, key] = local
        return self._locals[name, key]


def _at(node: _Node, place: ast.AST) -> _Node:
    return ast.fix_missing_locations(ast.copy_location(node, place))


def _refused(message: str, hint: str, node: ast.AST) -> RefusedError:
    return RefusedError("syntax", message, hint, getattr(node, "lineno", None))
