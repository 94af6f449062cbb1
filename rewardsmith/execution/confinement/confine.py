"""Confines a process that trains: it reads and computes on, and can write to a few folders only."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from glob import glob
from pathlib import Path

from rewardsmith.execution.confinement import capabilities, denied, landlock, seccomp
from rewardsmith.execution.confinement.landlock import Right

_FILE_BYTES = 4 << 30
"""More than any policy, and less than most disks."""
_OPEN_FILES = 1024
_PR_SET_NO_NEW_PRIVS = 38
_IN_FOLDERS = (
    Right.WRITE_FILE | Right.TRUNCATE | Right.MAKE_REG | Right.MAKE_DIR
    | Right.REMOVE_FILE | Right.REMOVE_DIR | Right.REFER
)  # fmt: skip
"""Plain files and folders. No links, devices or pipes, which could lead others elsewhere."""
_ON_DEVICES = Right.WRITE_FILE | Right.IOCTL_DEV
_NOWHERE = "/dev/null"
_GPU = ("/dev/nv*", "/dev/nv*/*", "/dev/dxg")
"""The devices of NVIDIA's drivers: on PCs, on boards of theirs, and within Windows."""
_SHARED_MEMORY = "/dev/shm"


def confine(folders: Sequence[Path], gpu: bool = False) -> list[str]:
    """Give up, for good, what a process that trains has no need of.

    That is writing but below some folders, new processes, sockets, signals to others, core dumps,
    privileges. Threads go on working, and what is read, and how much memory is taken, is free.
    Landlock holds for this thread and those that it starts, so call it before others start.

    Args:
        folders: They exist, and none is a link.
        gpu: Whether a driver's devices, its sockets and shared memory are needed.

    Returns:
        What is in force, in words for ``rewardsmith doctor``; what this kernel lacks is named as
        missing, not an error.

    Raises:
        OSError: A folder is none.
    """
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    report = ["limits on files and cores"]
    if sys.platform != "linux":
        return [*report, "no Landlock, seccomp or no-new-privileges on this system"]
    kept = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    report.append("no-new-privileges" if kept else "no no-new-privileges here")
    report.append("no capabilities but over files" if capabilities.drop() else "no fewer capabilities here")
    others = len(os.listdir("/proc/self/task")) - 1
    report.append(_landlock_report(others) if _close_files(folders, gpu) else "no Landlock here")
    machine = seccomp.machine()
    filtered = bool(machine) and seccomp.install(
        denied.rules(machine, unix_sockets=gpu), seccomp.ALLOWED, speculate=True
    )  # fmt: skip
    report.append("seccomp (no new processes, no network)" if filtered else "no seccomp here")
    return report


def _limit(kind: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    soft, hard = (
        most if limit == resource.RLIM_INFINITY else min(most, limit) for limit in resource.getrlimit(kind)
    )
    resource.setrlimit(kind, (soft, hard))


def _close_files(folders: Sequence[Path], gpu: bool) -> bool:
    """Give up all of Landlock's rights but reading, and writing where it is needed."""
    devices = [
        _NOWHERE,
        *(path for pattern in _GPU if gpu for path in glob(pattern) if not os.path.isdir(path)),
    ]
    granted: dict[int, Right] = {}
    with ExitStack() as stack:

        def grant(path: str | Path, flags: int, rights: Right) -> None:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | flags)
            stack.callback(os.close, descriptor)
            granted[descriptor] = rights

        for folder in folders:
            grant(folder, os.O_DIRECTORY | os.O_NOFOLLOW, _IN_FOLDERS)
        for device in devices:
            if os.path.exists(device):
                grant(device, os.O_NOFOLLOW, _ON_DEVICES)
        if gpu and os.path.isdir(_SHARED_MEMORY):
            grant(_SHARED_MEMORY, os.O_DIRECTORY, _IN_FOLDERS)
        return landlock.give_up(landlock.EVERYTHING & ~landlock.READING, granted)


def _landlock_report(others: int) -> str:
    gaps = ["not against truncation"] if landlock.version() < 3 else []
    gaps += [f"not {others} threads that ran before"] if others else []
    return f"Landlock (writes only below the study{''.join(f', {gap}' for gap in gaps)})"
