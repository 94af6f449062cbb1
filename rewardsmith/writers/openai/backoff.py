"""How long to wait before a request: pauses that double, Retry-After, and one gate for all."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_PAUSE_S = 60.0


class Gate:
    """Holds all requests back while the server's rate limit is exceeded."""

    def __init__(self, pause_s: float) -> None:
        """Start open; ``pause_s`` is the first pause where the server names none."""
        self._pause_s = pause_s
        self._opens_at = 0.0
        self._refusals = 0

    async def wait(self) -> None:
        """Return once the gate is open."""
        while (rest := self._opens_at - time.monotonic()) > 0:
            await asyncio.sleep(rest)

    def close(self, retry_after_s: float | None) -> None:
        """Keep all waiting, at least for the doubling pause: a server's "at once" is not believed.

        Refusals of requests that were in flight together count once.
        """
        now = time.monotonic()
        rest = retry_after_s or 0.0
        if now >= self._opens_at:
            rest = max(rest, pause(self._pause_s, self._refusals))
            self._refusals += 1
        self._opens_at = max(self._opens_at, now + rest)

    def relax(self) -> None:
        """An answer came: the next pause is short again."""
        self._refusals = 0


def pause(first_s: float, failures: int) -> float:
    """Seconds to wait after so many failures: doubling, at most a minute, a little at random."""
    return min(_LONGEST_PAUSE_S, first_s * 2.0 ** min(failures, 20)) * random.uniform(0.75, 1.0)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, or ``None``; 0 for a date that is past.

    It asks by a number or a date (RFC 9110, section 10.2.3).
    """
    for name, seconds_per_unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name, "")
        try:
            seconds = float(text) * seconds_per_unit
        except ValueError:
            continue
        return seconds if 0 <= seconds < float("inf") else None
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    except (
        ValueError,
        TypeError,
        LookupError,
        OverflowError,
    ):  # as the parser of dates ends, given what is none
        return None
