"""Every fault of the list, against the writer and a real store: a named
reason, a recorded call, no key, no crash."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Task
from rewardsmith.drafting import StudyLedger
from rewardsmith.errors import WriterError
from rewardsmith.store.sqlite import Store
from tests.asking import KEY, Memory, briefs, write_all, writer
from tests.faults.every import faults, text
from tests.servers import Exchange, Reaction, completion, in_turn, refusal, serving

FAULTS = faults(KEY)


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> LanguageModelOptions:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return LanguageModelOptions(
        model="m", pause_s=0.01, timeout_s=2.0, retries=1, price_prompt=1.0, price_completion=2.0
    )


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.slow
def test_a_fault_is_recorded_and_the_next_reply_taken(
    options: LanguageModelOptions, reach: Task, tmp_path: Path, name: str
):
    fault = FAULTS[name]
    store = Store(tmp_path / "study.db", create=True)
    budget = Budget(9)
    ledger = StudyLedger(store, budget)
    begun = time.monotonic()
    with serving(in_turn(fault.react(text("marker-1")), completion(text("marker-2")))) as server:
        told = _ask(server, options, reach, ledger, count=1)
        assert time.monotonic() - begun < 20.0
        assert len(server.requests) <= 2
        _ask(server, options, reach, ledger, count=2)
    store.close()
    store = Store(tmp_path / "study.db")  # whatever was recorded can be read again
    calls = store.calls()
    StudyLedger(store, again := Budget(9))
    store.close()
    assert again.tokens <= budget.tokens
    assert sum("marker-1" in call.reply for call in calls) == fault.kept
    assert any("marker-2" in call.reply for call in calls)
    assert 0 <= budget.tokens < 10**7
    assert 0 <= budget.usd < 100
    assert bool(told) == fault.ends, told
    everything = told + repr(calls) + "".join(p.read_bytes().decode("latin-1") for p in tmp_path.iterdir())
    assert all(KEY[start : start + 8] not in everything for start in range(len(KEY) - 7))


def _ask(server, options: LanguageModelOptions, task: Task, ledger: StudyLedger, count: int) -> str:
    """What ended the search, if anything did."""
    try:
        write_all(writer(server, options, concurrency=2), briefs(task, count), ledger)
    except WriterError as error:
        return str(error)
    return ""


@pytest.mark.slow
def test_a_rate_limit_that_says_at_once_is_no_storm(options: LanguageModelOptions, reach: Task):
    """A server that always answers "429, come at once" is asked ever more seldom."""
    for header in (
        {"retry_after": "0"},
        {"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"retry_after_ms": "0"},
    ):
        begun = time.monotonic()
        with serving(in_turn(*[refusal(429, **header)] * 8, completion())) as server:  # pyright: ignore[reportArgumentType]
            write_all(writer(server, replace(options, pause_s=0.02), concurrency=1), briefs(reach), Memory())
        assert len(server.requests) == 9
        assert time.monotonic() - begun > 0.75 * 0.02 * (2**8 - 1)


@pytest.mark.parametrize(
    "name", ["huge", "huge and in chunks", "huge error", "gzip bomb", "gzip bomb as an error"]
)
def test_a_reply_takes_no_more_memory_than_it_may(options: LanguageModelOptions, reach: Task, name: str):
    def react(exchange: Exchange) -> Reaction:
        return bad if exchange.number == 0 else completion()

    bad = FAULTS[name].react("")
    with serving(react) as server:
        scribe, memory = writer(server, options, concurrency=1, timeout_s=30.0), Memory()
        tracemalloc.start()
        write_all(scribe, briefs(reach), memory)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 40_000_000
    if "error" not in name:
        call, _ = memory.calls
        assert call.error == "the reply cannot be read: it has more than 4,000,000 bytes."
        assert (call.answered, call.usage.unmetered, len(call.reply)) == (False, 1, 100_000)
