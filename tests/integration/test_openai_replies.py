"""What a server may reply: the openai writer reads it, or says why it cannot."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Repair, Task
from rewardsmith.errors import WriterError
from tests.asking import KEY, Memory, ask, briefs, write_all, writer
from tests.servers import GOOD, Reaction, completion, in_turn, raw, serving

BIG = "```python\n" + "# padding\n" * 200_000 + "```"


@pytest.mark.parametrize(
    ("reaction", "reason"),
    [
        (completion(None), "empty"),
        (completion(""), "empty"),
        (completion(" \n "), "empty"),
        (completion(None, message={"refusal": "I cannot"}), "refused: I cannot"),
        (completion(None, finish="content_filter"), "content_filter"),
        (completion(GOOD, finish="length"), "cut off at the token limit"),
        (completion("I would rather talk about the weather."), "no code"),
        (completion("<think>def compute_reward(): maybe"), "no code"),
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


BROKEN: dict[str, object] = {"message": "upstream died", "code": 502}
HALF = {"finish_reason": "error", "message": {"role": "assistant", "content": "half"}}


@pytest.mark.parametrize(
    ("reaction", "reason", "unmetered"),
    [
        (Reaction(200, b'{"choices": [{"mess'), "not a chat completion", 1),
        (Reaction(200, b"[" * 100_000), "not a chat completion", 1),
        (Reaction(200, b""), "not a chat completion: nothing", 1),
        (Reaction(200, b"<html>hello</html>", {"Content-Type": "text/html"}), "not a chat completion", 1),
        (raw([1, 2]), "not a chat completion", 1),
        (raw({"choices": None}), "not a chat completion", 1),
        (raw({"choices": []}), "not a chat completion", 1),
        (raw({"choices": [None]}), "not a chat completion", 1),
        (raw({"choices": [{"message": None, "finish_reason": 3}]}), "not a chat completion", 1),
        (replace(completion(), body=b"\xff\xfe\x00garbage"), "not a chat completion", 1),
        (raw({"error": {"message": "upstream died"}}), "upstream died", 0),
        (raw({"error": "upstream died"}), "upstream died", 0),
        (raw({"error": BROKEN, "choices": []}), "upstream died", 0),
        (raw({"choices": [{"error": BROKEN, "finish_reason": "error"}]}), "upstream died", 0),
        (raw({"choices": [{"error": BROKEN, **HALF}]}), "broke off the reply: upstream died", 1),
        (raw({"choices": [HALF]}), "broke off the reply: finish reason error", 1),
    ],
)
def test_answers_that_no_model_gave_are_asked_for_again(
    options: LanguageModelOptions, reach: Task, reaction: Reaction, reason: str, unmetered: int
):
    """They are no draft: the model hears nothing of them, and the next answer is taken."""
    (draft,), calls, server = ask(in_turn(reaction, completion()), options, reach, retries=1)
    assert draft.source
    assert [request.body for request in server.requests] == [server.requests[0].body] * 2
    assert sum(call.usage.unmetered for call in calls) == unmetered
    memory = Memory()
    with serving(in_turn(reaction)) as server, pytest.raises(WriterError, match=reason):
        write_all(writer(server, options, retries=1), briefs(reach), memory)
    assert not any(call.answered for call in memory.calls)
    assert all(call.error for call in memory.calls)


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
