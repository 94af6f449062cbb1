"""Plug-ins by name. Built-ins register through entry points, exactly as third parties do."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from rewardsmith.errors import RewardsmithError, unknown_name

T = TypeVar("T")


class Registry(Generic[T]):
    """The plug-ins of one group; nothing is imported before it is asked for."""

    def __init__(self, kind: str, group: str, contract: type) -> None:
        """Name the kind for error messages, the entry-point group, and the plug-ins' protocol."""
        self._kind, self._group, self._contract = kind, group, contract

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self._group)}

    def names(self) -> list[str]:
        """All registered names, sorted."""
        return sorted(self._points)

    def check(self, name: str) -> str:
        """Return ``name`` if it is registered.

        Raises:
            UsageError: It is not; the message has the allowed names and the closest one.
        """
        if name not in self._points:
            raise unknown_name(self._kind, name, self._points)
        return name

    def load(self, name: str) -> T:
        """Import one plug-in.

        Raises:
            UsageError: There is none of that name.
            RewardsmithError: Its module raises anything, or it lacks a part of its contract.
        """
        point = self._points[self.check(name)]
        try:
            plugin = point.load()
        except Exception as error:  # the boundary: other people's code runs here
            raise RewardsmithError(
                f"the {self._kind} {name!r} ({point.value}) cannot be loaded: {_what(error)}. Mend or "
                "reinstall the package it comes from."
            ) from error
        if missing := missing_parts(plugin, self._contract):
            raise RewardsmithError(
                f"the {self._kind} {name!r} ({point.value}) lacks {', '.join(missing)}, which "
                f"{self._contract.__module__}."
                f"{self._contract.__name__} asks for. Add it, or use a version of its package that fits "
                "this rewardsmith."
            )
        return plugin


def _what(error: Exception) -> str:
    """The error with its kind, and where it is in a file that does not parse."""
    text = f"{type(error).__name__}: {error}"
    return f"{text} in {error.filename}" if isinstance(error, SyntaxError) and error.filename else text


def missing_parts(plugin: object, contract: type) -> list[str]:
    """Parts of a protocol that a class or an object neither has nor declares, in its order.

    Parts are methods and attributes. What a class sets in ``__init__`` it declares with an
    annotation in its body, such as ``notice: str``.
    """
    kinds = plugin.__mro__ if isinstance(plugin, type) else type(plugin).__mro__
    declared = {name for kind in kinds for name in vars(kind).get("__annotations__", ())}
    wanted = dict.fromkeys((*contract.__annotations__, *vars(contract)))
    return [
        name
        for name in wanted
        if not name.startswith("_") and name not in declared and not hasattr(plugin, name)
    ]
