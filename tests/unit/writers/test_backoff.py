import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rewardsmith.writers.openai.backoff import Gate, pause, retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None):
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after({"retry-after": later}) == pytest.approx(60, abs=2)


def test_pauses_double_up_to_a_minute():
    assert all(0.75 * 2**n <= pause(1.0, n) <= 2**n for n in range(6))
    assert pause(1.0, 1000) <= 60.0


def test_the_gate_keeps_everybody_waiting_and_counts_refusals_in_flight_once():
    async def scenario() -> list[float]:
        gate, waited = Gate(0.1), []
        for _ in range(16):  # sixteen requests were in flight when the limit was hit
            gate.close(None)
        for _ in range(3):
            begun = time.monotonic()
            await gate.wait()
            waited.append(time.monotonic() - begun)
            gate.close(None)
        gate.relax()
        return waited

    waited = asyncio.run(scenario())
    for n, seconds in enumerate(waited):
        assert 0.075 * 2**n <= seconds < 0.1 * 2**n + 0.2


def test_an_open_gate_does_not_wait():
    begun = time.monotonic()
    asyncio.run(Gate(60.0).wait())
    assert time.monotonic() - begun < 1.0
