"""Layer 2, before the rest: what serves to run a program elsewhere is left out, with a note.

Seeds, prints, assertions, a ``__main__`` block, imports that nothing reads and names for types.
Whatever is left out does not run, so this is no question of safety but of meaning, and of honesty:
what goes may only look at values. It calls no own function, which might change them, changes
nothing in place, and names nothing that a program of this kind has no use for.
"""

from __future__ import annotations

import ast

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.constants import own_names
from rewardsmith.reward.guard.helpers import declared

_MODULES = vocabulary.IMPORTS | {"numpy"}
_SEEDS = {"torch.manual_seed", "torch.cuda.manual_seed_all", "np.random.seed", "numpy.random.seed"}
_LOOKS = {
    "torch", "math", "np", "numpy", "print", "len", "str", "repr", "float", "int", "bool", "abs", "min",
    "max", "sum", "all", "any", "range", "tuple", "list", "dict", "isinstance", "Exception", "ValueError",
    "RuntimeError", "AssertionError", "TypeError", "Tensor", "__name__",
}  # fmt: skip
"""Names of others that what is left out may read."""
_LOOKED_AT = (
    {
        "rand",
        "randn",
        "manual_seed",
        "manual_seed_all",
        "cuda",
        "random",
        "seed",
        "Tensor",
        "item",
        "tolist",
        "items",
        "keys",
        "values",
        "format",
    }
    | vocabulary.FUNCTIONS
    | vocabulary.ATTRIBUTES
    | vocabulary.CREATION
    | vocabulary.DTYPES
    | vocabulary.NAMESPACES
)
"""Attributes that it may read: values, and those of the reward language."""
_TYPES = {"torch.Tensor", "Tensor", "float", "int", "bool"}


def without_ceremony(tree: ast.Module) -> tuple[ast.Module, tuple[str, ...]]:
    """Leave out what means nothing here.

    Returns:
        The same tree, and for each thing that is gone what it was, with its line.
    """
    found = _Ceremony(tree)
    tree = found.visit(tree)
    return tree, tuple(found.notes)


class _Ceremony(ast.NodeTransformer):
    """Every such statement becomes ``pass``; nothing inside expressions is touched."""

    def __init__(self, tree: ast.Module) -> None:
        self.notes: list[str] = []
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        self._own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self._read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        self._stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        self._stored |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        self._from_outside = {name for function in functions for name in _read_from_outside(function)}
        stores = [node.id for node in names if isinstance(node.ctx, ast.Store)]
        aliases = [found for node in tree.body if (found := _alias(node))]
        self._aliases = {name: kind for name, kind in aliases if stores.count(name) == 1}

    def visit_Module(self, node: ast.Module) -> ast.Module:
        ends = [number for number, part in enumerate(node.body, 1) if isinstance(part, ast.FunctionDef)]
        end = max(ends, default=len(node.body))
        node.body = [
            *(self._top(statement) for statement in node.body[:end]),
            *(self._after(statement) for statement in node.body[end:]),
        ]
        return node

    def _after(self, node: ast.stmt) -> ast.stmt:
        """Behind all functions there is at most an example of how to call them."""
        names = _assigned(node)
        if names is not None and not names & (self._own | self._from_outside) and self._is_trial(node):
            return self._gone(node, "example")
        return self._top(node)

    def _top(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            unread = _is_harmless(node) and not _bound(node) & self._read
            return self._gone(node, "import") if unread else node
        if isinstance(node, ast.If) and _is_main(node.test) and not node.orelse and self._is_trial(node):
            return self._gone(node, "__main__ block")
        if (alias := _alias(node)) and alias[0] in self._aliases.keys() - self._own:
            return self._gone(node, f"name {alias[0]} for a type")
        if isinstance(node, ast.Expr) and _called(node.value) in _SEEDS and self._is_trial(node):
            return self._gone(node, "seed")
        return self.visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        for argument in node.args.args:
            if (named := self._aliases.get(declared(argument))) and argument.annotation:
                known = ast.parse(named, mode="eval").body
                for part in ast.walk(known):
                    ast.copy_location(part, argument.annotation)
                argument.annotation = known
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_If(self, node: ast.If) -> ast.stmt:
        """What only raises is a check; a ``raise`` that nothing guards is what the program does."""
        checks = all(isinstance(statement, ast.Raise) for statement in node.body)
        if checks and not node.orelse and self._is_idle(node):
            return self._gone(node, "check that raises")
        self.generic_visit(node)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        idle = self._is_idle(node) and not isinstance(node.test, ast.Constant)
        return self._gone(node, "assert") if idle else node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if _called(node.value) == "print" and "print" not in self._own | self._stored and self._is_idle(node):
            return self._gone(node, "print")
        return node

    def _is_idle(self, node: ast.stmt) -> bool:
        """Whether it only looks at values."""
        called = {_called(part).split(".")[-1] for part in ast.walk(node)}
        return not called & self._own and self._is_trial(node)

    def _is_trial(self, node: ast.stmt) -> bool:
        """Whether it is nothing but values of this program, and changes none in place."""
        return all(self._is_known(part) for part in ast.walk(node))

    def _is_known(self, part: ast.AST) -> bool:
        match part:
            case ast.Name(id=name):
                return name in _LOOKS | self._own | self._stored
            case ast.Attribute(attr=name):
                return name in _LOOKED_AT
            case ast.Import() | ast.ImportFrom():
                return _is_harmless(part)
            case ast.keyword(arg="out") | ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
                return False
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda() | ast.Global():
                return False
        return True

    def _gone(self, node: ast.stmt, what: str) -> ast.stmt:
        self.notes.append(f"{what} (line {node.lineno})")
        return ast.copy_location(ast.Pass(), node)


def _read_from_outside(function: ast.FunctionDef) -> set[str]:
    """Names in a function that it does not define."""
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} - own_names(function)


def _alias(node: ast.stmt) -> tuple[str, str] | None:
    """``T = torch.Tensor``."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value):
            kind = ast.unparse(value)
            own = name not in vocabulary.INTERNAL_NAMES | vocabulary.BUILTINS | vocabulary.TYPES
            return (name, kind) if kind in _TYPES and (own or kind == f"torch.{name}") else None
    return None


def _assigned(node: ast.stmt) -> set[str] | None:
    """Names that a statement gives values to; ``None`` where it does anything else."""
    match node:
        case ast.Expr():
            return set()
        case ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
        case ast.Assign(targets=[ast.Tuple(elts=parts)]) if all(isinstance(p, ast.Name) for p in parts):
            return {part.id for part in parts if isinstance(part, ast.Name)}
    return None


def _is_main(test: ast.expr) -> bool:
    return ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__")


def _called(node: ast.AST) -> str:
    """What is called, such as ``torch.norm``; nothing where it is no call."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _is_harmless(node: ast.Import | ast.ImportFrom) -> bool:
    """Whether all of its modules are such as programs of this kind import."""
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    return set(modules) <= _MODULES


def _bound(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Names that an import gives."""
    return {alias.asname or alias.name.split(".")[0] for alias in node.names}
