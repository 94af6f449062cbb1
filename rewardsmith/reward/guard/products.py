"""What products of vectors and matrices do to the axis of environments (see ``axes``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rewardsmith.reward.guard import axes
from rewardsmith.reward.guard.axes import Axes, Count, MixedError, Size, UnseenError
from rewardsmith.reward.guard.seen import Arguments, Seen, tensor_of, tensors_of

EQUATION = re.compile(r"\s*[A-Za-z]+\s*(,\s*[A-Za-z]+\s*)*->\s*[A-Za-z]*\s*")
"""What ``einsum`` is told here: every axis by a letter, and which are left."""


def _dot(given: Arguments) -> Seen:
    both = axes.broadcast([tensor_of(given), tensor_of(given, "tensor")])
    return axes.reduce(both, None, False, "dot")


def _vecdot(given: Arguments) -> Seen:
    both = axes.broadcast([tensor_of(given, "x"), tensor_of(given, "y")])
    return axes.reduce(both, given["dim"], False, "vecdot")


def _matrices(name: str, other: str) -> Callable[[Arguments], Seen]:
    def multiplied(given: Arguments) -> Seen:
        return _product(tensor_of(given), tensor_of(given, other), name)

    return multiplied


def _product(left: Axes, right: Axes, name: str) -> Axes:
    """The sum goes over the last axis on the left, the last but one or only one on the right."""
    if not left.sizes or not right.sizes:
        raise UnseenError
    left.own(-1, name)
    right.own(max(-2, -len(right.sizes)), name)
    if len(right.sizes) == 1:
        return left.without(len(left.sizes) - 1)
    if len(left.sizes) == 1:
        return right.without(len(right.sizes) - 2)
    rows = left.with_size(len(left.sizes) - 1, 1)
    columns = right.with_size(len(right.sizes) - 2, 1)
    return axes.broadcast([rows, columns])


def _inner(given: Arguments) -> Seen:
    """The sum goes over the last axis of both; all others are set against each other."""
    left, right = tensor_of(given), tensor_of(given, "other")
    if not left.sizes or not right.sizes:
        return axes.broadcast([left, right])
    left.own(-1, "inner")
    right.own(-1, "inner")
    return Axes(left.sizes[:-1] + right.sizes[:-1])


def _outer(given: Arguments) -> Seen:
    return Axes(tensor_of(given).sizes + tensor_of(given, "vec2").sizes)


def _einsum(given: Arguments) -> Seen:
    equation, tensors = given["equation"], tensors_of(given)
    if not isinstance(equation, str) or not EQUATION.fullmatch(equation):
        raise UnseenError
    inputs, result = "".join(equation.split()).split("->")
    terms = inputs.split(",")
    if len(terms) != len(tensors) or any(
        len(set(term)) != len(term) or len(term) != len(tensor.sizes)
        for term, tensor in zip(terms, tensors, strict=False)
    ):
        raise UnseenError
    sizes: dict[str, Size] = {}
    for term, tensor in zip(terms, tensors, strict=True):
        for letter, size in zip(term, tensor.sizes, strict=True):
            known = sizes.setdefault(letter, size)
            if known == 1:
                sizes[letter] = size
            elif size not in (1, known):
                raise UnseenError
    theirs = [letter for letter, size in sizes.items() if isinstance(size, Count)]
    if any(letter not in result for letter in theirs):
        message = "einsum sums over the environments."
        raise MixedError(message, f"Keep their letter behind the arrow: {inputs}->{theirs[0]}.")
    if len(theirs) > 1:
        hint = "Give the environments' axis one letter, such as bi,bi->b."
        raise MixedError("einsum sets every environment against every other one.", hint)
    return Axes(tuple(sizes[letter] for letter in result))


PRODUCTS: Mapping[str, Callable[[Arguments], Seen]] = {
    "dot": _dot,
    "linalg_vecdot": _vecdot,
    "matmul": _matrices("matmul", "other"),
    "mm": _matrices("mm", "mat2"),
    "mv": _matrices("mv", "vec"),
    "bmm": _matrices("bmm", "mat2"),
    "inner": _inner,
    "outer": _outer,
    "einsum": _einsum,
}
"""By the operator's name."""
