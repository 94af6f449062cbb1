"""Reads the expressions of a function without running them, and finds where Python differs."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rewardsmith.reward.guard import arithmetic, vocabulary
from rewardsmith.reward.guard.arithmetic import MAX_SIZE, Plain, Result
from rewardsmith.reward.guard.constants import MAX_NUMBER
from rewardsmith.reward.guard.helpers import declared
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.values import Value, called_with, choice, fresh, joined, together, view

_KEEPS_TRUTH = frozenset({"where", "add", "sub", "mul", "div", "pow"})
"""Functions whose result has a type that hangs on that of a plain number."""


class Reading:
    """Evaluates the expressions of one function, and collects what must be printed otherwise."""

    def __init__(
        self,
        results: Mapping[str, tuple[ast.FunctionDef, Value]],
        written: dict[ast.AST, ast.expr],
        truths: set[ast.AST],
        floats: set[ast.AST],
    ) -> None:
        """Know the helpers that are called, with what they return, and where to keep findings."""
        self._results, self._written, self._truths, self._floats = results, written, truths, floats
        self.names: dict[str, Value] = {}

    def value(self, node: ast.expr) -> Value:
        """What an expression gives.

        Raises:
            RefusedError: Python and TorchScript cannot be made to agree on it.
        """
        match node:
            case ast.Constant(value=bool() | int() | float() as number):
                return Value(arithmetic.known(number))
            case ast.Name():
                return self.names.get(node.id) or fresh()
            case ast.UnaryOp() | ast.BinOp() | ast.BoolOp() | ast.Compare():
                return self._operation(node)
            case ast.IfExp():
                self.value(node.test)
                return joined(self.value(node.body), self.value(node.orelse), choice())
            case ast.List():
                return self._of_one_kind(node, [self.value(item) for item in node.elts])
            case ast.Tuple():
                return together([self.value(item) for item in node.elts])
            case ast.Dict():
                entries = {
                    _key(key): self.value(item) for key, item in zip(node.keys, node.values, strict=True)
                }
                return together([*entries.values()], [*entries])
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._part(self.value(node.value), node.slice)
            case ast.Call():
                return self._call(node)
        return Value(other="nothing")

    def operation(self, node: ast.BinOp | ast.AugAssign, left: Value, right: Value) -> Value:
        """``left op right``."""
        _check_operands(node, left, right)
        if left.number and right.number:
            return self._kept(node, arithmetic.binary(node, left.number, right.number))
        operands = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
        self._as_tensors(operands, (left, right)[-len(operands) :])
        return together((left, right)) if left.items or right.items else fresh()

    def _as_tensors(self, nodes: Sequence[ast.AST], values: Sequence[Value]) -> None:
        """A plain True that meets a tensor is printed as one: TorchScript takes it for a number."""
        self._truths |= {
            node
            for node, value in zip(nodes, values, strict=True)
            if value.number and value.number.kind == "bool"
        }

    def _of_one_kind(self, node: ast.List, items: list[Value]) -> Value:
        """TorchScript's lists hold one kind of numbers: in ``[0.5, 1]`` both are floats."""
        numbers = [item.number for item in items if item.number]
        kinds = {number.kind for number in numbers}
        if len(numbers) != len(items) or len(kinds) < 2 or "bool" in kinds:
            return together(items)
        whole = [item for item, number in zip(node.elts, numbers, strict=True) if number.kind == "int"]
        self._floats.update(whole)
        held = [replace(number, kind="loose") if number.kind == "int" else number for number in numbers]
        return together([Value(number) for number in held])

    def _floats_in(self, node: ast.expr, value: Value) -> None:
        """``torch.tensor`` makes floats of all numbers where one is; TorchScript must be told."""
        leaves = _leaves(node, value)
        kinds = {number.kind if number else "" for _, number in leaves}
        if "float" in kinds and not kinds - {"int", "bool", "float", "loose"}:
            self._floats.update(leaf for leaf, number in leaves if number and number.kind != "float")

    def _take_truths(self, node: ast.Call, name: str, values: Sequence[Value]) -> None:
        if vocabulary.ALIASES.get(name, name) in _KEEPS_TRUTH:
            self._as_tensors([*node.args, *(keyword.value for keyword in node.keywords)], values)

    def _kept(self, node: ast.AST, result: Result) -> Value:
        if result.written is not None:
            self._written[node] = result.written
        return Value(result.number)

    def _operation(self, node: ast.UnaryOp | ast.BinOp | ast.BoolOp | ast.Compare) -> Value:
        match node:
            case ast.BinOp():
                return self.operation(node, self.value(node.left), self.value(node.right))
            case ast.UnaryOp():
                operand = self.value(node.operand)
                _check_operands(node, operand)
                if operand.number:
                    return self._kept(node, arithmetic.unary(node, operand.number))
                return replace(operand, tensor=None) if isinstance(node.op, ast.UAdd) else fresh()
            case ast.BoolOp():
                values = [self.value(item) for item in node.values]
                _check_operands(node, *values)
                numbers = [value.number for value in values if value.number]
                return (
                    self._kept(node, arithmetic.logical(node, numbers))
                    if len(numbers) == len(values)
                    else fresh()
                )
            case ast.Compare():
                left, right = self.value(node.left), self.value(node.comparators[0])
                if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and "nothing" not in (
                    left.other,
                    right.other,
                ):
                    raise RefusedError(
                        "syntax", "is and is not differ in TorchScript.", "Use == or !=.", node.lineno
                    )
                if left.number and right.number:
                    return Value(arithmetic.compare(node, left.number, right.number))
                return Value(Plain("bool")) if left.other or right.other else fresh()

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = ast.unparse(node.value)
        if node.attr == "pi":
            return Value(arithmetic.known(math.pi))
        if owner in vocabulary.OWNERS:
            return Value(other="type")
        value = self.value(node.value)
        if node.attr == "shape":
            return Value(other="sizes")
        if node.attr == "ndim":
            return Value(Plain("int", None, MAX_SIZE))
        if node.attr in ("T", "mT"):
            return view(value)
        if node.attr == "indices":
            return fresh()
        return replace(value, tensor=None) if node.attr == "values" else Value(other="type")

    def _part(self, whole: Value, index: ast.expr) -> Value:
        for part in ast.walk(index):
            if isinstance(part, ast.Slice):
                bounds = [
                    self.value(bound) for bound in (part.lower, part.upper, part.step) if bound is not None
                ]
                if whole.other == "sizes":
                    return Value(other="sizes")
                _check_operands(index, *bounds)
        if isinstance(index, ast.Constant) and index.value in whole.keys:
            return whole.items[whole.keys.index(index.value)]
        if not isinstance(index, (ast.Slice, ast.Tuple)):
            place, count = self.value(index).number, 0 if whole.keys else len(whole.items)
            if place and type(place.known) is int and -count <= place.known < count:
                return whole.items[place.known]
        elif isinstance(index, ast.Tuple):
            for part in index.elts:
                if not isinstance(part, ast.Slice):
                    self.value(part)
        return Value(Plain("int", None, MAX_SIZE)) if whole.other == "sizes" else view(whole)

    def _call(self, node: ast.Call) -> Value:
        given = [self.value(argument) for argument in node.args]
        named = {keyword.arg or "": self.value(keyword.value) for keyword in node.keywords}
        if isinstance(node.func, ast.Name):
            return self._plain_call(node, node.func.id, given, named)
        assert isinstance(node.func, ast.Attribute)
        owner, name = ast.unparse(node.func.value), node.func.attr
        if owner not in vocabulary.OWNERS:
            self._take_truths(node, name, [*given, *named.values()])
            return _method(name, self.value(node.func.value), given)
        _check_operands(node, *given)
        numbers = [value.number for value in given if value.number]
        if len(numbers) == len(given) and not named and name not in vocabulary.CREATION:
            if owner == "torch" and name == "abs":
                return self._kept(node, arithmetic.call(node, "", name, numbers))
            if name in vocabulary.MATH and (owner == "math" or name != "remainder"):
                return self._kept(node, arithmetic.call(node, "math", name, numbers))
            return Value(Plain("float"))
        if name == "tensor" and node.args:
            self._floats_in(node.args[0], given[0])
        _check_kinds(node, name, [*given, *named.values()], named)
        self._take_truths(node, name, [*given, *named.values()])
        return _seen(name, together([*given, *named.values()]))

    def _plain_call(self, node: ast.Call, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        if name in self._results:
            return self._result(node, name, given, named)
        _check_operands(node, *given)
        if name == "len":
            return Value(Plain("int", None, MAX_SIZE))
        numbers = [value.number for value in given if value.number]
        if numbers and len(numbers) == len(given):
            return self._kept(node, arithmetic.call(node, "", name, numbers))
        if name in ("min", "max") and given and not any(value.items for value in given):
            message = f"{name} cannot compare tensors; Python would ask for one truth value."
            raise RefusedError("syntax", message, f"Use torch.{name}imum(a, b).", node.lineno)
        return Value(Plain(name)) if name in ("int", "float") else fresh()

    def _result(self, node: ast.Call, helper: str, given: list[Value], named: dict[str, Value]) -> Value:
        function, result = self._results[helper]
        arguments = dict(zip((argument.arg for argument in function.args.args), given, strict=False)) | named
        for argument in arguments.values():
            if argument.number and argument.number.most > MAX_NUMBER:
                raise RefusedError(
                    "syntax",
                    "a whole number is too large.",
                    f"Use numbers up to {MAX_NUMBER:.0e}.",
                    node.lineno,
                )
        for parameter in function.args.args:
            number = arguments[parameter.arg].number if parameter.arg in arguments else None
            if number and number.kind == "bool" and declared(parameter) != "bool":
                message = f"{parameter.arg} is given a plain truth value."
                raise RefusedError("syntax", message, f"Declare it: {parameter.arg}: bool.", node.lineno)
        return called_with(result, arguments, {})


def _leaves(node: ast.expr, value: Value) -> list[tuple[ast.expr, Plain | None]]:
    """All numbers of nested lists."""
    if isinstance(node, (ast.List, ast.Tuple)):
        pairs = zip(node.elts, value.items, strict=True)
        return [leaf for part, held in pairs for leaf in _leaves(part, held)]
    return [(node, value.number)]


def _key(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _method(name: str, owner: Value, given: list[Value]) -> Value:
    if name in ("size", "dim"):
        return Value(Plain("int", None, MAX_SIZE)) if given or name == "dim" else Value(other="sizes")
    return _seen(name, owner)


def _seen(name: str, whole: Value) -> Value:
    """What a function gives of some tensors."""
    return view(whole, repeats=name in vocabulary.REPEATING) if name in vocabulary.VIEWS else fresh()


def _check_operands(node: ast.expr | ast.stmt, *values: Value) -> None:
    """A type is a number to TorchScript, and may be added and multiplied there."""
    if any(value.other == "type" for value in values):
        raise RefusedError(
            "syntax", "a type is not a number.", "Use types only in .to(...) and dtype=...", node.lineno
        )


def _check_kinds(node: ast.Call, name: str, values: Sequence[Value], named: Iterable[str]) -> None:
    """Some functions make a tensor of whole numbers from an int and of floats from a float.

    Raises:
        RefusedError: It cannot be said which of both a number is in Python.
    """
    if name not in ("tensor", "full", "where"):
        return
    if (
        name == "full"
        and "bool" in (value.number.kind for value in values[1:2] if value.number)
        and "dtype" not in named
    ):
        raise RefusedError(
            "syntax",
            "full makes whole numbers of a truth value.",
            "Name the type: dtype=torch.bool.",
            node.lineno,
        )
    made_of = [item for value in values for item in _flat(value)]
    kinds = [
        value.number.kind if value.number else "" for value in (made_of if name == "tensor" else values[1:])
    ]
    if "loose" in kinds and "float" not in kinds and "" not in kinds:
        message = f"{name} is given a number that may be whole in Python."
        raise RefusedError("syntax", message, "Write float(...) around it.", node.lineno)


def _flat(value: Value) -> list[Value]:
    return [inner for item in value.items for inner in _flat(item)] if value.items else [value]
