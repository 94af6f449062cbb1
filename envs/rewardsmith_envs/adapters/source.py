"""Task files, and those of well-known suites (see :class:`rewardsmith.contracts.TaskSource`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rewardsmith.contracts import Suite, TaskFile
from rewardsmith_envs.adapters import suites
from rewardsmith_envs.adapters.suites import TABLES
from rewardsmith_envs.adapters.task import TableTask


class TableSource:
    """The one source of this package."""

    def names(self) -> Sequence[str]:
        """Ready tables, as ``suite:name``."""
        return sorted(f"{path.parent.name}:{path.stem}" for path in TABLES.glob("*/*.yaml"))

    def find(self, name: str) -> Path | None:
        """The file of a ready table."""
        return next(
            (path for path in TABLES.glob("*/*.yaml") if name == f"{path.parent.name}:{path.stem}"), None
        )

    def read(self, path: Path) -> TaskFile:
        """The task of a file (see :class:`rewardsmith.contracts.TaskSource`)."""
        return TableTask(path)

    def draft(self, environment: str, python: str, name: str, folder: Path) -> str:
        """Draft a file from a live environment (see :class:`rewardsmith.contracts.TaskSource`)."""
        from rewardsmith_envs.adapters.drafting import draft

        return draft(environment, python, name, folder)

    def suites(self) -> Sequence[Suite]:
        """Those of :data:`suites.KNOWN`."""
        return suites.suites()

    def install(self, name: str) -> Suite:
        """Install one (see :class:`rewardsmith.contracts.TaskSource`)."""
        return suites.install(name)


SOURCE = TableSource()
