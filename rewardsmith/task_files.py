"""Tasks by name: registered ones, and files that are as good as a registered name.

A task file names modules to import and an interpreter to start, so it is as much a program as a
script is. A file that its user names is taken at the user's word. The copy of one that lies in a
study may be anybody's: it is used only where its user brought the same content here before.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rewardsmith.cache import state_folder
from rewardsmith.contracts import ORIGIN, Task, TaskFile, TaskSource
from rewardsmith.errors import StoreError, UsageError, unknown_name
from rewardsmith.files import write_whole
from rewardsmith.plugins import Registry
from rewardsmith.shown import command

SOURCES: Registry[TaskSource] = Registry("source of tasks", "rewardsmith.task-sources", TaskSource)
FOLDER = "task"
"""In a study: the copy of its task file and what that needs, and where they were copied from."""
_ENDINGS = (".yaml", ".yml", ".toml")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class _Brought:
    path: Path
    task: TaskFile
    digest: str


class TaskRegistry(Registry[Task]):
    """Registered tasks, and those of files that were brought in this process."""

    def __init__(self) -> None:
        """Of the entry points, and nothing brought yet."""
        super().__init__("task", "rewardsmith.tasks", Task)
        self._brought: dict[str, _Brought] = {}
        self._doubtful: dict[str, Path] = {}

    def names(self) -> list[str]:
        """All that :meth:`load` knows by name."""
        return sorted({*super().names(), *self._brought})

    def check(self, name: str) -> str:
        """Return ``name`` if it is known.

        Raises:
            UsageError: It is not, or it is that of a file which nobody here brought.
        """
        if name in self._brought:
            return name
        if name in self._doubtful:
            raise UsageError(
                f"the study brings a task file of its own, {self._doubtful[name]}, which says what to import "
                "and which program to start. Read it as you would a script; then "
                f"`{command('trust', self._doubtful[name].parent.parent)}`."
            )
        return super().check(name)

    def load(self, name: str) -> Task:
        """A task by its name, or by what :meth:`reference` gave.

        Raises:
            UsageError: There is none, or its file is another one now.
        """
        path, _, digest = name.rpartition("#")
        if path:
            found = self._read(Path(path))
            if found.digest != digest:
                raise UsageError(f"the task file {path} was changed since; begin anew, or put it back.")
            return found.task
        self.check(name)
        return self._brought[name].task if name in self._brought else super().load(name)

    def named(self, text: str) -> str:
        """The name of what a user names: a registered name, a task file, or ``suite:name``.

        Raises:
            UsageError: It is none of them.
        """
        if is_task_file(text):
            return self.bring(Path(text))
        if ":" in text:
            return self.bring(_of_a_suite(text))
        return self.check(text)

    def bring(self, path: Path) -> str:
        """Take in a file that a user named; the name of its task.

        Raises:
            UsageError: It is no task file, or its task has the name of a registered one.
        """
        found = self._read(path)
        name = self._name_in(found)
        self._brought[name] = found
        self._doubtful.pop(name, None)
        return name

    def file(self, name: str) -> TaskFile | None:
        """The task of a file that was brought; nothing for registered ones."""
        found = self._brought.get(name)
        return found.task if found else None

    def reference(self, name: str) -> str:
        """What another process of this user loads the same task by."""
        found = self._brought.get(name)
        return f"{found.path}#{found.digest}" if found else name

    def keep(self, name: str, folder: Path) -> None:
        """Copy the file of a brought task into a folder of its user; nothing for registered ones.

        Raises:
            StoreError: The folder cannot be written.
        """
        found = self._brought.get(name)
        if found is None or found.path.parent == (folder / FOLDER).absolute():
            return
        copies = folder.absolute() / FOLDER
        try:
            copies.mkdir(parents=True, exist_ok=True)
            for file in found.task.files:
                write_whole(copies / file.name, file.read_bytes())
            write_whole(copies / ORIGIN, os.fsencode(found.task.origin))
        except OSError as error:
            raise StoreError(
                f"cannot write to {copies}: {error.strerror}. Make room, or give another --out."
            ) from error
        trust(folder)
        self.bring(copies / found.path.name)

    def find(self, folder: Path) -> None:
        """Take in the copy in a study: as its user's own, or as one that nobody brought here.

        Raises:
            StoreError: What lies there is no task file.
        """
        path = copied(folder)
        if path is None:
            return
        try:
            if _mark(path.parent).is_file():
                self.bring(path)
                return
            name = self._name_in(self._read(path))
        except UsageError as error:
            raise StoreError(f"the study's task file cannot be used: {error}") from None
        if name not in self._brought:
            self._doubtful[name] = path

    def _name_in(self, found: _Brought) -> str:
        name = found.task.name
        if name in super().names():
            raise UsageError(
                f"{found.path} calls its task {name}, as a registered one is. Give it another name."
            )
        return name

    def _read(self, path: Path) -> _Brought:
        task = SOURCES.load("file").read(path)
        return _Brought(path.absolute(), task, _digest(task.files))


def is_task_file(text: str) -> bool:
    """Whether a user names a task file, by how its name ends."""
    return text.endswith(_ENDINGS)


def copied(folder: Path) -> Path | None:
    """The copy of a task file in a study or a folder of ``train``."""
    found = [path for path in (folder / FOLDER).glob("*") if path.suffix in _ENDINGS]
    return found[0].absolute() if len(found) == 1 else None


def trust(folder: Path) -> None:
    """Remember that the user of this machine means the copy in a folder to be used."""
    mark = _mark((folder / FOLDER).absolute())
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch()


def _mark(folder: Path) -> Path:
    """Outside of any study: named after the content of all that a copy consists of."""
    return (
        state_folder() / "task-files" / _digest(sorted(path for path in folder.iterdir() if path.is_file()))
    )


def _digest(files: Sequence[Path]) -> str:
    digest = sha256()
    for file in files:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UsageError(f"{file} is larger than {_MOST_BYTES:,} bytes; that is no task file.")
        digest.update(f"{file.name} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _of_a_suite(text: str) -> Path:
    known: list[str] = []
    for source in map(SOURCES.load, SOURCES.names()):
        if path := source.find(text):
            return path
        known += source.names()
    raise unknown_name("task", text, known)
