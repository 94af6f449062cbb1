"""A server that is down, busy, or asked for too much: what is said meanwhile, and what ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief, Task
from rewardsmith.errors import WriterError
from rewardsmith.testing.briefs import brief
from rewardsmith.usage import Usage
from tests.asking import Memory, ask, briefs, write_all, writer
from tests.servers import Exchange, Reaction, completion, in_turn, raw, refusal, serving

TOO_LONG = refusal(
    400,
    "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
    param="messages",
    code="context_length_exceeded",
)
PER_MINUTE = "Limit 30000, Used 29000, Requested 2000. Please try again in 10ms."
TOO_LARGE = (
    "Request too large for m in organization org-x on tokens per min (TPM): Limit 30000, Requested 31001. "
    "The input or output tokens must be reduced in order to run successfully."
)


class TestTooLarge:
    @pytest.mark.parametrize(
        "reaction",
        [
            refusal(429, TOO_LARGE, code="rate_limit_exceeded"),
            refusal(413, TOO_LARGE, code="rate_limit_exceeded"),
            refusal(429, "on tokens per minute (TPM): Limit 6000, Requested 8000, please try again"),
            raw({"error": {"message": TOO_LARGE, "code": 429}}),
            refusal(413, "Payload too large"),
            TOO_LONG,
            refusal(400, "the request exceeds the available context size. try increasing it"),
            refusal(400, "The input token count (50000) exceeds the maximum number of tokens allowed"),
            refusal(422, "`inputs` tokens + `max_new_tokens` must be <= 4097"),
        ],
    )
    def test_it_is_no_rate_limit_and_not_retried(
        self, options: LanguageModelOptions, reach: Task, reaction: Reaction
    ):
        memory = Memory()
        with (
            serving(in_turn(reaction)) as server,
            pytest.raises(WriterError, match=r"too long, and there is no history.*--llm\.max-tokens"),
        ):
            write_all(writer(server, options), briefs(reach), memory)
        assert len(server.requests) == 1
        assert memory.calls[0].usage == Usage(calls=1)

    def test_a_rate_limit_with_numbers_is_waited_out(self, options: LanguageModelOptions, reach: Task):
        (draft,), _, server = ask(in_turn(refusal(429, PER_MINUTE), completion()), options, reach)
        assert draft.source
        assert len(server.requests) == 2

    def test_the_oldest_history_is_left_out_and_the_call_made_again(self, options: LanguageModelOptions):
        order = brief("tree_path")
        ideas = [f"idea number {number}." for number in range(3)]
        parents = [
            replace(one, trial=replace(one.trial, candidate=replace(one.candidate, idea=idea)))
            for one, idea in zip(order.parents, ideas, strict=True)
        ]
        order = replace(order, parents=tuple(parents))

        def react(exchange: Exchange) -> Reaction:
            return TOO_LONG if ideas[1] in exchange.text else completion()

        memory = Memory()
        with serving(react) as server:
            (draft,) = write_all(writer(server, options), [order], memory)
            shown = [[idea in request.text for idea in ideas] for request in server.requests]
            assert shown == [[True, True, True], [False, True, True], [False, False, True]]
            assert draft.source
            (again,) = write_all(writer(server, options), [order], memory)
        assert again == draft
        assert len(server.charged) == 1
        notes = [text for text in memory.told if "without the oldest part of its history" in text]
        assert len(notes) == 4  # two for each time that it was asked
        assert "maximum context length is 4096" in notes[0]

    def test_what_shows_no_history_has_none_to_leave_out(self, options: LanguageModelOptions):
        orders: list[Brief] = [brief("mutate"), replace(brief("reflect"), candidate="c001")]
        for order in orders:
            with serving(in_turn(TOO_LONG)) as server, pytest.raises(WriterError, match="no history"):
                write_all(writer(server, options), [order], Memory())
            assert len(server.requests) == 1


class TestErrorsInsideOfGoodResponses:
    @pytest.mark.parametrize(("code", "requests"), [(429, 2), (503, 2), ("502", 2), (None, 2)])
    def test_one_that_passes_is_tried_again_in_the_same_call(
        self, options: LanguageModelOptions, reach: Task, code: object, requests: int
    ):
        fault = raw({"error": {"message": "Provider returned error", "code": code}})
        (draft,), (call,), server = ask(in_turn(fault, completion()), options, reach)
        assert draft.source
        assert (len(server.requests), call.tries, call.usage.unmetered) == (requests, 2, 0)

    @pytest.mark.parametrize("code", [401, 402, 403])
    def test_one_that_does_not_pass_ends_the_search(
        self, options: LanguageModelOptions, reach: Task, code: int
    ):
        fault = raw({"error": {"message": "no credits", "code": code}})
        with serving(in_turn(fault)) as server, pytest.raises(WriterError, match="no credits"):
            write_all(writer(server, options), briefs(reach), Memory())
        assert len(server.requests) == 1


class TestRefusedConnections:
    def test_they_are_no_calls_and_cost_nothing(self, options: LanguageModelOptions, reach: Task):
        memory = Memory()
        with serving(in_turn(completion())) as server:
            pass
        with pytest.raises(WriterError, match="cannot reach"):
            write_all(writer(server, options, retries=2, price_prompt=1.0, price_completion=1.0),
                      briefs(reach), memory)  # fmt: skip
        assert [(call.usage.calls, call.usage.usd, call.answered) for call in memory.calls] == [(0, 0, False)]


class TestWaiting:
    @pytest.fixture
    def told(self, options: LanguageModelOptions, reach: Task) -> Callable[..., list[str]]:
        def lines(react: Callable[[Exchange], Reaction], **changes: object) -> list[str]:
            memory = Memory()
            with serving(react) as server:
                write_all(writer(server, options, pause_s=0.3, **changes), briefs(reach, 4), memory)
            return [text.replace(server.url, "URL") for text in memory.told]

        return lines

    def test_one_line_for_a_rate_limit_that_holds_all_back(self, told: Callable[..., list[str]]):
        begun = time.monotonic()

        def react(exchange: Exchange) -> Reaction:
            late = time.monotonic() - begun > 0.1
            return completion() if late and exchange.number > 3 else refusal(429, "slow down")

        (line,) = told(react)
        assert line.startswith("waiting 0.")
        assert " s for URL: Error code: 429" in line
        assert "slow down" in line

    def test_one_line_for_requests_that_failed_together(self, told: Callable[..., list[str]]):
        def react(exchange: Exchange) -> Reaction:
            bad = replace(refusal(503, "overloaded"), delay_s=0.1)
            return bad if exchange.number < 4 else completion()

        (line,) = told(react)
        assert "overloaded" in line

    def test_a_dead_endpoint_is_no_silence(self, options: LanguageModelOptions, reach: Task):
        memory = Memory()
        with serving(in_turn(completion())) as server:
            pass
        with pytest.raises(WriterError, match="cannot reach"):
            write_all(writer(server, options, retries=2, pause_s=0.1), briefs(reach), memory)
        first, second = memory.told
        assert first.startswith(f"waiting 0.1 s for {server.url}: it cannot be reached: ")
        assert second.startswith("waiting 0.2 s")
