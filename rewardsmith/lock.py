"""One process at a time works in a folder."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path

from rewardsmith.errors import StoreError, UsageError
from rewardsmith.files import check_file
from rewardsmith.shown import command

LOCK_FILE = "study.lock"
_HOLDER = re.compile(r"process \d{1,10} on [\w.-]{1,253}")
_READ = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN = os.O_CREAT | os.O_RDWR | _READ
_LOOK_S = 0.05
"""Longer than :func:`is_held` takes to look, which is no reason to refuse a writer."""


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
            raise StoreError(
                f"cannot write to {folder}: {error.strerror}. Make the folder writable, or work on a copy "
                "of it."
            ) from error
        if not any(_taken(self._file, fcntl.LOCK_EX, after) for after in (0.0, _LOOK_S)):
            holder = os.read(self._file, 1000).decode(errors="replace").strip()
            os.close(self._file)
            who = holder if _HOLDER.fullmatch(holder) else "another process"
            raise FolderInUseError(f"{folder} is in use by {who}. Wait for it, or stop it.")
        os.ftruncate(self._file, 0)
        os.write(self._file, f"process {os.getpid()} on {platform.node()}\n".encode())

    def release(self) -> None:
        """Let the next process in."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def _taken(file: int, kind: int, after: float = 0.0) -> bool:
    time.sleep(after)
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(folder: Path) -> bool:
    """Whether a process works in a folder; also where that cannot be told."""
    try:
        file = os.open(folder / LOCK_FILE, _READ)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _taken(file, fcntl.LOCK_SH)
    except OSError:
        return True
    finally:
        os.close(file)


def check_new(folder: Path, *, resumable: bool) -> None:
    """Refuse a folder for something new that holds something already.

    Args:
        folder: It need not exist.
        resumable: Whether what it holds can be continued.

    Raises:
        UsageError: With the ways to go on.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        way = f"continue it with `{command('resume', folder)}`, or " if resumable else ""
        raise UsageError(f"{folder} exists already. To go on: {way}give another folder with --out.")


def begin(
    folder: Path, half_made: Callable[[Path], bool], *, resumable: Callable[[Path], bool]
) -> FolderLock:
    """Make a folder for something new and lock it; of several processes that try, one wins.

    Args:
        folder: It need not exist. What was left of another try is removed.
        half_made: Whether it holds nothing but what a process leaves that is killed at this point.
        resumable: Whether what it holds can be continued.

    Raises:
        UsageError: The folder holds something already, or another process is at it.
        StoreError: The folder cannot be written.
    """
    if not half_made(folder):
        check_new(folder, resumable=resumable(folder))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FolderLock(folder)
    except FolderInUseError as error:
        raise UsageError(f"{error} Or give another folder with --out.") from None
    try:
        if not half_made(folder):  # it may have been finished since
            check_new(folder, resumable=resumable(folder))
        for name in set(os.listdir(folder)) - {LOCK_FILE}:
            (folder / name).unlink()
    except BaseException:
        lock.release()
        raise
    return lock
