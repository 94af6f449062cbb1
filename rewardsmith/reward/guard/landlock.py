"""Landlock: from now on this process can open, make, move or remove no file at all. Linux 5.13 and later, no root needed."""

from __future__ import annotations

import ctypes
import os

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""System call numbers, the same on every architecture."""
_VERSION_FLAG = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of the interface knows; later ones know as many as 5."""
_NETWORK_RIGHTS = 2
_SCOPES = 2
"""Abstract sockets and signals to other processes, from version 6 on."""


def close_files() -> bool:
    """Handle every right over files and the network and grant none.

    Returns:
        Whether the kernel took it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < 1:
        return False
    files = (1 << _FILE_RIGHTS.get(version, _FILE_RIGHTS[5])) - 1
    network = (1 << _NETWORK_RIGHTS) - 1 if version >= 4 else 0
    scopes = (1 << _SCOPES) - 1 if version >= 6 else 0
    attributes = (ctypes.c_uint64 * 3)(files, network, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    taken = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return taken
