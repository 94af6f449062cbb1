"""A user's world in one folder: a home with a start-up file and a
secret, and a study that came by mail."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from rewardsmith.cache import cache_folder
from tests.hostile.opening import SECRET, Opened, open_with

_OURS = (".cache", ".local", "tmp", "output")
"""Below home: what the program may write to. The last is where the user lets it write."""


@dataclass(frozen=True)
class Sandbox:
    """``home/`` with ``mail/study`` in it, and everything that must stay as it is."""

    root: Path

    @classmethod
    def make(cls, root: Path, pristine: Path) -> Sandbox:
        """Set the scene, with a copy of ``pristine`` as the study."""
        sandbox = cls(root)
        for folder in (
            sandbox.home / ".config",
            sandbox.home / "tmp",
            sandbox.output,
            sandbox.precious,
            root / "log",
        ):
            folder.mkdir(parents=True)
        (sandbox.home / ".bashrc").write_text("# start-up file\n", encoding="utf-8")
        (sandbox.home / ".token").write_text(SECRET, encoding="utf-8")
        (sandbox.precious / "notes.txt").write_text("years of work\n", encoding="utf-8")
        shutil.copytree(pristine, sandbox.study)
        # The guard's states were recorded when the honest study was made; it takes seconds.
        shutil.copytree(cache_folder() / "states", sandbox.home / ".cache" / "rewardsmith" / "states")
        return sandbox

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def study(self) -> Path:
        return self.home / "mail" / "study"

    @property
    def precious(self) -> Path:
        return self.home / "precious"

    @property
    def output(self) -> Path:
        return self.home / "output"

    def open(self, *arguments: str) -> Opened:
        """Run a command in the user's home."""
        return open_with(list(arguments), self.home, self.home, self.root / "log")

    def outside(self) -> dict[str, str]:
        """Everything but the study and what is the program's own: path to kind and content."""
        found: dict[str, str] = {}
        for folder, folders, files in os.walk(self.home):
            here = Path(folder)
            if here == self.home:
                folders[:] = [name for name in folders if name not in _OURS]
            # figures of a report are drawn by a browser, which keeps a profile
            if here == self.home / ".config":
                folders[:] = [name for name in folders if name != "chromium"]
            if here == self.study.parent:
                folders[:] = [name for name in folders if name != self.study.name]
            for name in (*folders, *files):
                found[str((here / name).relative_to(self.home))] = _print(here / name)
        return found

    def carried(self) -> list[str]:
        """Regular files of the study, and what the program wrote
        elsewhere, that hold the secret."""
        places = (self.study, *(self.home / name for name in _OURS))
        files = (
            Path(folder, name) for place in places for folder, _, names in os.walk(place) for name in names
        )
        return [
            str(file)
            for file in files
            if stat.S_ISREG(file.lstat().st_mode) and SECRET.encode() in file.read_bytes()
        ]


def _print(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return f"{mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return f"{mode:o} {os.readlink(path) if stat.S_ISLNK(mode) else ''}"
