"""Plug-ins by name. Built-ins register through entry points, exactly as third parties do."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from rewardsmith.contracts import Task
from rewardsmith.errors import RewardsmithError, unknown_name

T = TypeVar("T")


class Registry(Generic[T]):
    """The plug-ins of one group; nothing is imported before it is asked for."""

    def __init__(self, kind: str, group: str) -> None:
        """Name the kind for error messages and the entry-point group."""
        self._kind = kind
        self._group = group

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
            RewardsmithError: It is registered but cannot be imported.
        """
        point = self._points[self.check(name)]
        try:
            return point.load()
        except (ImportError, AttributeError) as error:
            raise RewardsmithError(
                f"the {self._kind} {name!r} ({point.value}) cannot be loaded: {error}. Reinstall the package it comes from."
            ) from error


TASKS: Registry[Task] = Registry("task", "rewardsmith.tasks")
# Constructors take different options each; their callers check the result against the protocol.
STRATEGIES: Registry[Any] = Registry("strategy", "rewardsmith.strategies")
WRITERS: Registry[Any] = Registry("writer", "rewardsmith.writers")
TRAINERS: Registry[Any] = Registry("trainer", "rewardsmith.trainers")
SCORERS: Registry[Any] = Registry("scorer", "rewardsmith.scorers")
EXECUTORS: Registry[Any] = Registry("executor", "rewardsmith.executors")
