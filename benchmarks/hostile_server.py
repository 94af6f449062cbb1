"""An endpoint that goes wrong in every way, and knows which replies it sent.

For ``benchmarks/hostile_endpoint.py``; nothing to run by itself.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from tests.faults.every import text
from tests.faults.fault import Fault
from tests.servers import Exchange, Reaction, completion

_ENDS_SHARE, _SLOW_SHARE, _HUGE_SHARE = 0.15, 0.3, 0.3
"""How much more seldom than others a fault is that ends the search,
takes seconds, or hundreds of megabytes."""


@dataclass
class Sent:
    """A good reply that went out to the last byte."""

    marker: str
    request: str
    at: float


@dataclass
class Hostile:
    """The endpoint: mostly good replies, each with a marker; the rest are faults at random."""

    share: float
    rng: random.Random
    known: dict[str, Fault]
    seen: Counter[str] = field(default_factory=Counter)
    sent: list[Sent] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def react(self, exchange: Exchange) -> Reaction:
        """Answer one request."""
        with self.lock:
            bad = self.rng.random() < self.share
            names = list(self.known)
            name = self.rng.choices(names, [self._weight(name) for name in names])[0] if bad else "good"
            marker = f"reply-{self.rng.getrandbits(64):016x}"
            self.seen[name] += 1
        said = text(marker)
        reaction = self.known[name].react(said) if bad else completion(said)
        if bad and not self.known[name].kept:
            return reaction
        asked = {name: exchange.body.get(name) for name in ("messages", "seed", "model")}
        request = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return replace(reaction, sent=lambda: self._note(marker, request))

    def _note(self, marker: str, request: str) -> None:
        with self.lock:
            self.sent.append(Sent(marker, request, time.monotonic()))

    def _weight(self, name: str) -> float:
        fault = self.known[name]
        huge = "huge" in name or "bomb" in name
        return (
            (_ENDS_SHARE if fault.ends else 1.0)
            * (_SLOW_SHARE if fault.slow else 1.0)
            * (_HUGE_SHARE if huge else 1.0)
        )
