import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        ({"retry-after": "1e300"}, 1e300),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "5, 5"}, None),
        ({"retry-after": "\x01"}, None),
        ({"retry-after": "Mon, 99 Foo 20x4 25:61:61 +9999"}, None),
        ({"retry-after": "Wed, 21 Oct 99999 07:28:00 GMT"}, None),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
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


@pytest.mark.parametrize("asked", [None, 0.0])
def test_a_server_that_says_at_once_is_waited_for_ever_longer(asked: float | None):
    async def scenario() -> list[float]:
        gate, waited = Gate(0.05), []
        for _ in range(4):
            gate.close(asked)
            begun = time.monotonic()
            await gate.wait()
            waited.append(time.monotonic() - begun)
        return waited

    assert all(seconds >= 0.75 * 0.05 * 2**n for n, seconds in enumerate(asyncio.run(scenario())))


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=40))
def test_no_header_is_a_crash(text: str):
    seconds = retry_after({"retry-after": text})
    assert seconds is None or seconds >= 0
