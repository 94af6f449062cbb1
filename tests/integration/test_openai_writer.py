"""The openai writer against a real server that refuses, hangs or breaks off."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Task
from rewardsmith.errors import WriterError
from tests.asking import KEY, Memory, ask, briefs, write_all, writer
from tests.servers import GOOD, Exchange, Reaction, completion, in_turn, raw, refusal, serving


def test_a_good_answer(options: LanguageModelOptions, reach: Task):
    usage: dict[str, object] = {
        "prompt_tokens": 900,
        "completion_tokens": 300,
        "prompt_tokens_details": {"cached_tokens": 600},
        "completion_tokens_details": {"reasoning_tokens": 200},
    }
    (draft,), (call,), server = ask(
        in_turn(completion(usage=usage)),
        options,
        reach,
        price_prompt=1.0,
        price_completion=10.0,
        price_cached=0.5,
    )
    assert draft.idea == "Move the tool to the goal, closer is better."
    assert draft.source.startswith("def compute_reward(tcp_pos, goal_pos):")
    assert (call.reply, call.finish_reason, call.error, call.answered, call.attempt) == (
        GOOD,
        "stop",
        "",
        True,
        1,
    )
    assert (call.usage.cached_tokens, call.usage.reasoning_tokens) == (600, 200)
    assert call.usage.usd == pytest.approx((300 * 1.0 + 600 * 0.5 + 300 * 10.0) / 1e6)
    (request,) = server.requests
    assert (request.path, request.key) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert "n" not in request.body
    assert json.loads(call.messages) == request.body["messages"]
    assert json.loads(call.parameters) == {
        k: v for k, v in request.body.items() if k not in ("model", "messages")
    }


def test_a_price_that_is_not_known_is_unknown(options: LanguageModelOptions, reach: Task):
    (draft,), _, _ = ask(in_turn(completion()), options, reach)
    assert draft.usage.usd is None
    assert draft.usage.prompt_tokens == 100


@pytest.mark.parametrize(
    ("reaction", "status"),
    [
        (refusal(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key"), "401"),
        (refusal(402, "no money"), "402"),
        (refusal(403, "not you"), "403"),
        (refusal(404, "The model `m` does not exist", code="model_not_found"), "404"),
        (refusal(429, "You exceeded your current quota", code="insufficient_quota"), "429"),
    ],
)
def test_a_refusal_that_nothing_would_change_ends_the_search(
    options: LanguageModelOptions, reach: Task, reaction: Reaction, status: str
):
    with serving(in_turn(reaction)) as server:
        memory = Memory()
        with pytest.raises(WriterError, match="Check the key, the account") as refused:
            write_all(writer(server, options, concurrency=1), briefs(reach, 5), memory)
    assert status in str(refused.value)
    assert server.url in str(refused.value)
    assert KEY not in str(refused.value) + repr(memory)
    assert len(server.requests) == 1
    assert [call.answered for call in memory.calls] == [False]


def test_no_server(options: LanguageModelOptions, reach: Task):
    with serving(in_turn(completion())) as server:
        pass
    with pytest.raises(WriterError, match="cannot reach") as refused:
        write_all(writer(server, options, retries=1), briefs(reach, 3), Memory())
    assert server.url in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        refusal(500, "oops"),
        refusal(502),
        refusal(503, retry_after="0.05"),
        refusal(529),
        Reaction(500, b"<html>nginx</html>", {"Content-Type": "text/html"}),
        refusal(429, "slow down"),
        refusal(429, "slow down", retry_after="0.05"),
        refusal(429, "slow down", retry_after_ms="50"),
        refusal(429, "slow down", retry_after=formatdate(time.time() - 5, usegmt=True)),
        Reaction(reset_after=0),
        replace(completion(), reset_after=40),
    ],
    ids=lambda reaction: f"{reaction.status}{'-reset' if reaction.reset_after is not None else ''}",
)
def test_what_passes_is_tried_again(options: LanguageModelOptions, reach: Task, answer: Reaction):
    (draft,), calls, server = ask(in_turn(answer, answer, completion()), options, reach)
    assert draft.source
    assert len(server.requests) == 3
    assert sum(call.answered for call in calls) == 1
    lost = answer.reset_after is not None
    assert len(calls) == (3 if lost else 1)  # a lost reply may have been charged, so it is a call of its own
    assert sum(call.usage.unmetered for call in calls) == (2 if lost else 0)


def test_retry_after_is_kept_and_shared(options: LanguageModelOptions, reach: Task):
    """One refusal keeps everybody waiting; nobody else runs into the wall meanwhile."""
    arrivals: list[float] = []

    def react(exchange: Exchange) -> Reaction:
        arrivals.append(time.monotonic())
        return (
            refusal(429, retry_after="0.4") if exchange.number == 0 else replace(completion(), delay_s=0.02)
        )

    drafts, _, server = ask(react, options, reach, count=12, concurrency=2)
    assert all(draft.source for draft in drafts)
    assert len(server.requests) == 13
    assert sum(time_ - arrivals[0] < 0.35 for time_ in arrivals) <= 2
    assert arrivals[-1] - arrivals[0] > 0.4


def test_a_rate_limit_that_lasts_too_long_ends_the_search(options: LanguageModelOptions, reach: Task):
    with (
        serving(in_turn(refusal(429, "daily limit", retry_after="7200"))) as server,
        pytest.raises(WriterError, match="7200 s more"),
    ):
        write_all(writer(server, options), briefs(reach), Memory())


@pytest.mark.parametrize(
    ("reaction", "name"),
    [
        (
            refusal(
                400,
                "Unsupported value: 'temperature' does not support 0.7 with this model.",
                param="temperature",
            ),
            "temperature",
        ),
        (
            refusal(400, "Unrecognized request argument supplied: max_completion_tokens"),
            "max_completion_tokens",
        ),
        (refusal(400, "Unknown parameter", param="reasoning_effort"), "reasoning_effort"),
        (raw({"detail": [{"loc": ["body", "seed"], "type": "extra_forbidden"}]}, 422), "seed"),
    ],
)
def test_a_refused_parameter_is_dropped_and_remembered(
    options: LanguageModelOptions, reach: Task, reaction: Reaction, name: str
):
    drafts, calls, server = ask(
        lambda exchange: reaction if name in exchange.body else completion(),
        options, reach, count=6, concurrency=1, reasoning_effort="low",
    )  # fmt: skip
    assert all(draft.source for draft in drafts)
    assert len(server.requests) == 7
    assert all(name not in json.loads(call.parameters) for call in calls)
    assert len({call.request for call in calls}) == 6
    assert ("max_tokens" in server.requests[-1].body) == (name == "max_completion_tokens")


def test_a_400_that_names_nothing_is_no_draft(options: LanguageModelOptions, reach: Task):
    memory = Memory()
    with (
        serving(in_turn(refusal(400, "no such thing"))) as server,
        pytest.raises(
            WriterError,
            match=r"none of the last 3 requests, the last one for c000: the request failed: .*no such thing",
        ),
    ):
        write_all(writer(server, options), briefs(reach), memory)
    assert len(server.requests) == 3
    assert [(call.answered, call.usage.unmetered) for call in memory.calls] == [(False, 0)] * 3


@pytest.mark.parametrize(
    "slow", [replace(completion(), delay_s=3.0), replace(completion(), drip_s=0.05)], ids=["silent", "drip"]
)
def test_a_reply_that_takes_too_long_is_given_up_and_no_draft(
    options: LanguageModelOptions, reach: Task, slow: Reaction
):
    begun, memory = time.monotonic(), Memory()
    with serving(in_turn(slow, completion())) as server:
        (draft,) = write_all(writer(server, options, timeout_s=0.4), briefs(reach), memory)
    assert time.monotonic() - begun < 2.5
    assert draft.source
    lost, good = memory.calls
    assert "no reply within 0.4 s" in lost.error
    assert (lost.answered, lost.usage.unmetered, good.usage.unmetered) == (False, 1, 0)
    assert len(server.requests) == 2


def test_a_dead_server_ends_the_search_before_all_candidates_are_burnt(
    options: LanguageModelOptions, reach: Task
):
    with (
        serving(in_turn(refusal(500, "dead"))) as server,
        pytest.raises(WriterError, match=r"none of the last \d+ requests"),
    ):
        write_all(writer(server, options, retries=1, concurrency=4), briefs(reach, 40), Memory())
    assert len(server.requests) < 40


def test_a_limit_that_the_server_refuses_is_never_left_out(options: LanguageModelOptions, reach: Task):
    """Without one a reply may cost more than was set aside for it."""
    too_long = refusal(400, "'max_tokens' or 'max_completion_tokens' is too large: 8192.")
    with serving(in_turn(too_long)) as server, pytest.raises(WriterError, match="is too large: 8192"):
        write_all(writer(server, options), briefs(reach), Memory())
    assert all({"max_tokens", "max_completion_tokens"} & request.body.keys() for request in server.requests)


def test_the_last_lost_call_of_a_dead_server_may_have_been_charged(
    options: LanguageModelOptions, reach: Task
):
    memory = Memory()
    with (
        serving(in_turn(replace(completion(), delay_s=1.0))) as server,
        pytest.raises(WriterError, match="none of the last 3 requests"),
    ):
        write_all(writer(server, options, timeout_s=0.1, concurrency=1), briefs(reach, 5), memory)
    assert [call.usage.unmetered for call in memory.calls] == [1, 1, 1]
