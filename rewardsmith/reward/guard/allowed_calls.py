"""seccomp: a positive list of system calls.

Whatever else is asked of the kernel fails with "not permitted".

What is left is memory, clocks, locks, and reading and writing what is open already.
"""

from __future__ import annotations

from rewardsmith.execution.confinement import seccomp

_NAMES = """
    read write close fstat lseek mmap mprotect munmap
    brk rt_sigaction rt_sigprocmask rt_sigreturn writev sched_yield mremap madvise
    getpid exit getrusage times gettimeofday sigaltstack
    gettid futex sched_getaffinity restart_syscall clock_gettime
    clock_nanosleep exit_group getrandom membarrier rseq sysinfo setitimer
"""
_NUMBERS = {
    "x86_64": (
        0, 1, 3, 5, 8, 9, 10, 11,
        12, 13, 14, 15, 20, 24, 25, 28,
        39, 60, 98, 100, 96, 131,
        186, 202, 204, 219, 228,
        230, 231, 318, 324, 334, 99, 38,
    ),
    "aarch64": (
        63, 64, 57, 80, 62, 222, 226, 215,
        214, 134, 135, 139, 66, 124, 216, 233,
        172, 93, 165, 153, 169, 132,
        178, 98, 123, 128, 113,
        115, 94, 278, 283, 293, 179, 103,
    ),
}  # fmt: skip
"""Those of ``_NAMES``, in the same order, by architecture."""


def filter_calls() -> bool:
    """Install the filter on all threads; needs no-new-privileges before.

    Returns:
        Whether the kernel took it.
    """
    numbers = _NUMBERS.get(seccomp.machine(), ())
    assert not numbers or len(numbers) == len(_NAMES.split())
    allowed = tuple(line for number in numbers for line in seccomp.call(number, seccomp.ALLOWED))
    return bool(allowed) and seccomp.install(allowed, seccomp.NOT_PERMITTED)
