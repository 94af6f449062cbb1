from __future__ import annotations

import json

import pytest

from rewardsmith.usage import MAX_COUNT, Usage
from rewardsmith.writers.openai.replies import read_reply, read_usage

UNMETERED = Usage(calls=1, unmetered=1)


@pytest.mark.parametrize(
    "count",
    [-1, -(10**9), MAX_COUNT + 1, 10**400, 1.0, "5", True, None, [], {}, float("nan"), float("inf")],
    ids=lambda c: str(c)[:9],
)
def test_counts_that_cannot_be_leave_a_call_unmetered(count: object):
    assert read_usage({"prompt_tokens": count, "completion_tokens": 5}) == UNMETERED  # pyright: ignore[reportArgumentType]
    assert read_usage({"prompt_tokens": 5, "completion_tokens": count}) == UNMETERED  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("usage", [None, [1], "many", {}, 3])
def test_no_counts_at_all(usage: object):
    assert read_usage(usage) == UNMETERED  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("part", [-1, 11, 10**400, True, "5"], ids=lambda c: str(c)[:9])
def test_a_part_that_is_more_than_the_whole_is_none(part: object):
    data = {"prompt_tokens": 10, "completion_tokens": 10}
    details = {
        "prompt_tokens_details": {"cached_tokens": part},
        "completion_tokens_details": {"reasoning_tokens": part},
    }
    assert read_usage({**data, **details}) == Usage(1, 10, 10)  # pyright: ignore[reportArgumentType]


def test_the_largest_counts():
    assert read_usage({"prompt_tokens": MAX_COUNT, "completion_tokens": 0}) == Usage(1, MAX_COUNT, 0)


def test_every_text_of_a_reply_can_be_stored():
    choice = {
        "finish_reason": "\ud800",
        "message": {"content": ["\udfff", {"text": "a\ud800"}], "refusal": "\udc00"},
    }
    reply = read_reply(json.dumps({"choices": [choice]}).encode())
    assert (reply.text, reply.finish_reason) == ("a\ufffd", "\ufffd")
    (reply.text + reply.finish_reason + reply.error).encode()


@pytest.mark.parametrize("depth", [10, 900, 5_000, 1_000_000])
def test_depth_is_no_crash(depth: int):
    for opening, closing in ((b"[", b"]"), (b'{"choices":', b"}"), (b'{"choices":[', b"]}")):
        assert read_reply(opening * depth + closing * depth).error


def test_a_body_that_was_cut_is_of_no_use_even_where_it_parses():
    body = json.dumps(
        {
            "choices": [{"message": {"content": "def f(): ..."}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        }
    ).encode()
    reply = read_reply(body, "it has more than 4 bytes.")
    assert reply.error == "the reply cannot be read: it has more than 4 bytes."
    assert reply.usage == UNMETERED


def test_of_what_is_no_completion_the_beginning_is_kept():
    reply = read_reply(b"x" * 1_000_000)
    assert len(reply.text) == 100_000
    assert len(reply.error) < 300
