"""How a reply may be sent: endless, packed, in drips, cut off or against HTTP."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.faults.fault import Fault
from tests.servers import Reaction, completion

BOMB_BYTES = 1_500_000_000
PLAIN_BYTES = 600_000_000


def wire(*pieces: bytes, pause_s: float = 0.0) -> Reaction:
    """Bytes as they are, with pauses between the pieces."""

    def send() -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            time.sleep(pause_s)

    return Reaction(wire=send)


def http(body: bytes, *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    """A response, as it goes over the wire."""
    lines = [
        f"HTTP/1.1 {status}",
        *headers,
        *([f"Content-Length: {len(body)}"] if length else []),
        "Connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


IN_CHUNKS = http(b"", "Transfer-Encoding: chunked", length=False)
"""The head of a response in chunks."""


def endless(head: bytes, piece: bytes, times: int) -> Reaction:
    """A body that is made as it is sent."""

    def send() -> Iterator[bytes]:
        yield head
        for _ in range(times):
            yield piece

    return Reaction(wire=send)


def chunked(body: bytes, size: int, pause_s: float = 0.0) -> Reaction:
    """A body in chunks."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    framed = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    return wire(IN_CHUNKS, *framed, b"0\r\n\r\n", pause_s=pause_s)


def plain(total: int = PLAIN_BYTES) -> Reaction:
    """A reply of very many blanks."""
    return endless(
        http(b"", f"Content-Length: {total}", "Content-Type: application/json", length=False),
        b" " * 1_000_000,
        total // 1_000_000,
    )


def bomb(total: int = BOMB_BYTES) -> Reaction:
    """A reply a thousand times larger than it looks: a packed block of blanks, again and again."""
    pack = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    first = pack.compress(b" " * 10_000_000) + pack.flush(zlib.Z_FULL_FLUSH)
    block = pack.compress(b" " * 10_000_000) + pack.flush(zlib.Z_FULL_FLUSH)
    return Reaction(200, first + block * (total // 10_000_000 - 1), {"Content-Encoding": "gzip"})


def packed(text: str) -> Reaction:
    """A good reply that is packed, though nobody asked for it."""
    return Reaction(200, gzip.compress(completion(text).body), {"Content-Encoding": "gzip"})


def _sized(react: Callable[[], Reaction]) -> Fault:
    return Fault(lambda text: react())


def transport() -> dict[str, Fault]:
    def good(text: str) -> bytes:
        return completion(text).body

    def both(text: str) -> Reaction:
        return wire(http(good(text), "Content-Length: 5", "X-A: 1", "X-A: 2"))

    return {
        "huge": _sized(plain),
        "huge and in chunks": _sized(
            lambda: endless(IN_CHUNKS, b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000), 600)
        ),
        "huge error": _sized(
            lambda: endless(
                http(b"", f"Content-Length: {PLAIN_BYTES}", status="400 Bad", length=False),
                b"e" * 1_000_000,
                600,
            )
        ),
        "gzip bomb": _sized(bomb),
        "gzip bomb as an error": _sized(lambda: replace(bomb(), status=500)),
        "gzip in gzip": _sized(
            lambda: Reaction(
                200, gzip.compress(gzip.compress(b" " * 5_000_000)), {"Content-Encoding": "gzip, gzip"}
            )
        ),
        "packed though not asked for": Fault(packed, kept=True),
        "packed in name only": Fault(
            lambda text: replace(completion(text), headers={"Content-Encoding": "gzip"})
        ),
        "packed unknown": Fault(lambda text: replace(completion(text), headers={"Content-Encoding": "br"})),
        "chunks": Fault(lambda text: chunked(good(text), 50), kept=True),
        "chunks that drip": Fault(lambda text: chunked(good(text), 1, pause_s=0.2), slow=True),
        "drip": Fault(lambda text: replace(completion(text), drip_s=0.2), slow=True),
        "headers that drip": Fault(
            lambda text: wire(*(b"HTTP/1.1 200 OK\r\nX-%d: 1\r\n" % n for n in range(200)), pause_s=0.1),
            slow=True,
        ),
        "silence": Fault(lambda text: replace(completion(text), delay_s=8.0), slow=True),
        "reset": Fault(lambda text: Reaction(reset_after=0)),
        "reset in the body": Fault(lambda text: replace(completion(text), reset_after=40)),
        "closed at once": Fault(lambda text: wire(b"")),
        "closed in the headers": Fault(lambda text: wire(b"HTTP/1.1 200 OK\r\nContent-")),
        "no HTTP": Fault(lambda text: wire(b"SSH-2.0-OpenSSH_9.6\r\n\x00\x01\x02")),
        "many headers": Fault(
            lambda text: wire(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 500_000 + b"\r\n\r\n")
        ),
        "binary headers": Fault(lambda text: wire(http(good(text), "X-\xe9: \xff\xfe", "Server: \x80"))),
        "two lengths": Fault(both),
        "length and chunks": Fault(lambda text: wire(http(good(text), "Transfer-Encoding: chunked"))),
        "length too long": Fault(
            lambda text: wire(http(good(text), f"Content-Length: {len(good(text)) + 50}", length=False))
        ),
        "negative length": Fault(lambda text: wire(http(good(text), "Content-Length: -5", length=False))),
        "bad chunk": Fault(lambda text: wire(IN_CHUNKS, b"zz\r\n{}\r\n0\r\n\r\n")),
        "status 999": Fault(lambda text: wire(http(b"{}", status="999 What"))),
        "status 204": Fault(lambda text: wire(http(b"", status="204 No Content"))),
        "status 100 for ever": Fault(
            lambda text: wire(*([b"HTTP/1.1 100 Continue\r\n\r\n"] * 200), pause_s=0.1), slow=True
        ),
    }
