"""What this machine's guard accepted, kept outside of studies: a study cannot vouch for itself."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from rewardsmith.contracts import Signal

_MOST_BYTES = 4 << 20
"""Some 60,000 programs; then the memory starts anew, which costs a second look at each."""


class Accepted:
    """A file with one line for each program that passed all layers here.

    Losing it costs time, no more.
    """

    def __init__(self, file: Path) -> None:
        """Nothing is read before the first question."""
        self._file = file
        self._known: set[str] | None = None

    def __contains__(self, key: str) -> bool:
        return key in self._read()

    def add(self, key: str) -> None:
        """Remember one more; a folder that cannot be written is no error."""
        if key in self._read():
            return
        self._read().add(key)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._file.open("a", encoding="ascii") as file:
                # one short write at the end of the file: processes do not mix their lines
                file.write(f"{key}\n")
        except OSError:
            return

    def _read(self) -> set[str]:
        if self._known is None:
            try:
                whole = self._file.stat().st_size <= _MOST_BYTES
                if not whole:
                    self._file.unlink()
                self._known = set(self._file.read_text(encoding="ascii").split()) if whole else set()
            except (OSError, UnicodeDecodeError):
                self._known = set()
        return self._known


def key_of(printed: str, task: str, signals: tuple[Signal, ...], rows: int) -> str:
    """What a verdict hangs on: program, task's signals, number of states it saw, and the guard."""
    parts = (_this_guard(), task, repr(signals), str(rows), printed)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _this_guard() -> str:
    """A hash of the guard's own code, so that a stricter guard looks again."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    content = b"".join(file.read_bytes() for file in files)
    return f"{version('rewardsmith')} {hashlib.sha256(content).hexdigest()}"
