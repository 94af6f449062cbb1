"""What an expression gives: a plain number, or tensors by the memory that they may share."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from rewardsmith.reward.guard.arithmetic import Plain

_FRESH = itertools.count()


@dataclass(frozen=True)
class Value:
    """What an expression gives: a plain number, a tensor, several values together, or a type."""

    number: Plain | None = None
    """Set for a plain number, which shares no memory with anything."""
    memory: frozenset[Hashable] = frozenset()
    """The tensors whose memory it may share."""
    tensor: Hashable = None
    """Two values that have the same, and not None, are one tensor."""
    repeated: bool = False
    """Whether one number of its memory may stand at several of its places."""
    items: tuple[Value, ...] = ()
    """Of a tuple, list or dictionary that is written out."""
    keys: tuple[str, ...] = ()
    """Of the dictionary."""
    other: str = ""
    """``sizes`` of a tensor, a ``type`` (or device), or ``nothing``."""


@dataclass(frozen=True)
class Parameter:
    """The memory that a helper is handed by its caller."""

    name: str


def fresh() -> Value:
    """A new tensor."""
    token = next(_FRESH)
    return Value(memory=frozenset({token}), tensor=token)


def choice() -> Hashable:
    """A place where one of two ways is taken."""
    return next(_FRESH)


def joined(first: Value, second: Value, taken: Hashable) -> Value:
    """Either of two values: of two tensors the same one wherever the same way is ``taken``."""
    if first == second:
        return first
    if first.number and second.number:
        kinds = {first.number.kind, second.number.kind}
        kind = kinds.pop() if len(kinds) == 1 else "loose"
        return Value(Plain(kind, None, max(first.number.most, second.number.most)))
    same = None if first.tensor is None or second.tensor is None else (taken, first.tensor, second.tensor)
    pairs = zip(first.items, second.items, strict=True) if len(first.items) == len(second.items) else ()
    return Value(
        memory=first.memory | second.memory,
        tensor=same,
        repeated=first.repeated or second.repeated,
        items=tuple(joined(one, other, taken) for one, other in pairs),
        keys=first.keys if first.keys == second.keys else (),
        other=first.other if first.other == second.other else "",
    )


def together(items: Sequence[Value], keys: Sequence[str] = ()) -> Value:
    """A tuple, list or dictionary."""
    return Value(
        memory=frozenset().union(*(item.memory for item in items)),
        repeated=any(item.repeated for item in items),
        items=tuple(items),
        keys=tuple(keys),
    )


def view(whole: Value, *, repeats: bool = False) -> Value:
    """Something of a tensor or a group: it may share the memory, and is not the same tensor."""
    seen = whole if whole.memory else fresh()
    return Value(memory=seen.memory, repeated=seen.repeated or repeats)


def called_with(result: Value, arguments: Mapping[str, Value], own: dict[Hashable, int]) -> Value:
    """A helper's result, as its caller sees it.

    ``own`` are the tensors that this call made, each new to the caller.
    """
    if result.number or result.other:
        return result
    if result.items:
        return together([called_with(item, arguments, own) for item in result.items], result.keys)
    if isinstance(result.tensor, Parameter):
        return arguments.get(result.tensor.name) or fresh()
    memory: set[Hashable] = set()
    handed = (arguments[token.name] for token in result.memory if _is_given(token, arguments))
    repeated = result.repeated or any(argument.repeated for argument in handed)
    for token in result.memory:
        if not isinstance(token, Parameter):
            memory.add(own.setdefault(token, next(_FRESH)))
        elif token.name in arguments:
            memory |= arguments[token.name].memory
    tensor = next(_FRESH)
    if result.tensor is not None:
        tensor = own.setdefault(result.tensor, tensor)
    return Value(memory=frozenset(memory) or frozenset({tensor}), tensor=tensor, repeated=repeated)


def _is_given(token: Hashable, arguments: Mapping[str, Value]) -> TypeGuard[Parameter]:
    return isinstance(token, Parameter) and token.name in arguments
