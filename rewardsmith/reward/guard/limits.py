"""Limits of the operating system on the process that runs unproven programs."""

from __future__ import annotations

import ctypes
import resource
import sys

_MEMORY_BYTES = 1 << 30
_OPEN_FILES = 16
_PR_SET_NO_NEW_PRIVS = 38


def confine() -> None:
    """Give up, for good: new files, file growth, new processes, core dumps, privileges, more memory.

    Call it after everything is imported. One more GiB of address space may be taken from then on.
    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY_BYTES, used + _MEMORY_BYTES))
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
