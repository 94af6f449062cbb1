"""Replies in all the shapes that models give them."""

from __future__ import annotations

import json
import random

import pytest

from rewardsmith.reward.extract import extract

CODE = """\
def compute_reward(tcp_pos, goal_pos):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    return -d, {"d": -d}
"""
HELPER = "def f(x):\n    return x * 2.0\n\n"
INDENTED = "".join(f"    {line}\n" for line in CODE.splitlines())

WHOLE = {
    "fence": f"An idea.\n\n```python\n{CODE}```\nMore.",
    "fence_without_language": f"```\n{CODE}```",
    "tilde_fence": f"~~~python\n{CODE}~~~",
    "long_fence": f"````python\n{CODE}````",
    "fence_with_attributes": f'```python title="reward.py"\n{CODE}```',
    "fence_in_a_list": f"1. Here:\n    ```python\n{INDENTED}    ```\n",
    "no_fence": CODE,
    "prose_then_code": f"Here is the reward.\n\n{CODE}",
    "prose_with_from_and_import": f"from the start the arm moves.\nimportant: it stops.\n{CODE}",
    "code_then_prose": f"{CODE}\nThis reward leads the tool to the goal.",
    "crlf": f"Idea\r\n```python\r\n{CODE}```\r\n".replace("\n", "\r\n").replace("\r\r", "\r"),
    "code_before_a_use_of_it": (
        f"```python\n{CODE}```\nUse it:\n```python\nr, c = compute_reward(tcp, goal)\n```"
    ),
    "no_fence_before_another_fence": f"{CODE}\nThen:\n```bash\nrewardsmith train\n```",
    "no_fence_twice": f"{CODE.replace('-d', 'd')}\nBetter:\n{CODE}",
    "unclosed_fence": f"Idea\n```python\n{CODE}",
    "last_of_two": f"```python\n{CODE.replace('-d', 'd')}```\nBetter:\n```python\n{CODE}```",
    "code_before_another_fence": f"```python\n{CODE}```\nUse it so:\n```bash\nrewardsmith train\n```",
    "thought_first": (
        f"<think>\n```python\ndef compute_reward(x):\n    return x\n```\n</think>\n```python\n{CODE}```"
    ),
    "thinking_first": f"<thinking>def compute_reward(x): no</thinking>{CODE}",
    "thought_never_opened": f"Perhaps def compute_reward(x)?\n</think>\n{CODE}",
    "thought_never_closed": f"```python\n{CODE}```\n<think> or rather",
    "only_an_open_thought": f"<think>\n```python\n{CODE}```",
    "json": json.dumps({"thought": "near", "code": CODE}),
    "json_in_a_fence": "```json\n" + json.dumps({"code": CODE}) + "\n```",
    "json_with_a_fence_inside": json.dumps({"idea": "x", "answer": f"```python\n{CODE}```"}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_program_is_found(name: str) -> None:
    assert extract(WHOLE[name]).source == CODE


def test_the_prose_is_the_idea() -> None:
    found = extract(f"First reach.\n```python\n{CODE}```\nThen hold.")
    assert found.idea.split() == ["First", "reach.", "Then", "hold."]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   ",
        "I cannot do that.",
        "def of the task is unclear",
        "```python\n```",
        '{"code": 3}',
        "{",
        "```",
    ],
)
def test_no_program(reply: str) -> None:
    assert not extract(reply).source.strip()


def test_helpers_in_the_same_block_are_kept() -> None:
    assert extract(f"```python\n{HELPER}{CODE}```").source == HELPER + CODE
    assert extract(f"Text.\n{HELPER}{CODE}").source == HELPER + CODE


@pytest.mark.parametrize(
    "line",
    [
        "import torch",
        "import math",
        "import torch.nn.functional as F",
        "from torch import Tensor",
        "from torch.nn import functional as F",
        "from typing import Dict, Tuple",
        "from typing import (\n    Dict,\n    Tuple,\n)",
        "from __future__ import annotations",
        "@torch.jit.script",
        "@jit.script",
        "@torch.jit.script()  # compiled",
    ],
)
def test_ceremony_is_blanked_and_lines_keep_their_numbers(line: str) -> None:
    source = extract(f"```python\n{line}\n{CODE}```").source
    assert source == "\n" * (line.count("\n") + 1) + CODE


@pytest.mark.parametrize(
    "line",
    [
        "from torch import max",
        "from torch import neg as abs",
        "from torch import *",
        "import os",
        "import numpy as np",
        "from os import system",
        "import torch, os",
        "import torch as t",
        "@torch.jit.ignore",
    ],
)
def test_other_imports_and_decorators_stay_for_the_guard_to_refuse(line: str) -> None:
    assert extract(f"```python\n{line}\n{CODE}```").source == f"{line}\n{CODE}"


def test_an_import_inside_the_function() -> None:
    assert extract(CODE.replace("    d =", "    import torch\n    d =", 1)).source == CODE.replace(
        "    d =", "\n    d =", 1
    )


def test_a_reply_that_was_cut_keeps_what_there_is() -> None:
    assert extract(f"```python\n{CODE[:70]}").source == CODE[:70].rstrip() + "\n"


@pytest.mark.parametrize(
    "reply",
    [
        "```" * 50_000,
        "<think>" * 20_000,
        "{" * 100_000,
        "from a import (" * 10_000,
        "@" * 100_000,
        "\n" * 200_000,
    ],
)
def test_odd_replies_take_no_time(reply: str) -> None:
    assert not extract(reply).source.strip()


@pytest.mark.parametrize("name", ["json", "json_with_a_fence_inside"])
def test_the_other_texts_of_a_json_object_are_the_idea(name: str) -> None:
    assert extract(WHOLE[name]).idea in ("near", "x")


def test_a_helper_in_a_block_of_its_own_is_kept() -> None:
    reply = (
        "First a helper:\n```python\ndef near(x: Tensor) -> Tensor:\n    return torch.exp(-x)\n"
        "```\nnot used:\n```python\ndef far(x):\n    return x\n```\nthen\n```python\n"
        "def compute_reward(tcp_pos):\n    a = near(tcp_pos[:, 0])\n    return a, {'a': a}\n```"
    )
    source = extract(reply).source
    assert source.index("def near") < source.index("def compute_reward")
    assert "def far" not in source


@pytest.mark.parametrize(
    "line", ["SCALE = 3.0", "scale = -3", "_S: float = .5  # wide", "WEIGHTS = [1.0, 2.0]"]
)
def test_constants_outside_of_a_fence_are_kept(line: str) -> None:
    assert extract(f"Here it is.\n\n{line}\n{CODE}").source == f"{line}\n{CODE}"
    assert extract(f"{HELPER}{line}\n\n{CODE}\nThat is all.").source == f"{HELPER}{line}\n\n{CODE}"


def test_comments_before_the_code_keep_the_numbers_of_the_lines() -> None:
    assert extract(f"# A reward.\n\n{CODE}").source == f"# A reward.\n\n{CODE}"


def test_an_import_before_the_prose_does_not_hide_the_program() -> None:
    assert extract(f"import torch\nNow the reward:\n{CODE}").source == CODE


PIECES = (
    "\ud800", "\udfff", "\x00", "```", "~~~\n", "```python\n", "{", '{"code": "', "\\ud800",
    "<think>", "</think>", "def compute_reward", "def f(", "import torch", "from x import (",
    "from math import \x00", "import \ud800", "@torch.jit.script", "\n", "\r", "\u2028", "\x0c",
    "\ufeff", "9" * 5000, "'''", "#", "X = 3", " " * 1000, "(" * 300, "[" * 100_000, '{"a":' * 3000,
    "from torch import (" + "a," * 300 + ")",
)  # fmt: skip


def test_no_reply_breaks_it() -> None:
    rng = random.Random(4)
    for _ in range(600):
        reply = rng.choice([*WHOLE.values(), ""])
        for _ in range(rng.randint(1, 6)):
            start = rng.randrange(len(reply) + 1)
            end = min(len(reply), start + rng.choice((0, 0, 1, 5, 40)))
            reply = reply[:start] + rng.choice(PIECES) * rng.choice((1, 1, 2, 30)) + reply[end:]
        assert isinstance(extract(reply).source, str)
        assert isinstance(extract(json.dumps({"thought": "x", "code": reply})).source, str)
