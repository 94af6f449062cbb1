"""Capabilities: what root may do beyond other users.

A process of anybody else has none to give up.
"""

from __future__ import annotations

import ctypes
import struct

_VERSION = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
"""To read and write files of other users, as where root trains into a folder of theirs."""


def drop() -> bool:
    """Give up all capabilities of this thread but those over files of other users.

    Returns:
        Whether the kernel took it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("Ii", _VERSION, 0)
    held = ctypes.create_string_buffer(24)  # effective, permitted, inheritable, and the upper halves of them
    if libc.capget(header, held) != 0:
        return False
    kept = struct.unpack("6I", held.raw)[1] & (1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH)
    return libc.capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)) == 0
