"""How a process asks the system for memory."""

from __future__ import annotations

import ctypes
import errno
import mmap
import sys
from concurrent.futures import Executor, ThreadPoolExecutor

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h of glibc
_KEPT = 1 << 31
_PAD = 64 << 20
_MAPPED = 32 << 20
"""The most that glibc accepts."""
_SHORTAGE = (
    "can't allocate memory", "not allocate memory", "bad_alloc", "out of memory", "can't start new thread",
    "Resource temporarily unavailable",
)  # fmt: skip
"""What torch, MuJoCo, C++, CUDA and Python say of it."""
_THREAD_BYTES = 256 << 20
"""A thread takes less: its stack, of 8 MB as a rule, and the address space
that glibc sets aside for what it allocates."""


def is_shortage(error: Exception) -> bool:
    """Whether an error means that there is no more memory, here or on the GPU."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOMEM, errno.EAGAIN)
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SHORTAGE)


def started_thread() -> Executor | None:
    """A thread that is ready to work.

    Nothing where there is not enough memory for it, or no room for one more thread.

    Python waits for ever for a thread that the system starts and that then finds no memory, so
    there must be plenty of it.
    """
    try:
        mmap.mmap(-1, _THREAD_BYTES).close()
        thread = ThreadPoolExecutor(1)
        thread.submit(int).result()
    except (OSError, MemoryError, RuntimeError):
        return None
    return thread


def keep_freed_memory() -> None:
    """Let this process keep what it frees, for what it takes next.

    A training takes and frees the same megabytes thousands of times. By default glibc gives them
    back each time, and the kernel clears them anew: a third of a learner's time on a virtual
    machine. Elsewhere than on glibc, nothing happens.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in (
            (_M_MMAP_THRESHOLD, _MAPPED),
            (_M_TRIM_THRESHOLD, _KEPT - 1),
            (_M_TOP_PAD, _PAD),
        ):
            mallopt(parameter, value)
