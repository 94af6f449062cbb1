"""Files of a study, which may be somebody else's.

Nothing is written or read through a link, and nothing but plain files is opened. A path that a user
typed may go through links, as everywhere. Below a study or a comparison there are plain files and
folders only.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rewardsmith.errors import StoreError

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
# not blocking: opening a pipe would wait for its writer
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_APPENDED = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MOST_ENTRIES = 1_000_000
_WRITER_S, _LOOK_AGAIN_S = 3.0, 0.02
"""A pipe's writer has so long to open it, and is looked for so often."""


def check_plain(folder: Path, depth: int, *, write: bool = False) -> None:
    """Refuse a folder that holds anything but plain files and folders.

    Args:
        folder: It may be a link itself: a user typed it.
        depth: Levels below the folder that are looked at, from 1.
        write: Also refuse files right in it that have a second name elsewhere: some of them are
            written in place.

    Raises:
        StoreError: Naming the first such thing, or the folder cannot be read.
    """
    try:
        _check_level(folder, depth, write, _MOST_ENTRIES)
    except OSError as error:
        raise StoreError(
            f"cannot read {error.filename or folder}: {error.strerror}. Make it readable, or work on a copy."
        ) from error


def _check_level(folder: Path, depth: int, write: bool, left: int) -> int:
    with os.scandir(folder) as entries:
        for entry in entries:
            left -= 1
            if left < 0:
                raise StoreError(
                    f"{folder} holds too many files for a study. Give the --out of a search or of a "
                    "comparison."
                )
            if entry.is_dir(follow_symlinks=False):
                left = _check_level(Path(entry.path), depth - 1, False, left) if depth > 1 else left
                continue
            check_file(Path(entry.path), alone=write)
    return left


def check_file(path: Path, *, alone: bool = False) -> None:
    """Refuse what is no plain file; a file that is missing is none that could harm.

    Args:
        path: Looked at, not opened.
        alone: Also refuse a file that has a second name (a hard link) elsewhere.

    Raises:
        StoreError: Naming it, and the way out.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        copy = " Copy it with `cp -rL` to keep what a link points to." if stat.S_ISLNK(found.st_mode) else ""
        raise StoreError(
            f"{path} is {_kind(found.st_mode)}; a study holds plain files and folders only.{copy}"
        )
    if alone and found.st_nlink > 1:
        raise StoreError(
            f"{path} has a second name elsewhere (a hard link), and writing here would change that file too. "
            "Copy the folder with `cp -r`, and continue the copy."
        )


def read_bytes(path: Path, most: int) -> bytes:
    """The whole of a file, which must be a regular one.

    Pipes and devices are refused without waiting.

    Args:
        path: Links are followed.
        most: Bytes that it may have.

    Raises:
        OSError: It cannot be read, is no regular file or is larger; ``strerror`` says which.
    """
    with open_regular(path) as file:
        return read_most(file, most, path)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read it; links are followed.

    Raises:
        OSError: There is none, or it is something else; ``strerror`` says what.
    """
    descriptor = os.open(path, _READ)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {_kind(mode)}, not a file", str(path))
        return os.fdopen(descriptor, "rb")
    except OSError:
        with suppress(OSError):
            os.close(descriptor)
        raise


def read_named(path: Path, most: int) -> bytes:
    """The whole of a file or a pipe that a user named.

    A pipe to which nobody writes for seconds is empty.

    Args:
        path: Links are followed.
        most: Bytes that it may have.

    Raises:
        OSError: It cannot be read, or is larger.
    """
    descriptor = os.open(path, _READ)
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return read_most(io.BytesIO(_from_pipe(descriptor, most)), most, path)
        os.set_blocking(descriptor, True)
        return read_most(file, most, path)


def _from_pipe(pipe: int, most: int) -> bytes:
    """What comes through a pipe until its writer ends, or one byte more than ``most``.

    Before it has a writer it reads as ended.
    """
    data, written, deadline = b"", False, time.monotonic() + _WRITER_S
    while len(data) <= most:
        try:
            chunk = os.read(pipe, most + 1 - len(data))
        except BlockingIOError:
            written = True
            select.select([pipe], [], [])
            continue
        data, written = data + chunk, written or chunk != b""
        if not chunk:
            if written or time.monotonic() > deadline:
                break
            time.sleep(_LOOK_AGAIN_S)
    return data


def read_most(file: BinaryIO, most: int, path: Path) -> bytes:
    """What is left of a file or pipe.

    Raises:
        OSError: It is more than ``most`` bytes; no more than that was read.
    """
    data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", str(path))
    return data


def write_whole(path: Path, content: bytes | Callable[[BinaryIO], object], *, durable: bool = False) -> None:
    """Write a file that is whole or absent: made anew beside, then moved.

    Folders on the way are made.

    Args:
        path: Absolute. No part of it may be a link, so resolve what a user typed.
        content: What is in it, or a function that writes it.
        durable: Return only when it is on the disk.

    Raises:
        OSError: It cannot be written, or a folder on the way is a link.
    """
    with _opened(path.parent) as folder:
        part = f".{path.name}.part"
        with suppress(FileNotFoundError):
            os.unlink(part, dir_fd=folder)  # of a process that was killed
        try:
            with os.fdopen(os.open(part, _NEW, 0o666, dir_fd=folder), "wb") as file:
                file.write(content) if isinstance(content, bytes) else content(file)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(part, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(part, dir_fd=folder)
            raise


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file of lines; it is on the disk on return.

    Of a last line that a kill cut off nothing is left.

    Args:
        path: Absolute. No part of it may be a link. Made where it is missing.
        line: Without its end.

    Raises:
        OSError: It cannot be written, or a folder on the way is a link.
        StoreError: It has a second name elsewhere, or is no plain file.
    """
    check_file(path, alone=True)
    with _opened(path.parent) as folder:
        descriptor = os.open(path.name, _APPENDED, 0o666, dir_fd=folder)
    with os.fdopen(descriptor, "r+b") as file:
        if file.seek(0, os.SEEK_END) and os.pread(descriptor, 1, file.tell() - 1) != b"\n":
            file.seek(0)
            file.truncate(file.seek(file.read().rfind(b"\n") + 1))
        file.write(line + b"\n")
        file.flush()
        os.fsync(descriptor)


def remove(path: Path) -> None:
    """Remove a file, or a link that took its place.

    Args:
        path: Absolute. No folder on the way may be a link.

    Raises:
        OSError: It cannot be removed, or a folder on the way is a link.
    """
    with _opened(path.parent) as folder:
        os.unlink(path.name, dir_fd=folder)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A folder's descriptor, got from the root on without following a link.

    Folders that are missing are made.
    """
    if not folder.is_absolute() or ".." in folder.parts:
        raise OSError(errno.EINVAL, "it is not an absolute path", str(folder))
    descriptor = os.open(folder.anchor, _FOLDER)
    try:
        for number, part in enumerate(folder.parts[1:], 2):
            try:
                inner = _inner(part, descriptor)
            except NotADirectoryError:
                raise OSError(
                    errno.ENOTDIR, "it is a link or a file, not a folder", str(Path(*folder.parts[:number]))
                ) from None
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _inner(name: str, folder: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
        return os.open(name, _FOLDER, dir_fd=folder)


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "a link",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "no plain file")
