"""Which axis of a tensor the environments are on, and what operations make of it.

Sizes are known: those of signals by their table, all others by literals. The one size that is not
is the number of environments, so an axis of that size is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_WRITE_BOTH = "Bring both to the shape (num_envs, k); a column is x[:, i] or x.unsqueeze(-1)."
_REDUCE_EACH = "Give it dim=-1 and a tensor of shape (num_envs, k); for one column index it, such as [:, 2]."
_ONE_EACH = "There is one number for each environment here already: leave it out, or take x of (num_envs, k)."
_OTHER_AXIS = "The environments are its axis {place} of {axes} here: name another one."
_NO_NUMBER = "It may only be a size of zeros, ones, full, expand or view; a vector's length is x.shape[-1]."
_END = 1 << 31


class MixedError(Exception):
    """Environments are mixed, told apart or counted: what is wrong, and what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.message, self.hint = message, hint


class UnseenError(Exception):
    """The axes cannot be told: trying the program must show what it does."""


@dataclass(frozen=True)
class Count:
    """The number of environments; a multiple of it where each has several rows in turn."""

    times: int = 1


Size = int | Count


@dataclass(frozen=True)
class Axes:
    """A tensor, as far as its axes go."""

    sizes: tuple[Size, ...]

    def __post_init__(self) -> None:
        """Two axes of environments: each is set against all others."""
        if sum(isinstance(size, Count) for size in self.sizes) > 1:
            raise MixedError("every environment is combined with every other one here.", _WRITE_BOTH)

    def place(self, dim: object) -> int:
        """The axis that ``dim`` means, from the first one."""
        if not isinstance(dim, int):
            raise MixedError("an axis is not a plain number here.", "Write it out, such as dim=-1.")
        if not -len(self.sizes) <= dim < len(self.sizes):
            raise UnseenError
        return dim % len(self.sizes)

    def own(self, dim: object, what: str) -> int:
        """The axis that ``dim`` means, which must not be the environments'."""
        place = self.place(dim)
        if isinstance(self.sizes[place], Count):
            message = f"{what} along the axis of the environments takes them together."
            raise MixedError(message, self._instead(dim, place))
        return place

    def _instead(self, dim: object, place: int) -> str:
        """What to write instead, and nothing that is written already."""
        if len(self.sizes) == 1:
            return _ONE_EACH
        if dim == -1 or place:
            return _OTHER_AXIS.format(place=place, axes=len(self.sizes))
        return _REDUCE_EACH

    def without(self, place: int) -> Axes:
        """One axis less."""
        return Axes(self.sizes[:place] + self.sizes[place + 1 :])

    def with_size(self, place: int, size: Size) -> Axes:
        """One axis of another size."""
        return Axes((*self.sizes[:place], size, *self.sizes[place + 1 :]))


def counted() -> MixedError:
    """The number of environments is part of the result."""
    return MixedError("the number of environments is used as a number.", _NO_NUMBER)


def broadcast(tensors: Collection[Axes]) -> Axes:
    """What an elementwise operation makes of its inputs."""
    sizes: list[Size] = []
    for back in range(1, max(len(axes.sizes) for axes in tensors) + 1):
        among = {axes.sizes[-back] for axes in tensors if back <= len(axes.sizes)}
        wide = among - {1}
        if len(wide) > 1:
            raise UnseenError
        sizes.insert(0, wide.pop() if wide else 1)
    return Axes(tuple(sizes))


def reduce(axes: Axes, dims: object, keep: object, what: str) -> Axes:
    """A reduction over one axis, some, or all."""
    wanted = dims if isinstance(dims, tuple) else (dims,)
    if dims is None or dims == ():
        wanted = tuple(range(len(axes.sizes)))
    gone = {axes.own(dim, what) for dim in wanted}
    if keep is True:
        return Axes(tuple(1 if place in gone else size for place, size in enumerate(axes.sizes)))
    return Axes(tuple(size for place, size in enumerate(axes.sizes) if place not in gone))


def cut(axes: Axes, dim: object, start: object, end: object, step: object) -> Axes:
    """``x[start:end:step]`` on one axis."""
    place = axes.place(dim)
    size = axes.sizes[place]
    if isinstance(size, Count):
        whole = end is None or end == size or (isinstance(end, int) and end >= _END)
        if whole and start in (None, 0) and step == 1:
            return axes
        hint = "Take all of them: [:, a:b] cuts columns."
        raise MixedError("only some of the environments are taken here.", hint)
    if isinstance(start, Count) or isinstance(end, Count):
        raise counted()
    return axes.with_size(place, len(range(size)[slice(_bound(start), _bound(end), _bound(step))]))


def _bound(given: object) -> int | None:
    if given is None or isinstance(given, int):
        return given
    raise UnseenError


def pick(axes: Axes, dim: object, index: object) -> Axes:
    """``x[index]`` on one axis."""
    place = axes.place(dim)
    if isinstance(axes.sizes[place], Count):
        hint = "Pick columns: x[:, i] is one of each environment."
        raise MixedError("one environment is picked here.", hint)
    return axes.without(place)


def insert(axes: Axes, dim: object, size: Size) -> Axes:
    """A new axis."""
    if not isinstance(dim, int):
        raise UnseenError
    place = dim if dim >= 0 else dim + len(axes.sizes) + 1
    return Axes((*axes.sizes[:place], size, *axes.sizes[place:]))


def join(tensors: Sequence[Axes], dim: object) -> Axes:
    """``torch.cat``."""
    place = tensors[0].place(dim)
    sizes = [axes.sizes[axes.place(dim)] for axes in tensors]
    if len(sizes) > 1 and any(isinstance(size, Count) for size in sizes):
        hint = "Join columns: torch.cat([...], dim=-1)."
        raise MixedError("cat joins environments with other rows here.", hint)
    known = [size for size in sizes if isinstance(size, int)]
    return tensors[0].with_size(place, sum(known)) if known else tensors[0]


def expand(axes: Axes, sizes: tuple[Size, ...]) -> Axes:
    """``x.expand(sizes)``."""
    own: tuple[Size, ...] = (1,) * (len(sizes) - len(axes.sizes)) + axes.sizes
    if len(own) != len(sizes):
        raise UnseenError
    wanted = tuple(now if new == -1 else new for now, new in zip(own, sizes, strict=True))
    if any(now not in (1, new) for now, new in zip(own, wanted, strict=True)):
        raise UnseenError
    return Axes(wanted)


def view(axes: Axes, sizes: tuple[Size, ...]) -> Axes:
    """``x.view(sizes)``: whole where every environment keeps its numbers, one after another."""
    if not any(isinstance(size, Count) for size in axes.sizes):
        return Axes(_filled(sizes, merged(axes.sizes)))
    if not isinstance(axes.sizes[0], Count):
        raise UnseenError
    counted = any(isinstance(size, Count) for size in sizes)
    if not counted and -1 not in sizes:
        raise UnseenError  # it fails, but for one number of environments
    each, rest = _times(merged(axes.sizes)), _times(merged([size for size in sizes if size != -1]))
    if not rest or each % rest:
        raise _torn()
    missing = each // rest if counted else Count(each // rest)
    new = tuple(missing if size == -1 else size for size in sizes)
    first = next(place for place, size in enumerate(new) if isinstance(size, Count))
    if any(size != 1 for size in new[:first]):
        raise _torn()
    return Axes(new)


def merged(sizes: Sequence[Size]) -> Size:
    """One axis in place of several."""
    times = math.prod(map(_times, sizes))
    return Count(times) if any(isinstance(size, Count) for size in sizes) else times


def _torn() -> MixedError:
    hint = "Keep the first axis: x.view(x.shape[0], ...)."
    return MixedError("this shape mixes numbers of several environments.", hint)


def _times(size: Size) -> int:
    return size.times if isinstance(size, Count) else size


def _filled(sizes: tuple[Size, ...], numbers: Size) -> tuple[Size, ...]:
    """The size that -1 stands for; there are no environments here."""
    rest = merged([size for size in sizes if size != -1])
    if isinstance(rest, Count) or isinstance(numbers, Count):
        raise UnseenError
    if -1 in sizes and (not rest or numbers % rest):
        raise UnseenError
    return tuple(numbers // rest if size == -1 else size for size in sizes)
