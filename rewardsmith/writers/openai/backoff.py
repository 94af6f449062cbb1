"""How long to wait before a request: pauses that double, Retry-After, and one gate for all."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_PAUSE_S = 60.0
_LEAST_PAUSE = 0.75
"""Of the pause that is due: requests that failed together do not come back together."""


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

    def close(self, retry_after_s: float | None) -> float:
        """Keep all waiting, at least for the doubling pause: a server's "at once" is not believed.

        Refusals of requests that were in flight together count once.

        Returns:
            The seconds until it opens.
        """
        now = time.monotonic()
        rest = retry_after_s or 0.0
        if now >= self._opens_at:
            rest = max(rest, pause(self._pause_s, self._refusals))
            self._refusals += 1
        self._opens_at = max(self._opens_at, now + rest)
        return self._opens_at - now

    def relax(self) -> None:
        """An answer came: the next pause is short again."""
        self._refusals = 0


class Waits:
    """Tells news from what was said: many requests wait for the same, and one line is enough."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._until = 0.0

    def are_news(self, seconds: float) -> bool:
        """Whether a wait lasts clearly longer than the one that was told last."""
        now = time.monotonic()
        if now + _LEAST_PAUSE * seconds <= self._until:
            return False
        self._until = now + seconds
        return True


def pause(first_s: float, failures: int) -> float:
    """Seconds to wait after so many failures: doubling, at most a minute, a little at random."""
    return min(_LONGEST_PAUSE_S, first_s * 2.0 ** min(failures, 20)) * random.uniform(_LEAST_PAUSE, 1.0)


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
