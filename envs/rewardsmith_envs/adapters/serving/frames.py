"""Messages over two pipes: a small header, and little-endian arrays behind it.

No message after the first holds anything that could be run.
"""

import json
import struct

import numpy as np

HELLO, MAKE, START, AGAIN, STEP, RENDER, CLOSE, JOIN = range(8)
"""What may be asked. START begins the random streams of rows where no others go on, JOIN beside
others; AGAIN their next episodes."""
FINE, FAILED = 0, 1
"""The first byte of every answer."""
SUCCESS, TERMINATED, TRUNCATED, BROKEN = 1, 2, 4, 8
"""Bits of a row's flags."""

_HEAD = struct.Struct("<BII")
_COUNT = struct.Struct("<I")
_MOST_BYTES = 1 << 30


class GoneError(Exception):
    """The other side closed its pipe, or says what no version of it ever said."""


def read(stream, count):
    """Exactly so many bytes."""
    data = bytearray(count)
    view = memoryview(data)
    while len(view):
        got = stream.readinto(view)
        if not got:
            raise GoneError("the pipe was closed")
        view = view[got:]
    return data


def read_head(stream):
    """What is asked, of which pool, for how many rows."""
    return _HEAD.unpack(read(stream, _HEAD.size))


def write_head(stream, op, pool, rows):
    """Begin a message."""
    stream.write(_HEAD.pack(op, pool, rows))


def read_array(stream, kind, *shape):
    """An array whose shape both sides know."""
    kind = np.dtype(kind).newbyteorder("<")
    count = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if count > _MOST_BYTES:
        raise GoneError("an array of %d bytes was announced" % count)
    return np.frombuffer(read(stream, count), kind).reshape(shape)


def write_array(stream, array, kind):
    """Write an array as its reader expects it."""
    stream.write(np.ascontiguousarray(array, np.dtype(kind).newbyteorder("<")).tobytes())


def read_text(stream):
    """A text with its length in front."""
    count = _COUNT.unpack(read(stream, _COUNT.size))[0]
    if count > _MOST_BYTES:
        raise GoneError("a text of %d bytes was announced" % count)
    return bytes(read(stream, count)).decode("utf-8", "replace")


def write_text(stream, text):
    """Write a text."""
    data = text.encode("utf-8", "replace")
    stream.write(_COUNT.pack(len(data)) + data)


def read_json(stream):
    """Plain data."""
    return json.loads(read_text(stream))


def write_json(stream, data):
    """Write plain data."""
    write_text(stream, json.dumps(data))
