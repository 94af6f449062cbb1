"""Between layers 2 and 3: where Python's meaning and TorchScript's part, and what is printed there.

Every function is gone through once, without running it (see ``reading`` and ``arithmetic``). Beside
plain numbers this is about ``x += y`` and ``x[:, 2] = y``, which change a tensor where it lies,
under all its names. The print has no such writing: it gives the new value to every name of the
tensor that is still read. Where a name shares only a part of the memory, or the memory is the
caller's, the program is refused. Where Python stops, as the sum is larger than x or of another
type, the print goes on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rewardsmith.reward.guard.arithmetic import Plain
from rewardsmith.reward.guard.changes import Added, Replaced, copied
from rewardsmith.reward.guard.constants import MAX_NUMBER
from rewardsmith.reward.guard.helpers import declared
from rewardsmith.reward.guard.reading import Reading
from rewardsmith.reward.guard.refusal import Objections, RefusedError
from rewardsmith.reward.guard.syntax import ENTRY
from rewardsmith.reward.guard.values import Parameter, Value, choice, fresh, joined, view

Names = dict[str, Value]


@dataclass(frozen=True)
class Meaning:
    """What the print must do to mean the same."""

    written: dict[ast.AST, ast.expr] = field(default_factory=dict)
    """Expressions, and augmented assignments, whose value is printed otherwise."""
    truths: set[ast.AST] = field(default_factory=set)
    """Plain numbers that are printed as tensors: truth values that meet one, and components."""
    floats: set[ast.AST] = field(default_factory=set)
    """Whole numbers that are printed as floats: they stand in a list with floats."""
    renewed: dict[ast.AugAssign, dict[str, dict[str, bool]]] = field(default_factory=dict)
    """Further names of what an augmented assignment changes: of the tensor itself, or of
    dictionaries with their keys and whether the tensor is what they hold there."""


def read_meaning(functions: Iterable[ast.FunctionDef], floats: Mapping[str, Mapping[str, str]]) -> Meaning:
    """Go through a checked program.

    Args:
        functions: All of it; none calls itself.
        floats: Which parameters are numbers, see
            :func:`rewardsmith.reward.guard.helpers.number_parameters`.

    Raises:
        RefusedError: Something means one thing in Python and another in TorchScript.
    """
    meaning = Meaning()
    known = {function.name: function for function in functions}
    results: dict[str, tuple[ast.FunctionDef, Value]] = {}
    waiting = list(known)
    with Objections() as objections:
        while waiting:
            function = known[waiting[-1]]
            first = (
                [name for name in _called(function) if name in known and name not in results]
                if len(known) > 1
                else []
            )
            if not first:
                reading = Reading(results, meaning.written, meaning.truths, meaning.floats)
                gone_through = _Function(function, reading, meaning, objections)
                results[function.name] = (function, gone_through.result(floats[function.name]))
                waiting.pop()
            waiting += first
    return meaning


def _called(function: ast.FunctionDef) -> list[str]:
    return [
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]


class _Function:
    """One function's statements in their order."""

    def __init__(
        self, function: ast.FunctionDef, reading: Reading, meaning: Meaning, objections: Objections
    ) -> None:
        """Keep what the function returns, and where every name is read last, once that is asked."""
        self._function, self._reading, self._meaning = function, reading, meaning
        self._objections = objections
        self._order: dict[ast.stmt, int] = {}
        self._last_read: dict[str, int] = {}
        self._returned: list[Value] = []

    def _number(self, body: list[ast.stmt]) -> None:
        for statement in body:
            place = self._order[statement] = len(self._order)
            inner = [statement.test] if isinstance(statement, ast.If) else [statement]
            for node in (node for part in inner for node in ast.walk(part)):
                if isinstance(node, ast.Name) and (
                    isinstance(node.ctx, ast.Load) or isinstance(statement, ast.AugAssign)
                ):
                    self._last_read[node.id] = place
            if isinstance(statement, ast.If):
                self._number(statement.body)
                self._number(statement.orelse)

    def _is_read_after(self, node: ast.stmt, name: str) -> bool:
        if not self._order:
            self._number(self._function.body)
        return self._last_read.get(name, -1) > self._order[node]

    def result(self, numbers: Mapping[str, str]) -> Value:
        """What the function returns, in terms of its parameters."""
        names: Names = {}
        for argument in self._function.args.args:
            kind = declared(argument) if self._function.name != ENTRY else ""
            if kind in ("int", "bool"):
                names[argument.arg] = Value(Plain(kind, None, int(MAX_NUMBER)))
            elif numbers.get(argument.arg):
                names[argument.arg] = Value(Plain(numbers[argument.arg]))
            else:
                token = Parameter(argument.arg)
                names[argument.arg] = Value(memory=frozenset({token}), tensor=token)
        self._run(self._function.body, names)
        result, taken = self._returned[0] if self._returned else fresh(), choice()
        for other in self._returned[1:]:
            result = joined(result, other, taken)
        return result

    def _run(self, body: list[ast.stmt], names: Names) -> Names | None:
        """The names after some statements; None where they return."""
        for statement in body:
            self._reading.names = names
            self._step(statement, names)
            if isinstance(statement, ast.Return):
                return None
            if isinstance(statement, ast.If):
                ways = [self._run(way, dict(names)) for way in (statement.body, statement.orelse)]
                left = [way for way in ways if way is not None]
                if not left:
                    return None
                taken = choice()
                names = {
                    name: joined(left[0][name], left[-1][name], taken) for name in left[0] if name in left[-1]
                }
        return names

    def _step(self, statement: ast.stmt, names: Names) -> None:
        """Follow one statement; of a refused one it is not known what its names hold."""
        with self._objections.apart():
            match statement:
                case ast.Return():
                    self._return(statement)
                case ast.Assign() | ast.AnnAssign():
                    self._assign(statement, names)
                case ast.AugAssign():
                    self._change(statement, names)
                case ast.If():
                    self._reading.value(statement.test)
            return
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.pop(node.id, None)

    def _return(self, node: ast.Return) -> None:
        value = self._reading.value(node.value) if node.value else Value(other="nothing")
        self._returned.append(value)
        match node.value:
            case ast.Tuple(elts=[_, ast.Dict() as components]) if self._function.name == ENTRY:
                pairs = zip(components.values, value.items[1].items, strict=False)
                self._meaning.truths.update(item for item, held in pairs if held.number)

    def _assign(self, node: ast.Assign | ast.AnnAssign, names: Names) -> None:
        if node.value is None:
            return
        value = self._reading.value(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                names[target.id] = value
            elif isinstance(target, (ast.Tuple, ast.List)):
                parts = (
                    value.items
                    if not value.keys and len(value.items) == len(target.elts)
                    else [_some(value) for _ in target.elts]
                )
                names |= {
                    name.id: part
                    for name, part in zip(target.elts, parts, strict=True)
                    if isinstance(name, ast.Name)
                }

    def _change(self, node: ast.AugAssign, names: Names) -> None:
        assert isinstance(node.target, ast.Name)
        name = node.target.id
        old, added = names.get(name) or fresh(), self._reading.value(node.value)
        is_part = isinstance(node.op, Replaced)
        new = added if is_part else self._reading.operation(node, old, added)
        if is_part:
            self._check_part(node, name, old)
            self._meaning.written[node] = node.value
        if not old.memory:
            names[name] = new
            return
        sharing = [other for other, value in names.items() if other != name and value.memory & old.memory]
        read_later = [other for other in sharing if self._is_read_after(node, other)]
        part = next((other for other in read_later if not _holds_all(names[other], old)), None)
        if part is not None:
            message = f"{name} may share its memory with {part}, which this changes, too, in Python."
            raise RefusedError("syntax", message, _of_its_own(name, is_part), node.lineno)
        is_own = self._function.name == ENTRY and not is_part  # signals may be added to, not written to
        if not is_own and any(isinstance(token, Parameter) for token in old.memory):
            message = f"in Python this changes the caller's tensor, which {name} still is."
            raise RefusedError("syntax", message, _of_its_own(name, is_part), node.lineno)
        self._meaning.renewed[node] = {
            other: {
                key: item.tensor == old.tensor
                for key, item in zip(names[other].keys, names[other].items, strict=False)
            }
            for other in read_later
        }

    def _check_part(self, node: ast.AugAssign, name: str, old: Value) -> None:
        """Refuse where numbers are written that stand elsewhere, too, or are yet to be read."""
        if old.repeated:
            message = f"in Python {name} may hold one number at several places, which this changes."
            raise RefusedError("syntax", message, _of_its_own(name, True), node.lineno)
        given = copied(node.value, name, is_added=isinstance(node.op, Added))
        if given and self._reading.value(given).memory & old.memory:
            message = f"this is a part of {name} itself, and Python may overwrite it before it is read."
            hint = f"Write ({ast.unparse(given)[:60]}).clone() for it."
            raise RefusedError("syntax", message, hint, node.lineno)


def _of_its_own(name: str, is_part: bool) -> str:
    if is_part:
        return f"Write {name} = {name}.clone() before for a new tensor."
    return f"Write {name} = {name} + ... for a new tensor."


def _holds_all(value: Value, changed: Value) -> bool:
    """Whether a value is a tensor, or a dictionary where it stands by itself.

    No mere part of its memory, that is.
    """
    if changed.tensor is None:
        return False
    held = value.items if value.keys else (value,)
    return all(item.tensor == changed.tensor or not item.memory & changed.memory for item in held)


def _some(whole: Value) -> Value:
    """One of the values of a group of unknown length."""
    if whole.other == "sizes":
        return Value(Plain("int", None, int(MAX_NUMBER)))
    return view(whole)
