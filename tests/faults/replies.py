"""What a reply may hold: odd letters, bodies that are no chat completion, counts that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from tests.faults.fault import Fault
from tests.servers import Reaction, completion, raw

HTML, IMAGE = {"Content-Type": "text/html"}, {"Content-Type": "image/png"}
EVENTS, KLINGON = {"Content-Type": "text/event-stream"}, {"Content-Type": "application/json; charset=klingon"}


def counting(text: str, prompt: object, answer: object = 50, **details: object) -> Reaction:
    """A good reply with odd counts."""
    return completion(text, usage={"prompt_tokens": prompt, "completion_tokens": answer, **details})


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


def letters(key: str) -> dict[str, Fault]:
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


def bodies() -> dict[str, Fault]:
    return {
        "empty body": Fault(lambda text: Reaction(200, b"")),
        "HTML": Fault(lambda text: Reaction(200, b"<html><script>alert(1)</script></html>", HTML)),
        "half JSON": Fault(lambda text: replace(good := completion(text), body=good.body[:60])),
        "deep lists": Fault(lambda text: Reaction(200, b"[" * 200_000)),
        "deep objects": Fault(lambda text: Reaction(200, b'{"choices":' * 100_000 + b"1" + b"}" * 100_000)),
        "deep in the choices": Fault(
            lambda text: Reaction(200, b'{"choices": [' + b'{"message":' * 900 + b"1" + b"}" * 900 + b"]}")
        ),
        "no choices": Fault(lambda text: raw({"choices": []})),
        "choices of null": Fault(lambda text: raw({"choices": [None]})),
        "choices missing": Fault(lambda text: raw({"id": "x"})),
        "a list": Fault(lambda text: raw([1, 2])),
        "a number of 5,000 digits": Fault(
            lambda text: Reaction(200, b'{"choices": [], "n": ' + b"9" * 5_000 + b"}")
        ),
        "an error with 200": Fault(lambda text: raw({"error": {"message": "upstream \ud800 died"}})),
        "no content": Fault(lambda text: completion(None)),
        "content of a number": Fault(lambda text: completion(5)),
        "content of parts": Fault(
            lambda text: completion([{"type": "text", "text": text}, 3, None]), kept=True
        ),
        "cut at the limit": Fault(lambda text: completion(text, finish="length"), kept=True),
        "wrong content type": Fault(lambda text: replace(completion(text), headers=IMAGE), kept=True),
        "charset of nothing": Fault(lambda text: replace(completion(text), headers=KLINGON), kept=True),
        "garbage behind": Fault(
            lambda text: replace(good := completion(text), body=good.body + b" trailing }{"), kept=True
        ),
        "many empty lists": Fault(
            lambda text: Reaction(200, b'{"choices": [' + b"[]," * 1_000_000 + b"[]]}")
        ),
        "event stream": Fault(lambda text: Reaction(200, b"data: {}\n\ndata: [DONE]\n\n", EVENTS)),
    }


def counts() -> dict[str, Fault]:
    return {
        "counts below zero": _counted(-1_000_000_000, -5),
        "counts of 400 digits": _counted(10**400, 10**400),
        "counts of a billion and one": _counted(1_000_000_001),
        "counts as text": _counted("100"),
        "counts as truth": _counted(True, False),
        "counts as fractions": _counted(1.5, 2.5),
        "counts of nothing": Fault(lambda text: _changed(completion(text), b": 100", b": NaN"), kept=True),
        "counts without end": Fault(lambda text: _changed(completion(text), b": 100", b": 1e999"), kept=True),
        "counts as a list": Fault(
            lambda text: raw({**json.loads(completion(text).body), "usage": [1]}), kept=True
        ),
        "more cached than sent": _counted(100, prompt_tokens_details={"cached_tokens": 10**400}),
        "fewer thoughts than none": _counted(100, completion_tokens_details={"reasoning_tokens": -7}),
    }
