"""What moving, joining and repeating axes does to that of the environments (see ``axes``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rewardsmith.reward.guard import axes
from rewardsmith.reward.guard.axes import Axes, Count, MixedError, Size, UnseenError
from rewardsmith.reward.guard.seen import Arguments, Seen, sizes_of, tensor_of, tensors_of


def _transpose(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    first, second = tensor.place(given["dim0"]), tensor.place(given["dim1"])
    sizes = list(tensor.sizes)
    sizes[first], sizes[second] = sizes[second], sizes[first]
    return Axes(tuple(sizes))


def _permute(given: Arguments) -> Seen:
    tensor, dims = tensor_of(given), given["dims"]
    if not isinstance(dims, tuple) or len(dims) != len(tensor.sizes):
        raise UnseenError
    return Axes(tuple(tensor.sizes[tensor.place(dim)] for dim in dims))


def _flatten(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    start, end = tensor.place(given["start_dim"]), tensor.place(given["end_dim"])
    whole = axes.merged(tensor.sizes[start : end + 1])
    return axes.view(tensor, (*tensor.sizes[:start], whole, *tensor.sizes[end + 1 :]))


def _unflatten(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    place = tensor.place(given["dim"])
    parts = sizes_of(given["sizes"])
    return axes.view(tensor, (*tensor.sizes[:place], *parts, *tensor.sizes[place + 1 :]))


def _repeat(given: Arguments, times: str) -> Seen:
    """Copies stand one behind the other; those of environments would be others' rows."""
    tensor, repeats = tensor_of(given), sizes_of(given[times])
    missing = len(repeats) - len(tensor.sizes)
    if missing < 0:
        repeats, missing = (1,) * -missing + repeats, 0  # of tile alone
    sizes: list[Size] = []
    for size, count in zip((1,) * missing + tensor.sizes, repeats, strict=True):
        if isinstance(size, Count) and count != 1:
            hint = "Repeat columns: x.repeat(1, k)."
            raise MixedError("the environments are repeated here.", hint)
        sizes.append(axes.merged((size, count)))
    return Axes(tuple(sizes))


def _hstack(given: Arguments) -> Seen:
    tensors = [tensor if tensor.sizes else Axes((1,)) for tensor in tensors_of(given)]
    return axes.join(tensors, 0 if len(tensors[0].sizes) == 1 else 1)


def _vstack(given: Arguments) -> Seen:
    rows = [Axes((1,) * (2 - len(tensor.sizes)) + tensor.sizes) for tensor in tensors_of(given)]
    return axes.join(rows, 0)


def _column_stack(given: Arguments) -> Seen:
    columns = [
        tensor if len(tensor.sizes) > 1 else Axes((*(tensor.sizes or (1,)), 1))
        for tensor in tensors_of(given)
    ]
    return axes.join(columns, 1)


def _diagonal(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    first, second = tensor.own(given["dim1"], "diagonal"), tensor.own(given["dim2"], "diagonal")
    sides, offset = (tensor.sizes[first], tensor.sizes[second]), given["offset"]
    if offset != 0 or not isinstance(sides[0], int) or not isinstance(sides[1], int):
        raise UnseenError
    rest = tuple(size for place, size in enumerate(tensor.sizes) if place not in (first, second))
    return Axes((*rest, min(sides[0], sides[1])))


def _flip(given: Arguments) -> Seen:
    tensor, dims = tensor_of(given), given["dims"]
    for dim in dims if isinstance(dims, tuple) else (None,):
        tensor.own(dim, "flip")
    return tensor


def _diff(given: Arguments) -> Seen:
    tensor = tensor_of(given)
    place = tensor.own(given["dim"], "diff")
    size, times = tensor.sizes[place], given["n"]
    if not isinstance(size, int) or not isinstance(times, int) or given["prepend"] or given["append"]:
        raise UnseenError
    return tensor.with_size(place, max(size - times, 0))


def _index_select(given: Arguments) -> Seen:
    tensor, index = tensor_of(given), tensor_of(given, "index")
    place = tensor.own(given["dim"], "index_select")
    if len(index.sizes) != 1:
        raise UnseenError
    return tensor.with_size(place, index.sizes[0])


RESHAPING: Mapping[str, Callable[[Arguments], Seen]] = {
    "transpose": _transpose,
    "permute": _permute,
    "mT": lambda given: _transpose({**given, "dim0": -2, "dim1": -1}),
    "numpy_T": lambda given: Axes(tensor_of(given).sizes[::-1]),
    "flatten": _flatten,
    "unflatten": _unflatten,
    "ravel": lambda given: axes.view(tensor_of(given), (axes.merged(tensor_of(given).sizes),)),
    "view": lambda given: axes.view(tensor_of(given), sizes_of(given["size"])),
    "reshape": lambda given: axes.view(tensor_of(given), sizes_of(given["shape"])),
    "expand": lambda given: axes.expand(tensor_of(given), sizes_of(given["size"])),
    "broadcast_to": lambda given: axes.expand(tensor_of(given), sizes_of(given["size"])),
    "expand_as": lambda given: axes.expand(tensor_of(given), tensor_of(given, "other").sizes),
    "repeat": lambda given: _repeat(given, "repeats"),
    "tile": lambda given: _repeat(given, "dims"),
    "hstack": _hstack,
    "vstack": _vstack,
    "column_stack": _column_stack,
    "diagonal": _diagonal,
    "flip": _flip,
    "diff": _diff,
    "index_select": _index_select,
}
"""By the operator's name."""
