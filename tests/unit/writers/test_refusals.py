"""What a refusal means, by its status and its words."""

from __future__ import annotations

import pytest

from rewardsmith.writers.openai.habits import Habits
from rewardsmith.writers.openai.refusals import Refusal
from rewardsmith.writers.prompts import Message, Prompt

SENT = {"temperature": 1.0, "max_completion_tokens": 9, "seed": 1, "logprobs": True}


@pytest.mark.parametrize(
    ("status", "text", "too_long"),
    [
        (429, "Limit 30000, Used 29000, Requested 2000.", False),
        (429, "Limit 30000, Used 0, Requested 30000.", False),
        (429, "Limit 30000, Requested 30001.", True),
        (429, "limit: 6000, requested: 8000", True),
        (429, "Request too large for m on tokens per min (TPM)", True),
        (429, "Too many requests, reduce your request rate", False),
        (429, "Limit " + "9" * 5_000 + ", Requested 1", False),
        (413, "nginx", True),
        (400, "maximum context length is 4096 tokens", True),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", True),
        (400, "temperature is too large", False),
        (503, "maximum context length", False),
        (401, "maximum context length", False),
    ],
)
def test_too_long(status: int, text: str, too_long: bool):
    assert Refusal(status, text).too_long == too_long


@pytest.mark.parametrize(
    ("status", "text", "named", "name"),
    [
        (400, "no", "temperature", "temperature"),
        (422, "extra field: seed", "", "seed"),
        (400, "no", "messages", ""),
        (400, "the seeds are wrong", "", ""),
        (403, "not allowed to request logprobs", "", "logprobs"),
        (403, "your temperature is too high", "temperature", ""),
        (500, "seed", "seed", ""),
    ],
)
def test_the_parameter_that_is_refused(status: int, text: str, named: str, name: str):
    assert Refusal(status, text, named).parameter(SENT) == name


@pytest.mark.parametrize("status", [0, 408, 500, 503, 529])
def test_what_passes(status: int):
    assert Refusal(status, "later").passing
    assert not Refusal(status, "later").hopeless


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405])
def test_what_does_not(status: int):
    assert Refusal(status, "no").hopeless
    assert not Refusal(status, "no").passing


class TestHabits:
    prompt = Prompt((Message("system", "be good"), Message("user", "write"), Message("assistant", "x")), "t")

    def test_the_role_of_the_system_is_refused_once(self):
        habits, no = Habits(), Refusal(400, "System role not supported")
        assert habits.messages(self.prompt) == self.prompt.messages
        assert habits.learn(no, self.prompt.messages, SENT)
        merged = habits.messages(self.prompt)
        assert merged == (Message("user", "be good\n\nwrite"), Message("assistant", "x"))
        assert not habits.learn(no, merged, SENT)

    def test_the_limit_of_a_reply_has_two_names_and_never_none(self):
        habits = Habits()
        assert habits.learn(Refusal(400, "", "max_completion_tokens"), self.prompt.messages, SENT)
        sent = habits.parameters(SENT)
        assert (sent["max_tokens"], "max_completion_tokens" in sent) == (9, False)
        assert not habits.learn(Refusal(400, "", "max_tokens"), self.prompt.messages, sent)
        assert habits.parameters(SENT) == sent
