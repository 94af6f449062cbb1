"""What the openai writer pays and records: nothing twice, nothing lost, no key shown."""

from __future__ import annotations

import logging
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.budget import Budget
from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Quote, Repair, Task
from rewardsmith.drafting import StudyLedger
from rewardsmith.errors import StoreError, WriterError
from rewardsmith.records import Call, Draft
from rewardsmith.store.sqlite import Store
from rewardsmith.usage import Usage
from tests.asking import KEY, Memory, briefs, write_all, writer
from tests.servers import GOOD, Exchange, Reaction, completion, in_turn, raw, refusal, serving


def test_what_was_answered_is_never_asked_again(options: LanguageModelOptions, reach: Task, tmp_path: Path):
    with serving(in_turn(completion())) as server:
        store = Store(tmp_path / "study.db", create=True)
        first = write_all(writer(server, options), briefs(reach, 3), StudyLedger(store, Budget(3)))
        store.close()
        store = Store(tmp_path / "study.db")
        second = write_all(writer(server, options), briefs(reach, 4), StudyLedger(store, Budget(4)))
        store.close()
    assert first == second[:3]
    assert len(server.requests) == 4


def test_one_refusal_loses_no_reply_in_flight(options: LanguageModelOptions, reach: Task):
    """The reply that was on its way when another request broke the
    search is recorded, and not paid again."""
    memory = Memory()
    slow = replace(completion(), delay_s=0.3)
    with serving(lambda exchange: refusal(401) if exchange.body["seed"] == 2 else slow) as server:
        with pytest.raises(WriterError):
            write_all(writer(server, options, concurrency=4), briefs(reach, 4), memory)
        assert sorted(call.candidate for call in memory.calls if call.answered) == ["c000", "c002", "c003"]
        server.react = in_turn(completion())
        asked = len(server.requests)
        drafts = write_all(writer(server, options), briefs(reach, 4), memory)
    assert all(draft.source for draft in drafts)
    assert len(server.requests) == asked + 1


def test_calls_in_flight_never_exceed_a_limit_together(
    options: LanguageModelOptions, reach: Task, tmp_path: Path
):
    """Quotes are for 4,096-token replies, true replies are short: calls
    wait for others to settle, and go on."""
    budget = Budget(99, max_tokens=12_000)
    store = Store(tmp_path / "study.db", create=True)
    slow = replace(completion(), delay_s=0.02)
    with serving(in_turn(slow)) as server:
        drafts = write_all(
            writer(server, options, concurrency=8), briefs(reach, 99), StudyLedger(store, budget)
        )
    store.close()
    written, withheld = [d for d in drafts if d.source], [d for d in drafts if d.withheld]
    assert len(written) + len(withheld) == 99
    assert 40 < len(written) == len(server.requests) < 99
    assert budget.tokens == 150 * len(written) <= 12_000
    assert "max_tokens of 12,000" in withheld[0].withheld


def test_a_store_that_fails_stops_the_spending(options: LanguageModelOptions, reach: Task):
    class Full(Memory):
        def settle(self, quote: Quote, call: Call) -> None:
            raise StoreError("the disk is full")

    with serving(in_turn(completion())) as server, pytest.raises(StoreError, match="full"):
        write_all(writer(server, options, concurrency=2), briefs(reach, 20), Full())
    assert len(server.requests) <= 2


def test_a_record_that_fails_for_any_reason_stops_the_spending_and_loses_no_other(
    options: LanguageModelOptions, reach: Task
):
    class Odd(Memory):
        def settle(self, quote: Quote, call: Call) -> None:
            if call.candidate == "c001":
                raise OverflowError("too large")
            super().settle(quote, call)

    memory = Odd()
    slow = replace(completion(), delay_s=0.3)
    with serving(lambda e: completion() if e.body["seed"] == 2 else slow) as server:
        with pytest.raises(WriterError, match="the writer failed, OverflowError: too large") as failed:
            write_all(writer(server, options, concurrency=3), briefs(reach, 30), memory)
        assert len(server.charged) == 3
    assert isinstance(failed.value.__cause__, OverflowError)
    assert sorted(call.candidate for call in memory.calls if call.answered) == ["c000", "c002"]


def test_a_plug_in_s_text_is_stored_whatever_it_is(reach: Task, tmp_path: Path):
    store = Store(tmp_path / "study.db", create=True)
    call = Call(
        "c000",
        1,
        "m\udc80",
        "[]",
        "{}",
        "t",
        "\ud800 reply",
        "stop\udfff",
        "bad \ud800",
        1.0,
        Usage(1, 1, 1),
        "initial",
        "r",
        True,
    )
    StudyLedger(store, Budget(1)).settle(Quote(1, 1, None), call)
    (kept,) = store.calls()
    store.close()
    assert (kept.model, kept.reply, kept.finish_reason, kept.error) == (
        "m\ufffd",
        "\ufffd reply",
        "stop\ufffd",
        "bad \ufffd",
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(options: LanguageModelOptions, reach: Task, status: int):
    with serving(in_turn(completion())) as elsewhere:
        there = raw({}, status, location=f"{elsewhere.url}/chat/completions")
        with (
            serving(in_turn(there)) as server,
            pytest.raises(WriterError, match=r"give it with --llm\.base-url") as refused,
        ):
            write_all(writer(server, options), briefs(reach), Memory())
    assert elsewhere.url in str(refused.value)
    assert elsewhere.connections == 0


def test_ctrl_c_records_what_was_in_flight(options: LanguageModelOptions, reach: Task):
    memory = Memory()
    with serving(in_turn(replace(completion(), delay_s=2.0))) as server:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            write_all(writer(server, options), briefs(reach, 3), memory)
    assert [(call.answered, call.usage.unmetered) for call in memory.calls] == [(False, 1)] * 3
    assert all("interrupted" in call.error for call in memory.calls)


def _faulty(exchange: Exchange) -> Reaction:
    """Three faults in ten requests, of every kind that passes; the
    candidate's name comes back in its idea."""
    seed = exchange.body["seed"]
    good = completion(f"idea of seed {seed}\n" + GOOD)
    if exchange.number % 10 not in (2, 5, 8):
        return good
    faults = (
        refusal(429, f"slow down, {KEY}"), refusal(429, retry_after="0.01"),
        refusal(500, f"bad key {KEY}?"), refusal(503),
        Reaction(reset_after=0), replace(good, reset_after=60), Reaction(200, b'{"choices"'),
        completion(None), completion(GOOD, finish="length"), raw({"choices": []}),
    )  # fmt: skip
    return faults[exchange.number // 10 % len(faults)]


@pytest.mark.slow
def test_a_thousand_calls_with_thirty_percent_faults(
    options: LanguageModelOptions, reach: Task, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """Every candidate gets its own reply or a named reason; no reply is
    lost, none is paid twice, no key shows."""
    caplog.set_level(logging.DEBUG)
    store = Store(tmp_path / "study.db", create=True)
    ledger = StudyLedger(store, Budget(1000))
    final: dict[str, Draft] = {}
    with serving(_faulty) as server:
        scribe = writer(server, options, concurrency=16)
        due = briefs(reach, 750)
        for attempt in range(2, 6):  # as drafting does: what failed goes back
            drafts = write_all(scribe, due, ledger, close=attempt == 5)
            final |= {draft.candidate: draft for draft in drafts}
            due = [
                replace(b, attempt=attempt, repair=Repair(d.source, d.error, attempt - 1))
                for b, d in zip(due, drafts, strict=True)
                if d.error
            ]
    calls = store.calls()
    store.close()
    assert len(server.requests) >= 1000
    assert len(final) == 750
    for n in range(750):
        draft = final[f"c{n:03d}"]
        assert draft.error or draft.idea.startswith("idea of seed "), draft
        if not draft.error:
            attempt = max(call.attempt for call in calls if call.candidate == draft.candidate)
            assert draft.idea.startswith(f"idea of seed {n + attempt}\n")
    spoiled = ["not a chat completion" in call.error for call in calls]  # paid, and asked for again
    assert not any(call.answered and bad for call, bad in zip(calls, spoiled, strict=True))
    assert sum(call.answered for call in calls) + sum(spoiled) == len(server.charged)
    answered = [call.request for call in calls if call.answered]
    assert len(answered) == len(set(answered))
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KEY.encode() not in written
    assert KEY not in caplog.text + repr(final)
