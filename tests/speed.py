"""Bounds of time that hold on slow and busy machines as well."""

from __future__ import annotations

import json
import time

_TEXT = json.dumps([{"id": f"c{number:03d}", "values": [0.5] * 20} for number in range(400)])
_WANTED_S = 0.010
"""What the yardstick takes on the machines that bounds were set on, at most."""


def slowness() -> float:
    """How many times slower this machine is at this moment than those that
    bounds were set on; 1 where it is as fast."""
    started = time.process_time()
    for _ in range(10):
        json.loads(_TEXT)
    return max(1.0, (time.process_time() - started) / _WANTED_S)
