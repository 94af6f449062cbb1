"""seccomp: a positive list of system calls. Whatever else is asked of the kernel fails with "not permitted".

What is left is memory, clocks, locks, and reading and writing what is open already.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

_NAMES = """
    read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn writev sched_yield mremap madvise
    getpid exit getrusage times gettimeofday sigaltstack gettid futex sched_getaffinity restart_syscall clock_gettime
    clock_nanosleep exit_group getrandom membarrier rseq sysinfo setitimer
"""
_NUMBERS = {
    "x86_64": (0xC000003E, 317, (
        0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 20, 24, 25, 28,
        39, 60, 98, 100, 96, 131, 186, 202, 204, 219, 228,
        230, 231, 318, 324, 334, 99, 38,
    )),
    "aarch64": (0xC00000B7, 277, (
        63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 66, 124, 216, 233,
        172, 93, 165, 153, 169, 132, 178, 98, 123, 128, 113,
        115, 94, 278, 283, 293, 179, 103,
    )),
}  # fmt: skip
"""Per architecture: its audit number, the number of seccomp(2), and those of ``_NAMES`` in the same order."""
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000


def filter_calls() -> bool:
    """Install the filter on all threads; needs no-new-privileges before.

    Returns:
        Whether the kernel took it.
    """
    if platform.machine() not in _NUMBERS:
        return False
    architecture, seccomp, numbers = _NUMBERS[platform.machine()]
    assert len(numbers) == len(_NAMES.split())
    code = _program(architecture, numbers)
    filter_bytes = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(filter_bytes))
    return ctypes.CDLL(None, use_errno=True).syscall(seccomp, _SET_MODE_FILTER, _ALL_THREADS, program) == 0


def _program(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """Berkeley packet filter code; jumps count the instructions that they leave out."""
    end = len(numbers)
    lines = [
        _line(_LOAD, _ARCHITECTURE_AT),
        _line(_EQUAL, architecture, otherwise=end + 1),
        _line(_LOAD, _NUMBER_AT),
        *(_line(_EQUAL, number, then=end - n) for n, number in enumerate(numbers)),
        _line(_RETURN, _FAIL | errno.EPERM),
        _line(_RETURN, _ALLOW),
    ]
    return b"".join(lines)


def _line(operation: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", operation, then, otherwise, value)
