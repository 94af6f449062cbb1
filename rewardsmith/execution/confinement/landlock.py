"""Landlock: rights over files, the network and other processes that a process gives up.

Linux 5.13 and later, no root needed.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Mapping
from enum import IntFlag

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System call numbers, the same on every architecture."""
_VERSION_FLAG = 1
_BENEATH = 1
"""The kind of rule that grants rights below a folder, or over one file."""
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of the interface knows; later ones know as many as 5."""
_NETWORK_RIGHTS = 2
"""To bind and to connect with TCP, from version 4 on."""
_SCOPES = 2
"""Abstract sockets and signals to other processes, from version 6 on."""


class Right(IntFlag):
    """Rights over files, as the kernel numbers them."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    """To move a file to another folder, or to link it there; from
    version 2 on, nobody has it before."""
    TRUNCATE = 1 << 14
    """From version 3 on."""
    IOCTL_DEV = 1 << 15
    """From version 5 on."""


READING = Right.READ_FILE | Right.READ_DIR
EVERYTHING = ~Right(0)


def version() -> int:
    """The interface's version; 0 where the kernel has none, or where it was switched off."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG))


def give_up(rights: Right, granted: Mapping[int, Right] | None = None) -> bool:
    """Give up rights over all files, and every use of TCP, abstract sockets and signals.

    As far as the kernel knows them, that is. It holds for this thread and those that it starts;
    needs no-new-privileges before.

    Args:
        rights: What is given up.
        granted: What is kept of it, by open descriptors of folders (and all below them) or files.

    Returns:
        Whether the kernel took it.
    """
    known = version()
    if known < 1:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    files = rights & Right((1 << _FILE_RIGHTS.get(known, _FILE_RIGHTS[5])) - 1)
    network = (1 << _NETWORK_RIGHTS) - 1 if known >= 4 else 0
    scopes = (1 << _SCOPES) - 1 if known >= 6 else 0
    attributes = (ctypes.c_uint64 * 3)(files, network, scopes)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        rules = (struct.pack("=Qi", kept & files, descriptor) for descriptor, kept in (granted or {}).items())
        if any(libc.syscall(_ADD_RULE, ruleset, _BENEATH, rule, 0) for rule in rules):
            return False
        return libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)
