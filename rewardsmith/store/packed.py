"""Studies to ship: the database compressed, read and never written."""

from __future__ import annotations

import lzma
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rewardsmith.errors import StoreError
from rewardsmith.files import check_file, open_regular

_MOST_BYTES, _MOST_MEMORY = 256_000_000, 128_000_000
"""Of a database, and of what unpacks it: a few bytes may say that they are a great many."""
_PART = 1 << 20


def packed_path(path: Path) -> Path:
    """Where a database is that is not there itself: beside it, as ``xz study.db`` leaves it."""
    return path.with_name(f"{path.name}.xz")


def is_database(path: Path) -> bool:
    """Whether it is there, packed or not."""
    return path.is_file() or packed_path(path).is_file()


@contextmanager
def unpacked(path: Path, *, write: bool) -> Iterator[Path]:
    """A database, unpacked if it is packed, for as long as it takes to open it.

    Args:
        path: The database itself, whether it is there or only its packed form.
        write: Whether it is to be written.

    Raises:
        StoreError: It is packed and to be written, or it cannot be unpacked.
    """
    packed = packed_path(path)
    if path.exists() or not packed.exists():
        yield path
        return
    if write:
        raise StoreError(
            f"{packed} is packed, so it is read only. To go on with a copy: `xz --decompress {packed}`."
        )
    check_file(packed)
    with tempfile.TemporaryDirectory(prefix="rewardsmith-") as folder:
        whole = Path(folder) / path.name
        _unpack(packed, whole)
        yield whole


def _unpack(packed: Path, whole: Path) -> None:
    decoder, size = lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY), 0
    try:
        with open_regular(packed) as source, whole.open("wb") as target:
            while not decoder.eof:
                given = source.read(_PART) if decoder.needs_input else b""
                if decoder.needs_input and not given:
                    raise StoreError(f"{packed} is cut off. Copy it again.")
                size += target.write(decoder.decompress(given, _PART))
                if size > _MOST_BYTES:
                    raise StoreError(f"{packed} holds more than {_MOST_BYTES:,} bytes; no study is so large.")
            if decoder.unused_data or source.read(1):
                raise StoreError(f"{packed} goes on behind its end. Copy it again.")
    except (OSError, lzma.LZMAError) as error:
        raise StoreError(f"{packed} cannot be unpacked: {error}. Copy it again.") from error
