"""seccomp: the kernel asks a small program what becomes of each system call.

The program is Berkeley packet filter code. Here are its parts, and how it is installed; what is
allowed, others decide.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass

Code = tuple[bytes, ...]
"""Instructions, one after another."""
_SET_MODE_FILTER, _ALL_THREADS, _SPECULATE = 1, 1, 4
"""Of seccomp(2). Without the last one, Linux before 5.16 takes from the
process what its processor gains by guessing."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_X32 = 0x40000000
"""Numbers from here on are those of the x32 interface of x86-64: other names for the same calls."""


@dataclass(frozen=True)
class _Machine:
    audit: int
    """The kernel's number of the architecture."""
    seccomp: int
    """The number of seccomp(2) there."""


_MACHINES = {"x86_64": _Machine(0xC000003E, 317), "aarch64": _Machine(0xC00000B7, 277)}


def _line(operation: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction; jumps count the instructions that they leave out."""
    return struct.pack("HBBI", operation, then, otherwise, value)


ALLOWED: Code = (_line(_RETURN, _ALLOW),)
NOT_PERMITTED: Code = (_line(_RETURN, _FAIL | errno.EPERM),)
UNKNOWN: Code = (_line(_RETURN, _FAIL | errno.ENOSYS),)
"""As if the kernel were too old for the call."""


def call(number: int, answer: Code) -> Code:
    """What becomes of one call; all others go on behind it."""
    return (_line(_EQUAL, number, otherwise=len(answer)), *answer)


def argument(position: int, mask: int = 0xFFFFFFFF) -> Code:
    """Look at the lower half of an argument, or at some of its bits.

    The processors here store that half first.
    """
    return (_line(_LOAD, _ARGUMENTS_AT + 8 * position), _line(_AND, mask))


def equal(values: Iterable[int], answer: Code) -> Code:
    """The answer if what is looked at is one of some values; else it goes on."""
    return tuple(line for value in values for line in call(value, answer))


def any_bit(bits: int, answer: Code) -> Code:
    """The answer if what is looked at has any of some bits; else it goes on."""
    return (_line(_ANY_BIT, bits, otherwise=len(answer)), *answer)


def machine() -> str:
    """This machine's name if there can be a filter on it, else nothing."""
    return platform.machine() if platform.machine() in _MACHINES else ""


def install(rules: Code, otherwise: Code, *, speculate: bool = False) -> bool:
    """Install a filter on all threads, for good; needs no-new-privileges before.

    Calls of other architectures fail.

    Args:
        rules: Made by :func:`call`.
        otherwise: What becomes of calls that no rule names.
        speculate: Whether the processor may go on guessing at full speed.

    Returns:
        Whether the kernel took it.
    """
    if not machine():
        return False
    here = _MACHINES[machine()]
    code = b"".join(
        (
            _line(_LOAD, _ARCHITECTURE_AT),
            _line(_EQUAL, here.audit, then=1),
            *NOT_PERMITTED,
            _line(_LOAD, _NUMBER_AT),
            _line(_AT_LEAST, _X32, otherwise=1),
            *NOT_PERMITTED,
            *rules,
            *otherwise,
        )
    )
    lines = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(lines))
    flags = _ALL_THREADS | (_SPECULATE if speculate else 0)
    return ctypes.CDLL(None, use_errno=True).syscall(here.seccomp, _SET_MODE_FILTER, flags, program) == 0
