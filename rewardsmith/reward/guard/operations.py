"""What each operator of a compiled program does to the axis of environments (see ``axes``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rewardsmith.reward.guard import axes
from rewardsmith.reward.guard.axes import Axes, Count, MixedError, Size, UnseenError

Seen = object
"""What is known of a value: the ``Axes`` of a tensor, a ``Count``, a constant, a tuple of such for
lists and tuples, a dictionary of them, or ``UNSEEN``."""
Arguments = Mapping[str, Seen]
"""By the names that the operator's schema has."""

UNSEEN = object()

_REDUCTIONS = "sum mean prod std var norm linalg_vector_norm logsumexp amin amax any all min max"
_SAME = "zeros_like ones_like full_like to type_as detach clone contiguous alias"
_ELEMENTWISE = """
    add sub mul div rsub neg abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow tanh sigmoid relu
    sin cos tan asin acos atan atan2 sinh cosh trunc frac deg2rad rad2deg gelu heaviside floor_divide sign
    floor ceil round erf reciprocal hypot lerp fmod remainder softplus clamp clamp_min clamp_max
    minimum maximum where nan_to_num isfinite isnan isinf isclose eq ne lt le gt ge
    logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not
    __and__ __or__ __xor__ NumToTensor
"""
_TAKES_COUNTS = """
    ListConstruct TupleConstruct ListUnpack TupleUnpack TupleIndex __getitem__
    len zeros ones expand view reshape slice
"""


def _elementwise(given: Arguments) -> Seen:
    tensors = [seen for seen in given.values() if isinstance(seen, Axes)]
    return axes.broadcast(tensors) if tensors else UNSEEN


def _reduction(name: str) -> Callable[[Arguments], Seen]:
    def reduced(given: Arguments) -> Seen:
        if "other" in given:  # min and max of two tensors
            return _elementwise(given)
        if not isinstance(given.get("self"), Axes):  # of plain numbers
            return UNSEEN
        result = axes.reduce(_tensor(given), given.get("dim"), given.get("keepdim"), name)
        return (result, result) if name in ("min", "max") and "dim" in given else result

    return reduced


def _softmax(given: Arguments) -> Seen:
    _tensor(given).own(given["dim"], "softmax")
    return _tensor(given)


def _cross(given: Arguments) -> Seen:
    both = axes.broadcast([_tensor(given), _tensor(given, "other")])
    if given["dim"] is None:
        message = "cross without dim takes the first axis of size 3, which may be that of the environments."
        raise MixedError(message, "Give it dim=-1.")
    both.own(given["dim"], "cross")
    return both


def _cosine_similarity(given: Arguments) -> Seen:
    both = axes.broadcast([_tensor(given, "x1"), _tensor(given, "x2")])
    return axes.reduce(both, given["dim"], False, "cosine_similarity")


def _pairwise_distance(given: Arguments) -> Seen:
    both = axes.broadcast([_tensor(given, "x1"), _tensor(given, "x2")])
    return axes.reduce(both, -1, given["keepdim"], "pairwise_distance")


def _dot(given: Arguments) -> Seen:
    return axes.reduce(axes.broadcast([_tensor(given), _tensor(given, "tensor")]), None, False, "dot")


def _bmm(given: Arguments) -> Seen:
    """Of (b, n, m) and (b, m, p): the sum goes over m."""
    left, right = _tensor(given), _tensor(given, "mat2")
    if len(left.sizes) != 3 or len(right.sizes) != 3:
        raise UnseenError
    left.own(2, "bmm")
    right.own(1, "bmm")
    return axes.broadcast([left.with_size(2, 1), right.with_size(1, 1)])


def _stack(given: Arguments) -> Seen:
    tensors = _tensors(given)
    if any(one != tensors[0] for one in tensors):
        raise UnseenError
    return axes.insert(tensors[0], given["dim"], len(tensors))


def _squeeze(given: Arguments) -> Seen:
    tensor = _tensor(given)
    dims = given.get("dim", tuple(range(len(tensor.sizes))))
    gone = {tensor.place(dim) for dim in (dims if isinstance(dims, tuple) else (dims,))}
    return Axes(tuple(size for place, size in enumerate(tensor.sizes) if size != 1 or place not in gone))


def _transpose(given: Arguments) -> Seen:
    tensor = _tensor(given)
    first, second = tensor.place(given["dim0"]), tensor.place(given["dim1"])
    sizes = list(tensor.sizes)
    sizes[first], sizes[second] = sizes[second], sizes[first]
    return Axes(tuple(sizes))


def _flatten(given: Arguments) -> Seen:
    tensor = _tensor(given)
    start, end = tensor.place(given["start_dim"]), tensor.place(given["end_dim"])
    whole = axes.merged(tensor.sizes[start : end + 1])
    return axes.view(tensor, (*tensor.sizes[:start], whole, *tensor.sizes[end + 1 :]))


def _slice(given: Arguments) -> Seen:
    return axes.cut(_tensor(given), given["dim"], given["start"], given["end"], given["step"])


def _unbind(given: Arguments) -> Seen:
    tensor = _tensor(given)
    size = tensor.sizes[tensor.own(given["dim"], "unbind")]
    assert isinstance(size, int)
    return (axes.pick(tensor, given["dim"], 0),) * size


def _split(given: Arguments) -> Seen:
    tensor = _tensor(given)
    place = tensor.own(given["dim"], "split")
    size, sizes = tensor.sizes[place], given.get("split_size", given.get("split_sizes"))
    assert isinstance(size, int)
    if isinstance(sizes, int) and sizes > 0:
        sizes = tuple(min(sizes, size - start) for start in range(0, size, sizes))
    return tuple(tensor.with_size(place, part) for part in _sizes(sizes))


def _chunk(given: Arguments) -> Seen:
    tensor = _tensor(given)
    size, chunks = tensor.sizes[tensor.own(given["dim"], "chunk")], given["chunks"]
    if not isinstance(size, int) or not isinstance(chunks, int) or chunks < 1:
        raise UnseenError
    return _split({**given, "split_size": -(-size // chunks)})


def _new(given: Arguments) -> Seen:
    return Axes(_sizes(given["size"]))


def _literal(given: Arguments) -> Seen:
    sizes, data = list[Size](), given.get("data", given.get("t"))
    while isinstance(data, tuple):
        sizes.append(len(data))
        data = data[0] if data else None
    return Axes(tuple(sizes))


def _size(given: Arguments) -> Seen:
    tensor = _tensor(given)
    return tensor.sizes[tensor.place(given["dim"])] if "dim" in given else tensor.sizes


def _length(given: Arguments) -> Seen:
    (things,) = given.values()
    if isinstance(things, Axes) and things.sizes:
        return things.sizes[0]
    return len(things) if isinstance(things, tuple) else UNSEEN


def _item(given: Arguments) -> Seen:
    things, which = given.values()
    if isinstance(things, dict):
        return things.get(which, UNSEEN)
    if not isinstance(things, tuple) or not isinstance(which, int) or not -len(things) <= which < len(things):
        raise UnseenError
    return things[which]


def _tensor(given: Arguments, name: str = "self") -> Axes:
    found = given.get(name)
    if not isinstance(found, Axes):
        raise UnseenError
    return found


def _tensors(given: Arguments) -> tuple[Axes, ...]:
    found = given["tensors"]
    if not isinstance(found, tuple) or not found:
        raise UnseenError
    tensors = tuple(one for one in found if isinstance(one, Axes))
    if len(tensors) != len(found):
        raise UnseenError
    return tensors


def _sizes(found: Seen) -> tuple[Size, ...]:
    if not isinstance(found, tuple):
        raise UnseenError
    sizes = tuple(one for one in found if isinstance(one, (int, Count)))
    if len(sizes) != len(found):
        raise UnseenError
    return sizes


OPERATIONS: dict[str, Callable[[Arguments], Seen]] = {
    **dict.fromkeys(_ELEMENTWISE.split(), _elementwise),
    **dict.fromkeys(_SAME.split(), _tensor),
    **{name: _reduction(name.removeprefix("linalg_")) for name in _REDUCTIONS.split()},
    "softmax": _softmax,
    "cross": _cross,
    "linalg_cross": _cross,
    "cosine_similarity": _cosine_similarity,
    "pairwise_distance": _pairwise_distance,
    "dot": _dot,
    "bmm": _bmm,
    "stack": _stack,
    "cat": lambda given: axes.join(_tensors(given), given["dim"]),
    "squeeze": _squeeze,
    "unsqueeze": lambda given: axes.insert(_tensor(given), given["dim"], 1),
    "transpose": _transpose,
    "flatten": _flatten,
    "view": lambda given: axes.view(_tensor(given), _sizes(given["size"])),
    "reshape": lambda given: axes.view(_tensor(given), _sizes(given["shape"])),
    "expand": lambda given: axes.expand(_tensor(given), _sizes(given["size"])),
    "expand_as": lambda given: axes.expand(_tensor(given), _tensor(given, "other").sizes),
    "slice": _slice,
    "select": lambda given: axes.pick(_tensor(given), given["dim"], given["index"]),
    "unbind": _unbind,
    "split": _split,
    "split_with_sizes": _split,
    "chunk": _chunk,
    "zeros": _new,
    "ones": _new,
    "full": _new,
    "tensor": _literal,
    "size": _size,
    "len": _length,
    "dim": lambda given: len(_tensor(given).sizes),
    "__getitem__": _item,
    "TupleIndex": _item,
    "ListConstruct": lambda given: tuple(given.values()),
    "TupleConstruct": lambda given: tuple(given.values()),
    "DictConstruct": lambda given: dict(zip(*[iter(given.values())] * 2, strict=True)),
}
"""By the operator's name. The last ones have no schema: their arguments are in order."""
TAKES_COUNTS = frozenset(_TAKES_COUNTS.split())
"""Operators that may be told the number of environments, or a list that holds it."""
