"""Tensors from a file that may be somebody else's.

Nothing in it is run, and its sizes are looked at before memory is taken.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from rewardsmith.files import open_regular

UNREADABLE = (
    RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, OSError, ArithmeticError,
    MemoryError, AssertionError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What torch and its parts make of a file that is damaged somewhere."""
_MOST_RECORDS, _MOST_PICKLE = 5_000, 500_000
_MOST_DIRECTORY = 1_000_000
_END, _END64, _LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), b"PK\x06\x07"
"""The last structures of an archive,
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.14 to 4.3.16."""
_LOCATOR_BYTES = 20
_GLOBALS = frozenset(
    {"torch._utils _rebuild_tensor_v2", "collections OrderedDict"}
    | {
        f"torch {kind}Storage"
        for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
    }
)
"""What a pickle of plain tensors names. torch allows more without running
anything, ``bytearray`` of any size among it."""
_NO_GLOBALS = frozenset(
    {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "BYTEARRAY8"}
)


def read_tensors(path: Path, most: int) -> object:
    """What ``torch.save`` wrote, if it is tensors, texts and numbers in dictionaries and tuples.

    Args:
        path: A regular file; links are followed.
        most: Bytes that all its tensors may have together.

    Raises:
        Exception: One of :data:`UNREADABLE`; an ``OSError`` where the file cannot be read.
    """
    import torch  # slow to import

    with open_regular(path) as file:
        plain = _plain(file, most)
    with warnings.catch_warnings():
        # an odd file is refused by whoever asked, whatever torch has to say of it
        warnings.simplefilter("ignore")
        return torch.load(plain, map_location="cpu", weights_only=True)


def _plain(file: BinaryIO, most: int) -> io.BytesIO:
    """The archive written anew from what its directory lists: no two readers see different ones."""
    _check_directory(file)
    plain = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(plain, "w") as copy:
        records = archive.infolist()
        if len(records) > _MOST_RECORDS or len({record.filename for record in records}) < len(records):
            raise ValueError("too many records, or two of one name")
        if any(record.compress_type != zipfile.ZIP_STORED for record in records):
            raise ValueError("a record is compressed")
        if sum(record.file_size for record in records) > most + _MOST_PICKLE:
            raise ValueError(f"more than {most:,} bytes")
        for record in records:
            content = archive.read(record)
            if record.filename.endswith(".pkl"):
                _check_pickle(content)
            copy.writestr(record.filename, content)
    plain.seek(0)
    return plain


def _check_directory(file: BinaryIO) -> None:
    """Refuse an archive whose directory alone would fill the memory."""
    before = _END64.size + _LOCATOR_BYTES
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - before - _END.size))
    tail = file.read()
    signature, *_, size, _, comment = _END.unpack(tail[-_END.size :])
    if tail[_END64.size : before].startswith(_LOCATOR):
        size = max(size, _END64.unpack(tail[: _END64.size])[8])
    if signature != b"PK\x05\x06" or comment or size > _MOST_DIRECTORY:
        raise ValueError("no archive, or one with too many records")


def _check_pickle(content: bytes) -> None:
    if len(content) > _MOST_PICKLE:
        raise ValueError(f"a pickle of more than {_MOST_PICKLE:,} bytes")
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name in _NO_GLOBALS or (opcode.name == "GLOBAL" and argument not in _GLOBALS):
            raise ValueError(f"{opcode.name} {str(argument)[:80]}")
