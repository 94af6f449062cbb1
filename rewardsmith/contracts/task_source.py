"""Where tasks come from that are no entry points of their own: files, and suites of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rewardsmith.contracts.task import Task

ORIGIN = "origin"
"""Beside a copy of a task file: names the folder that it was copied from."""


class TaskFile(Task, Protocol):
    """A task that a file describes."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The file, and others beside it that it names: all that a copy needs."""
        ...

    @property
    def exceptions(self) -> Mapping[str, str]:
        """Checks of the contract that it does not pass, and why."""
        ...

    @property
    def origin(self) -> Path:
        """The folder that relative paths in it are seen from, where a copy is elsewhere."""
        ...


@dataclass(frozen=True)
class Suite:
    """Somebody else's environments, which live in an interpreter of their own."""

    name: str
    """What ``python: suite:NAME`` and the names of its tables begin with."""
    says: str
    """What it is, in a few words."""
    promises: str
    """What a search may rely on, and what it may not."""
    requirements: tuple[str, ...]
    """What ``pip`` is to install; these versions work together."""
    folder: Path
    """Where it is installed, or would be."""
    python: str
    """Its interpreter; empty: it is not installed."""
    versions: Mapping[str, str]
    """Of its packages, where it is installed."""
    tables: tuple[str, ...]
    """Its ready tasks, as ``suite:name``."""
    by_hand: str = ""
    """Why it cannot be installed by ``suites install``, and what to do; empty: it can."""


class TaskSource(Protocol):
    """Reads task files, and has some of its own. Nothing of a suite is imported for that."""

    def names(self) -> Sequence[str]:
        """Its own files, as ``suite:name``."""
        ...

    def find(self, name: str) -> Path | None:
        """The file of one of its names."""
        ...

    def read(self, path: Path) -> TaskFile:
        """The task of a file.

        Raises:
            UsageError: It cannot be read or says something that it may not.
        """
        ...

    def draft(self, environment: str, python: str, name: str, folder: Path) -> str:
        """The text of a task file for a live environment; comments say what a person must decide.

        Args:
            environment: An id, ``module:Id`` to import first, or ``backend:ID``.
            python: Interpreter that has the suite; empty: this one.
            name: Of the task; empty: made of the id.
            folder: Where the file will lie; its relative paths are seen from there.

        Raises:
            RewardsmithError: The environment cannot be made, or no task can be made of it.
        """
        ...

    def suites(self) -> Sequence[Suite]:
        """The suites that it knows, installed or not."""
        ...

    def install(self, name: str) -> Suite:
        """Make an interpreter for a suite, and install the suite there. Takes minutes.

        Raises:
            RewardsmithError: It is unknown, is installed already or cannot be installed.
        """
        ...
