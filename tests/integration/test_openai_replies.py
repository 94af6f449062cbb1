"""What a server may reply: the openai writer reads it, or says why it cannot."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Repair, Task
from tests.asking import KEY, Memory, ask, briefs, write_all, writer
from tests.servers import GOOD, Reaction, completion, in_turn, raw, serving

BIG = "```python\n" + "# padding\n" * 200_000 + "```"


@pytest.mark.parametrize(
    ("reaction", "reason"),
    [
        (Reaction(200, b'{"choices": [{"mess'), "not a chat completion"),
        (Reaction(200, b"[" * 100_000), "not a chat completion"),
        (Reaction(200, b""), "not a chat completion: nothing"),
        (Reaction(200, b"<html>hello</html>", {"Content-Type": "text/html"}), "not a chat completion"),
        (raw({"error": {"message": "upstream died"}}), "upstream died"),
        (raw([1, 2]), "not a chat completion"),
        (raw({"choices": None}), "not a chat completion"),
        (raw({"choices": []}), "no choices"),
        (raw({"choices": [None]}), "empty"),
        (raw({"choices": [{"message": None, "finish_reason": 3}]}), "empty"),
        (completion(None), "empty"),
        (completion(""), "empty"),
        (completion(" \n "), "empty"),
        (completion(None, message={"refusal": "I cannot"}), "refused: I cannot"),
        (completion(None, finish="content_filter"), "content_filter"),
        (completion(GOOD, finish="length"), "cut off at the token limit"),
        (completion("I would rather talk about the weather."), "no code"),
        (completion("<think>def compute_reward(): maybe"), "no code"),
        (replace(completion(), body=b"\xff\xfe\x00garbage"), "not a chat completion"),
    ],
)
def test_answers_that_are_none_are_reasons(
    options: LanguageModelOptions, reach: Task, reaction: Reaction, reason: str
):
    (draft,), (call,), server = ask(in_turn(reaction), options, reach)
    assert reason in draft.error
    assert draft.source == ""
    assert call.answered
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace("\n", "\r\n"),
        "<think>\ndef compute_reward(x): pass\n</think>\n" + GOOD,
        "so I think\n```python\nx\n```\n</think>\n" + GOOD,
        [{"type": "text", "text": GOOD}],
        GOOD + "\nHope this h\u00e9lps \U0001f916",
    ],
)
def test_answers_in_odd_clothes(options: LanguageModelOptions, reach: Task, content: object):
    (draft,), _, _ = ask(in_turn(completion(content)), options, reach)
    assert draft.error == ""
    assert draft.source.count("def ") == 1
    assert "tcp_pos, goal_pos" in draft.source


def test_bytes_that_are_no_utf8_are_replaced(options: LanguageModelOptions, reach: Task):
    body = json.dumps(json.loads(completion("MARK" + GOOD).body)).encode().replace(b"MARK", b"Gr\xf6\xdfer. ")
    (draft,), _, _ = ask(in_turn(Reaction(200, body)), options, reach)
    assert "Gr\ufffd\ufffder." in draft.idea
    assert draft.source


def test_two_megabytes_are_taken_recorded_and_shown_to_nobody_again(
    options: LanguageModelOptions, reach: Task
):
    (draft,), (call,), _ = ask(in_turn(completion(BIG)), options, reach)
    assert len(call.reply) == len(BIG)
    again = replace(briefs(reach)[0], repair=Repair(draft.source, "too long", 1), attempt=2)
    with serving(in_turn(completion())) as server:
        write_all(writer(server, options), [again], Memory())
    assert len(server.requests[0].text) < 20_000
    assert "too long" in server.requests[0].text


def test_a_key_in_a_reply_is_blotted_out(options: LanguageModelOptions, reach: Task):
    (draft,), (call,), _ = ask(in_turn(completion(f"your key is {KEY}\n{GOOD}", finish=KEY)), options, reach)
    assert KEY not in repr(draft) + repr(call)
    assert "your key is [key]" in draft.idea
