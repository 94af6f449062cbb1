"""One process at a time works in a folder."""

from __future__ import annotations

import fcntl
import os
import platform
from pathlib import Path

from rewardsmith.errors import StoreError

LOCK_FILE = "study.lock"


class FolderLock:
    """Holds a folder until it is released or the process ends, however it ends.

    The lock is the kernel's; the file only tells others who has it.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process has it, or the folder cannot be written.
        """
        try:
            self._file = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror}. Make the folder writable, or work on a copy of it.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 1000).decode(errors="replace").strip() or "another process"
            os.close(self._file)
            raise StoreError(f"{folder} is in use by {holder}. Wait for it, or stop it.") from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"process {os.getpid()} on {platform.node()}\n".encode())

    def release(self) -> None:
        """Let the next process in."""
        os.ftruncate(self._file, 0)
        os.close(self._file)
