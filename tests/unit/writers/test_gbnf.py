"""The local writer's grammars, by drawing sentences from them: what
a model may say under them always works."""

from __future__ import annotations

import random
import re

import pytest

from rewardsmith.contracts import Brief, Task, TaskSheet
from rewardsmith.errors import WriterError
from rewardsmith.records import Call
from rewardsmith.reward.guard import Guard
from rewardsmith.usage import Usage
from rewardsmith.writers.answers import read
from rewardsmith.writers.local.gbnf import grammar
from tests.toys import TOY

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{\d+,?\d*\}|[A-Za-z_]\w*|[()|?]')


class Sampler:
    """Draws random sentences from the part of GBNF that we use."""

    def __init__(self, text: str, seed: int) -> None:
        self.rng = random.Random(seed)
        self.rules: dict[str, list[str]] = {}
        for line in filter(None, text.split("\n")):
            name, body = line.split(" ::= ", 1)
            self.rules[name] = _TOKEN.findall(body)

    def draw(self, name: str = "root") -> str:
        tokens = list(self.rules[name])
        text = self._choice(tokens)
        assert not tokens, f"{name}: {tokens} left"
        return text

    def _choice(self, tokens: list[str]) -> str:
        options = [self._sequence(tokens)]
        while tokens and tokens[0] == "|":
            tokens.pop(0)
            options.append(self._sequence(tokens))
        return self.rng.choice(options)

    def _sequence(self, tokens: list[str]) -> str:
        text = ""
        while tokens and tokens[0] not in "|)":
            start = list(tokens)
            item = self._item(tokens)
            low, high = self._repetition(tokens)
            for n in range(self.rng.randint(low, high)):
                text += item if n == 0 else self._item(list(start))
        return text

    def _item(self, tokens: list[str]) -> str:
        token = tokens.pop(0)
        if token == "(":
            text = self._choice(tokens)
            assert tokens.pop(0) == ")"
            return text
        if token[0] == '"':
            return token[1:-1].replace("\\n", "\n").replace('\\"', '"')
        if token[0] == "[":
            members = re.sub(
                r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), token[1:-1]
            )
            return self.rng.choice(members)
        return self.draw(token)

    def _repetition(self, tokens: list[str]) -> tuple[int, int]:
        if tokens and tokens[0] == "?":
            tokens.pop(0)
            return 0, 1
        if tokens and tokens[0][0] == "{":
            low, high = tokens.pop(0)[1:-1].split(",")
            return int(low), int(high)
        return 1, 1


def draft(operator: str, task: Task, seed: int):
    reply = Sampler(grammar(operator, task.signals), seed).draw()
    return reply, read(
        Brief("c0", TaskSheet.of(task), operator, (), 0),
        Call("c0", 1, "m", "[]", "{}", "t", reply, "stop", "", 0.0, Usage()),
    )


@pytest.mark.parametrize("seed", range(25))
def test_every_program_passes_the_guard(guard: Guard, push: Task, seed: int):
    reply, answer = draft("initial", push, seed)
    verdict = guard.check(answer.source, push)
    assert verdict.accepted, f"{verdict.text}\n{answer.source}"
    assert answer.idea
    assert len(reply) < 2_500  # some 900 tokens: never cut off


@pytest.mark.parametrize("seed", range(10))
def test_ratings_and_descriptions_can_be_read(seed: int):
    _, answer = draft("verify", TOY, seed)
    assert answer.judgement is not None
    assert -1.0 <= answer.judgement <= 1.0
    assert f"{answer.judgement:g}".removesuffix(".0") in answer.idea.replace("-0.0", "0")
    _, answer = draft("align", TOY, seed)
    assert 30 < len(answer.idea) < 600
    assert answer.source == ""


def test_terms_follow_roles_and_units():
    text = grammar("initial", TOY.signals)
    assert "torch.norm(hand_pos - ball_pos, dim=-1)" in text
    assert "torch.norm(actions - previous_actions, dim=-1)" in text
    assert "torch.abs(finger_opening)" in text
    assert "hand_quat" not in text.split("amount")[-1]
    assert "joint_vel - " not in text


def test_signals_without_a_term_are_refused():
    quaternion = next(s for s in TOY.signals if s.unit == "quat")
    with pytest.raises(WriterError, match="Use --writer openai"):
        grammar("initial", [quaternion])
