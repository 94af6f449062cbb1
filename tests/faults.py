"""Everything that a server of chat completions may do wrong, by name:
for single tests, and at random for a soak."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate

from tests.servers import GOOD, Reaction, completion, raw, refusal

BOMB_BYTES = 1_500_000_000
PLAIN_BYTES = 600_000_000
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Fault:
    """One way to go wrong."""

    react: Callable[[str], Reaction]
    """From the text of a reply, which may be in the answer or not."""
    kept: bool = False
    """Whether the text arrives, so that it must be recorded."""
    ends: bool = False
    """Whether the search ends, to be resumed."""
    slow: bool = False
    """Whether it takes seconds."""


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
    return wire(http(b"", "Transfer-Encoding: chunked", length=False), *framed, b"0\r\n\r\n", pause_s=pause_s)


def plain(total: int = PLAIN_BYTES) -> Reaction:
    """A reply of very many blanks."""
    return endless(
        http(b"", f"Content-Length: {total}", "Content-Type: application/json", length=False),
        b" " * 1_000_000,
        total // 1_000_000,
    )


def bomb(total: int = BOMB_BYTES) -> Reaction:
    """A reply that is a thousand times larger than it looks: one
    packed block of blanks, again and again."""
    pack = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    first = pack.compress(b" " * 10_000_000) + pack.flush(zlib.Z_FULL_FLUSH)
    block = pack.compress(b" " * 10_000_000) + pack.flush(zlib.Z_FULL_FLUSH)
    return Reaction(200, first + block * (total // 10_000_000 - 1), {"Content-Encoding": "gzip"})


def packed(text: str) -> Reaction:
    """A good reply that is packed, though nobody asked for it."""
    return Reaction(200, gzip.compress(completion(text).body), {"Content-Encoding": "gzip"})


def counting(text: str, prompt: object, answer: object = 50, **details: object) -> Reaction:
    """A good reply with odd counts."""
    return completion(text, usage={"prompt_tokens": prompt, "completion_tokens": answer, **details})


def later(status: int, **headers: str) -> Fault:
    """A refusal for now."""
    return Fault(lambda text: refusal(status, "later", **headers))


def _counted(*counts: object, **details: object) -> Fault:
    return Fault(lambda text: counting(text, *counts, **details), kept=True)


def _replied(change: Callable[[str], str]) -> Fault:
    """A good reply whose text has something odd in it, which JSON may spell."""
    return Fault(lambda text: completion(change(text)), kept=True)


def _spelled(name: str) -> Callable[[str], Reaction]:
    """Something odd in another field than the text."""
    return lambda text: (
        completion(text, finish="st\ud800op")
        if name == "finish"
        else completion(text, message={"refusal": "\udfff"})
    )


def _changed(reaction: Reaction, old: bytes, new: bytes) -> Reaction:
    return replace(reaction, body=reaction.body.replace(old, new))


def _sized(react: Callable[[], Reaction]) -> Fault:
    return Fault(lambda text: react())


def faults(key: str, elsewhere: str = "http://127.0.0.1:9") -> Mapping[str, Fault]:
    """All of them.

    Args:
        key: Of the client; some servers show it.
        elsewhere: Where redirects point to.
    """
    return {
        **_letters(key), **_bodies(), **_transport(), **_counts(), **_waits(), **_errors(key),
        **_redirects(elsewhere)
    }  # fmt: skip


def _letters(key: str) -> dict[str, Fault]:
    return {
        "surrogate in the idea": _replied(lambda text: "\ud800 " + text),
        "surrogate in the code": _replied(
            lambda text: text.replace("return near", "# \udc80\n    return near")
        ),
        "surrogates, reversed": _replied(lambda text: "\udc00\ud800" + text),
        "surrogate in the finish reason": Fault(_spelled("finish"), kept=True),
        "surrogate in the refusal": Fault(_spelled("refusal"), kept=True),
        "NUL": _replied(lambda text: "a\x00b " + text),
        "terminal escapes": _replied(lambda text: "\x1b]0;title\x07\x1b[2J\x9b31m " + text),
        "bidirectional": _replied(lambda text: "\u202e\u2066 " + text),
        "no UTF-8": Fault(
            lambda text: replace(
                good := completion("MARK" + text), body=good.body.replace(b"MARK", b"\xff\xfe\xc3")
            ),
            kept=True,
        ),
        "the key in the reply": _replied(lambda text: f"{key} and {key[:14]} {text}"),
        "byte order mark": Fault(
            lambda text: replace(good := completion(text), body=b"\xef\xbb\xbf" + good.body), kept=True
        ),
        "UTF-16": Fault(
            lambda text: replace(good := completion(text), body=good.body.decode().encode("utf-16"))
        ),
    }


def _bodies() -> dict[str, Fault]:
    return {
        "empty body": Fault(lambda text: Reaction(200, b"")),
        "HTML": Fault(lambda text: Reaction(200, b"<html><script>alert(1)</script></html>", {"Content-Type": "text/html"})),
        "half JSON": Fault(lambda text: replace(good := completion(text), body=good.body[:60])),
        "deep lists": Fault(lambda text: Reaction(200, b"[" * 200_000)),
        "deep objects": Fault(lambda text: Reaction(200, b'{"choices":' * 100_000 + b"1" + b"}" * 100_000)),
        "deep in the choices": Fault(lambda text: Reaction(200, b'{"choices": [' + b'{"message":' * 900 + b"1" + b"}" * 900 + b"]}")),
        "no choices": Fault(lambda text: raw({"choices": []})),
        "choices of null": Fault(lambda text: raw({"choices": [None]})),
        "choices missing": Fault(lambda text: raw({"id": "x"})),
        "a list": Fault(lambda text: raw([1, 2])),
        "a number of 5,000 digits": Fault(lambda text: Reaction(200, b'{"choices": [], "n": ' + b"9" * 5_000 + b"}")),
        "an error with 200": Fault(lambda text: raw({"error": {"message": "upstream \ud800 died"}})),
        "no content": Fault(lambda text: completion(None)),
        "content of a number": Fault(lambda text: completion(5)),
        "content of parts": Fault(lambda text: completion([{"type": "text", "text": text}, 3, None]), kept=True),
        "cut at the limit": Fault(lambda text: completion(text, finish="length"), kept=True),
        "wrong content type": Fault(lambda text: replace(completion(text), headers={"Content-Type": "image/png"}), kept=True),
        "charset of nothing": Fault(
            lambda text: replace(completion(text), headers={"Content-Type": (
                "application/json; "
                "charset=klingon"
            )}), kept=True
        ),
        "garbage behind": Fault(lambda text: replace(good := completion(text), body=good.body + (
            b" "
            b"trailing }{"
        )), kept=True),
        "many empty lists": Fault(lambda text: Reaction(200, b'{"choices": [' + b"[]," * 1_000_000 + b"[]]}")),
        "event stream": Fault(lambda text: Reaction(200, b"data: {}\n\ndata: [DONE]\n\n", {"Content-Type": "text/event-stream"})),
    }  # fmt: skip


def _transport() -> dict[str, Fault]:
    def good(text: str) -> bytes:
        return completion(text).body

    def both(text: str) -> Reaction:
        return wire(http(good(text), "Content-Length: 5", "X-A: 1", "X-A: 2"))

    return {
        "huge": _sized(plain),
        "huge and in chunks": _sized(
            lambda: endless(http(b"", "Transfer-Encoding: chunked", length=False), b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000), 600)
        ),
        "huge error": _sized(
            lambda: endless(http(b"", f"Content-Length: {PLAIN_BYTES}", status="400 Bad", length=False), b"e" * 1_000_000, 600)
        ),
        "gzip bomb": _sized(bomb),
        "gzip bomb as an error": _sized(lambda: replace(bomb(), status=500)),
        "gzip in gzip": _sized(lambda: Reaction(200, gzip.compress(gzip.compress(b" " * 5_000_000)), {"Content-Encoding": "gzip, gzip"})),
        "packed though not asked for": Fault(packed, kept=True),
        "packed in name only": Fault(lambda text: replace(completion(text), headers={"Content-Encoding": "gzip"})),
        "packed unknown": Fault(lambda text: replace(completion(text), headers={"Content-Encoding": "br"})),
        "chunks": Fault(lambda text: chunked(good(text), 50), kept=True),
        "chunks that drip": Fault(lambda text: chunked(good(text), 1, pause_s=0.2), slow=True),
        "drip": Fault(lambda text: replace(completion(text), drip_s=0.2), slow=True),
        "headers that drip": Fault(lambda text: wire(*(b"HTTP/1.1 200 OK\r\nX-%d: 1\r\n" % n for n in range(200)), pause_s=0.1), slow=True),
        "silence": Fault(lambda text: replace(completion(text), delay_s=8.0), slow=True),
        "reset": Fault(lambda text: Reaction(reset_after=0)),
        "reset in the body": Fault(lambda text: replace(completion(text), reset_after=40)),
        "closed at once": Fault(lambda text: wire(b"")),
        "closed in the headers": Fault(lambda text: wire(b"HTTP/1.1 200 OK\r\nContent-")),
        "no HTTP": Fault(lambda text: wire(b"SSH-2.0-OpenSSH_9.6\r\n\x00\x01\x02")),
        "many headers": Fault(lambda text: wire(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 500_000 + b"\r\n\r\n")),
        "binary headers": Fault(lambda text: wire(http(good(text), "X-\xe9: \xff\xfe", "Server: \x80"))),
        "two lengths": Fault(both),
        "length and chunks": Fault(lambda text: wire(http(good(text), "Transfer-Encoding: chunked"))),
        "length too long": Fault(lambda text: wire(http(good(text), (
            "Content-Length: "
            f"{len(good(text)) + 50}"
        ), length=False))),
        "negative length": Fault(lambda text: wire(http(good(text), "Content-Length: -5", length=False))),
        "bad chunk": Fault(lambda text: wire(http(b"", "Transfer-Encoding: chunked", length=False), b"zz\r\n{}\r\n0\r\n\r\n")),
        "status 999": Fault(lambda text: wire(http(b"{}", status="999 What"))),
        "status 204": Fault(lambda text: wire(http(b"", status="204 No Content"))),
        "status 100 for ever": Fault(lambda text: wire(*([b"HTTP/1.1 100 Continue\r\n\r\n"] * 200), pause_s=0.1), slow=True),
    }  # fmt: skip


def _counts() -> dict[str, Fault]:
    return {
        "counts below zero": _counted(-1_000_000_000, -5),
        "counts of 400 digits": _counted(10**400, 10**400),
        "counts of a billion and one": _counted(1_000_000_001),
        "counts as text": _counted("100"),
        "counts as truth": _counted(True, False),
        "counts as fractions": _counted(1.5, 2.5),
        "counts of nothing": Fault(lambda text: _changed(completion(text), b": 100", b": NaN"), kept=True),
        "counts without end": Fault(lambda text: _changed(completion(text), b": 100", b": 1e999"), kept=True),
        "counts as a list": Fault(lambda text: raw({**json.loads(completion(text).body), "usage": [1]}), kept=True),
        "more cached than sent": _counted(100, prompt_tokens_details={"cached_tokens": 10**400}),
        "fewer thoughts than none": _counted(100, completion_tokens_details={"reasoning_tokens": -7}),
    }  # fmt: skip


def _waits() -> dict[str, Fault]:
    past, future = formatdate(0, usegmt=True), "Fri, 31 Dec 9999 23:59:59 GMT"
    return {
        "429": later(429),
        "429, at once": later(429, retry_after="0"),
        "429, in the past": later(429, retry_after=past),
        "429, below zero": later(429, retry_after="-30"),
        "429, garbage": later(429, retry_after="\x01soon, 3, Mon"),
        "429, milliseconds": later(429, retry_after_ms="1"),
        "429, a bad date": later(429, retry_after="Mon, 99 Foo 20x4 25:61:61 +9999"),
        "429, for ever": replace(later(429, retry_after="1e300"), ends=True),
        "429, for decades": replace(later(429, retry_after=future), ends=True),
        "503, for ever": replace(later(503, retry_after="1e300"), ends=True),
        "503, at once": later(503, retry_after="0"),
        "408": later(408),
        "409": later(409),
        "500": later(500),
        "502": Fault(
            lambda text: Reaction(502, b"<html>bad gateway \x1b[2J</html>", {"Content-Type": "text/html"})
        ),
        "529": later(529),
    }


def _errors(key: str) -> dict[str, Fault]:
    shown = f"Incorrect API key provided: {key[:12]}...{key[-9:]}. \x1b[2J\ud800"
    return {
        "400": Fault(lambda text: refusal(400, "context \ud800 length \x1b[2J exceeded")),
        "400 with the key": Fault(lambda text: refusal(400, f"bad {key}, {key[:13]}")),
        "400 of odd form": Fault(lambda text: raw({"error": ["\ud800", {"param": 5}]}, 400)),
        "400 of deep lists": Fault(lambda text: Reaction(400, b"[" * 100_000)),
        "422": Fault(lambda text: raw({"detail": [{"loc": ["body"]}]}, 422)),
        "401": Fault(lambda text: refusal(401, shown, code="invalid_api_key"), ends=True),
        "402": Fault(lambda text: refusal(402, "no money"), ends=True),
        "404": Fault(lambda text: refusal(404, "no such model"), ends=True),
        "quota": Fault(lambda text: refusal(429, "quota", code="insufficient_quota"), ends=True),
    }


def _redirects(elsewhere: str) -> dict[str, Fault]:
    def to(status: int, place: str) -> Fault:
        return Fault(lambda text: raw({}, status, location=place), ends=True)

    places: Iterable[tuple[int, str]] = ((status, f"{elsewhere}/v1/chat/completions") for status in REDIRECTS)
    return {
        **{f"redirect {status}": to(status, place) for status, place in places},
        "redirect to no address": Fault(lambda text: raw({}, 307, location="http://[::1/\xff"), ends=True),
        "redirect to nowhere": Fault(lambda text: raw({}, 307), ends=True),
    }


def text(marker: str) -> str:
    """A good reply that can be told from all others."""
    return f"{marker}. {GOOD}"
