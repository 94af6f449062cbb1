"""One process at a time works in a folder."""

from __future__ import annotations

import fcntl
import os
import platform
import re
from pathlib import Path

from rewardsmith.errors import StoreError
from rewardsmith.files import check_file

LOCK_FILE = "study.lock"
_HOLDER = re.compile(r"process \d{1,10} on [\w.-]{1,253}")
_OPEN = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FolderInUseError(StoreError):
    """Another process works in the folder."""


class FolderLock:
    """Holds a folder until it is released or the process ends, however it ends.

    The lock is the kernel's; the file only tells others who has it.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            FolderInUseError: Another process has it.
            StoreError: The folder cannot be written, or what is there is no lock file.
        """
        check_file(folder / LOCK_FILE, alone=True)
        try:
            self._file = os.open(folder / LOCK_FILE, _OPEN, 0o644)
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror}. Make the folder writable, or work on a copy of it.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 1000).decode(errors="replace").strip()
            os.close(self._file)
            who = holder if _HOLDER.fullmatch(holder) else "another process"
            raise FolderInUseError(f"{folder} is in use by {who}. Wait for it, or stop it.") from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"process {os.getpid()} on {platform.node()}\n".encode())

    def release(self) -> None:
        """Let the next process in."""
        os.ftruncate(self._file, 0)
        os.close(self._file)
