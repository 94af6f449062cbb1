"""What is known of the values in a compiled program, and of an operator's arguments."""

from __future__ import annotations

from collections.abc import Mapping

from rewardsmith.reward.guard.axes import Axes, Count, Size, UnseenError

Seen = object
"""What is known of a value: the ``Axes`` of a tensor, a ``Count``, a constant, a tuple of such for
lists and tuples, a dictionary of them, or ``UNSEEN``."""
Arguments = Mapping[str, Seen]
"""By the names that the operator's schema has."""

UNSEEN = object()


def tensor_of(given: Arguments, name: str = "self") -> Axes:
    """An argument that is a tensor.

    Raises:
        UnseenError: Its axes cannot be told.
    """
    found = given.get(name)
    if not isinstance(found, Axes):
        raise UnseenError
    return found


def tensors_of(given: Arguments) -> tuple[Axes, ...]:
    """The list of tensors that is given.

    Raises:
        UnseenError: The axes of one cannot be told, or there is none.
    """
    found = given["tensors"]
    if not isinstance(found, tuple) or not found:
        raise UnseenError
    tensors = tuple(one for one in found if isinstance(one, Axes))
    if len(tensors) != len(found):
        raise UnseenError
    return tensors


def sizes_of(found: Seen) -> tuple[Size, ...]:
    """A list of sizes.

    Raises:
        UnseenError: One cannot be told.
    """
    if not isinstance(found, tuple):
        raise UnseenError
    sizes = tuple(one for one in found if isinstance(one, (int, Count)))
    if len(sizes) != len(found):
        raise UnseenError
    return sizes
