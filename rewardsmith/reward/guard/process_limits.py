"""Limits of the operating system on the process that runs unproven programs."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

from rewardsmith.reward.guard import allowed_calls, closed_files

MEMORY_BYTES = 1 << 30
CPU_S = 2.0
"""Processor time of one check; the ordinary one takes some hundredths."""
_OPEN_FILES = 16
_PR_SET_NO_NEW_PRIVS = 38


def confine() -> list[str]:
    """Give up for good: new files, file growth, processes, core dumps, privileges, more memory.

    Call it after everything is imported and loaded. One more GiB of address space may be taken from
    then on.

    Returns:
        What is in force, in words for ``rewardsmith doctor``. Resource limits are required; what
        the kernel or the machine lacks beyond them is named as missing, not an error.
    """
    for limit, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))
    # The kernel does not hold root to a number of processes.
    report = [
        "limits on files and cores"
        + (" (not on processes: running as root)" if os.geteuid() == 0 else " and processes")
    ]
    if sys.platform != "linux":
        return [*report, "no memory limit, no-new-privileges, Landlock or seccomp on this system"]
    with open("/proc/self/statm", encoding="ascii") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    kept = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    parts = {
        "memory": True,
        "no-new-privileges": kept,
        "Landlock": closed_files.close_files(),
        "seccomp": allowed_calls.filter_calls(),
    }
    return [*report, *(name if works else f"no {name} here" for name, works in parts.items())]


def start_clock() -> None:
    """Let the kernel end this process after :data:`CPU_S` more seconds of processor time."""
    signal.setitimer(signal.ITIMER_PROF, CPU_S)


def stop_clock() -> None:
    """The check is done."""
    signal.setitimer(signal.ITIMER_PROF, 0.0)
