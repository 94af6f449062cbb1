"""Refusals for now and for good, and redirects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from email.utils import formatdate

from tests.faults.fault import Fault
from tests.servers import Reaction, raw, refusal

REDIRECTS = (301, 302, 303, 307, 308)


def later(status: int, **headers: str) -> Fault:
    """A refusal for now."""
    return Fault(lambda text: refusal(status, "later", **headers))


def waits() -> dict[str, Fault]:
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


def errors(key: str) -> dict[str, Fault]:
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


def redirects(elsewhere: str) -> dict[str, Fault]:
    def to(status: int, place: str) -> Fault:
        return Fault(lambda text: raw({}, status, location=place), ends=True)

    places: Iterable[tuple[int, str]] = ((status, f"{elsewhere}/v1/chat/completions") for status in REDIRECTS)
    return {
        **{f"redirect {status}": to(status, place) for status, place in places},
        "redirect to no address": Fault(lambda text: raw({}, 307, location="http://[::1/\xff"), ends=True),
        "redirect to nowhere": Fault(lambda text: raw({}, 307), ends=True),
    }
