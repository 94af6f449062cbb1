"""What each operator of a compiled program does to the axis of environments (see ``axes``)."""

from __future__ import annotations

from collections.abc import Callable

from rewardsmith.reward.guard import axes
from rewardsmith.reward.guard.axes import Axes, MixedError, Size, UnseenError
from rewardsmith.reward.guard.products import PRODUCTS
from rewardsmith.reward.guard.reshaping import RESHAPING
from rewardsmith.reward.guard.seen import UNSEEN, Arguments, Seen, sizes_of, tensor_of, tensors_of

_REDUCTIONS = """
    sum mean prod std var norm linalg_vector_norm logsumexp amin amax any all min max
    nansum nanmean median count_nonzero argmin argmax
"""
_IN_PAIRS = {"min", "max", "median"}
"""Reductions along one axis that give values and indices."""
_ALONG = "softmax log_softmax cumsum cumprod"
"""What goes along one axis and leaves it as it is."""
_SAME = "zeros_like ones_like full_like to type_as detach clone contiguous alias"
_ELEMENTWISE = """
    add sub mul div rsub neg abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow tanh sigmoid relu
    sin cos tan asin acos atan atan2 sinh cosh trunc frac deg2rad rad2deg gelu heaviside floor_divide sign
    floor ceil round erf reciprocal hypot lerp fmod remainder softplus clamp clamp_min clamp_max
    minimum maximum where nan_to_num isfinite isnan isinf isclose eq ne lt le gt ge
    logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not
    __and__ __or__ __xor__ NumToTensor
    asinh acosh atanh erfc sinc logit copysign logaddexp xlogy sgn signbit positive fmax fmin addcmul
    addcdiv masked_fill log_sigmoid
"""
_TAKES_COUNTS = """
    ListConstruct TupleConstruct ListUnpack TupleUnpack TupleIndex __getitem__
    len zeros ones expand broadcast_to repeat tile view reshape slice
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
        result = axes.reduce(tensor_of(given), given.get("dim"), given.get("keepdim"), name)
        return (result, result) if name in _IN_PAIRS and "dim" in given else result

    return reduced


def _along(name: str) -> Callable[[Arguments], Seen]:
    def gone_along(given: Arguments) -> Seen:
        tensor_of(given).own(given["dim"], name)
        return tensor_of(given)

    return gone_along


def _cross(given: Arguments) -> Seen:
    both = axes.broadcast([tensor_of(given), tensor_of(given, "other")])
    if given["dim"] is None:
        message = "cross without dim takes the first axis of size 3, which may be that of the environments."
        raise MixedError(message, "Give it dim=-1.")
    both.own(given["dim"], "cross")
    return both


def _cosine_similarity(given: Arguments) -> Seen:
    both = axes.broadcast([tensor_of(given, "x1"), tensor_of(given, "x2")])
    return axes.reduce(both, given["dim"], False, "cosine_similarity")


def _pairwise_distance(given: Arguments) -> Seen:
    both = axes.broadcast([tensor_of(given, "x1"), tensor_of(given, "x2")])
    return axes.reduce(both, -1, given["keepdim"], "pairwise_distance")


def _stack(given: Arguments) -> Seen:
    tensors = tensors_of(given)
    if any(one != tensors[0] for one in tensors):
        raise UnseenError
    return axes.insert(tensors[0], given["dim"], len(tensors))


def _squeeze(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    dims = given.get("dim", tuple(range(len(tensor.sizes))))
    gone = {tensor.place(dim) for dim in (dims if isinstance(dims, tuple) else (dims,))}
    return Axes(tuple(size for place, size in enumerate(tensor.sizes) if size != 1 or place not in gone))


def _slice(given: Arguments) -> Seen:
    return axes.cut(tensor_of(given), given["dim"], given["start"], given["end"], given["step"])


def _unbind(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    size = tensor.sizes[tensor.own(given["dim"], "unbind")]
    assert isinstance(size, int)
    return (axes.pick(tensor, given["dim"], 0),) * size


def _split(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    place = tensor.own(given["dim"], "split")
    size, sizes = tensor.sizes[place], given.get("split_size", given.get("split_sizes"))
    assert isinstance(size, int)
    if isinstance(sizes, int) and sizes > 0:
        sizes = tuple(min(sizes, size - start) for start in range(0, size, sizes))
    return tuple(tensor.with_size(place, part) for part in sizes_of(sizes))


def _chunk(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    size, chunks = tensor.sizes[tensor.own(given["dim"], "chunk")], given["chunks"]
    if not isinstance(size, int) or not isinstance(chunks, int) or chunks < 1:
        raise UnseenError
    return _split({**given, "split_size": -(-size // chunks)})


def _new(given: Arguments) -> Seen:
    return Axes(sizes_of(given["size"]))


def _literal(given: Arguments) -> Seen:
    sizes, data = list[Size](), given.get("data", given.get("t"))
    while isinstance(data, tuple):
        sizes.append(len(data))
        data = data[0] if data else None
    return Axes(tuple(sizes))


def _size(given: Arguments) -> Seen:
    tensor = tensor_of(given)
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


OPERATIONS: dict[str, Callable[[Arguments], Seen]] = {
    **dict.fromkeys(_ELEMENTWISE.split(), _elementwise),
    **dict.fromkeys(_SAME.split(), tensor_of),
    **{name: _reduction(name.removeprefix("linalg_")) for name in _REDUCTIONS.split()},
    **{name: _along(name) for name in _ALONG.split()},
    "sort": lambda given: (_along("sort")(given),) * 2,
    **PRODUCTS,
    **RESHAPING,
    "cross": _cross,
    "linalg_cross": _cross,
    "cosine_similarity": _cosine_similarity,
    "pairwise_distance": _pairwise_distance,
    "stack": _stack,
    "cat": lambda given: axes.join(tensors_of(given), given["dim"]),
    "squeeze": _squeeze,
    "unsqueeze": lambda given: axes.insert(tensor_of(given), given["dim"], 1),
    "slice": _slice,
    "select": lambda given: axes.pick(tensor_of(given), given["dim"], given["index"]),
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
    "dim": lambda given: len(tensor_of(given).sizes),
    "__getitem__": _item,
    "TupleIndex": _item,
    "ListConstruct": lambda given: tuple(given.values()),
    "TupleConstruct": lambda given: tuple(given.values()),
    "DictConstruct": lambda given: dict(zip(*[iter(given.values())] * 2, strict=True)),
}
"""By the operator's name. The last ones have no schema: their arguments are in order."""
TAKES_COUNTS = frozenset(_TAKES_COUNTS.split())
"""Operators that may be told the number of environments, or a list that holds it."""
