"""Layer 5, second part: follow the axis of the environments through the compiled program.

What takes environments together, tells them apart or counts them is refused where it is written.
What cannot be followed is left to the probe, which sees what a program does, if not where. The
graph is only read.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import cache

import torch

from rewardsmith.reward.guard.axes import Axes, Count, MixedError, UnseenError, counted
from rewardsmith.reward.guard.graph import inlined, is_tensor, refused_at
from rewardsmith.reward.guard.operations import OPERATIONS, TAKES_COUNTS
from rewardsmith.reward.guard.seen import UNSEEN, Seen
from rewardsmith.reward.program import RewardProgram

_COMPARISONS = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}


def check_environments(program: RewardProgram, signals: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse a program in which environments depend on each other, their place or their number.

    Args:
        program: Compiled, and passed by :func:`~rewardsmith.reward.guard.graph.check_graph`.
        signals: Shape of one environment's value of every signal.

    Raises:
        RefusedError: Naming the operation and its line.
    """
    graph = inlined(program.function)
    given = zip(graph.inputs(), program.parameters, strict=True)
    _Reader({value.debugName(): Axes((Count(), *signals[name])) for value, name in given}).read(graph)


class _Reader:
    """Goes through the graph in order, and keeps what is known of every value."""

    def __init__(self, seen: dict[str, Seen]) -> None:
        self._seen = seen

    def read(self, block: torch._C.Block | torch._C.Graph) -> list[Seen]:
        """What is known of the block's results."""
        for node in block.nodes():
            try:
                results = self._results(node)
            except UnseenError:
                results = [UNSEEN for _ in node.outputs()]
            except MixedError as mixed:
                raise refused_at(node, mixed.message, mixed.hint) from None
            for value, seen in zip(node.outputs(), results, strict=True):
                self._seen[value.debugName()] = seen
        return [self._seen[value.debugName()] for value in block.outputs()]

    def _results(self, node: torch._C.Node) -> list[Seen]:
        kind, name = node.kind(), node.kind().split("::")[-1]
        given = [self._seen[value.debugName()] for value in node.inputs()]
        if kind == "prim::Constant":
            constant = node.output().toIValue()
            return [Axes(tuple(constant.shape)) if isinstance(constant, torch.Tensor) else constant]
        if kind == "prim::If":
            return self._branches(node, given[0])
        if name in _COMPARISONS and not any(is_tensor(value) for value in node.inputs()):
            return [_compared(name, *given)]
        if name not in TAKES_COUNTS and any(map(_holds_count, given[1:] if name == "full" else given)):
            raise counted()
        if any(is_tensor(value) and seen is UNSEEN for value, seen in zip(node.inputs(), given, strict=True)):
            raise UnseenError
        if name in ("TupleUnpack", "ListUnpack"):
            things = given[0]
            if not isinstance(things, tuple) or len(things) != node.outputsSize():
                raise UnseenError
            return list(things)
        names = _names(node.schema()) or map(str, range(len(given)))
        result = OPERATIONS.get(name, _unknown)(dict(zip(names, given, strict=True)))
        return list(result) if isinstance(result, tuple) and node.outputsSize() > 1 else [result]

    def _branches(self, node: torch._C.Node, condition: Seen) -> list[Seen]:
        """Of the branch that is taken; where that is not known, what is the same in both."""
        yes, no = node.blocks()
        if isinstance(condition, bool):
            return self.read(yes if condition else no)
        return [
            one if one == other else UNSEEN for one, other in zip(self.read(yes), self.read(no), strict=True)
        ]


@cache
def _names(schema: str) -> list[str]:
    """What an operator calls its arguments; nothing for those of the compiler itself."""
    return [argument.name for argument in torch._C.parse_schema(schema).arguments] if "::" in schema else []


def _unknown(given: Mapping[str, Seen]) -> Seen:
    raise UnseenError


def _holds_count(seen: Seen) -> bool:
    return isinstance(seen, Count) or (isinstance(seen, tuple) and any(map(_holds_count, seen)))


def _compared(name: str, left: Seen, right: Seen) -> Seen:
    """Constants are compared here. The number of environments may only be compared with itself."""
    if _holds_count(left) or _holds_count(right):
        if left != right:
            raise counted()
        return name in ("eq", "le", "ge")
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    return _COMPARISONS[name](left, right) if numbers else UNSEEN
