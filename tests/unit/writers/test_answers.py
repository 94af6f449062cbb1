import time

import pytest

from rewardsmith.contracts import Brief, TaskSheet
from rewardsmith.records import Call
from rewardsmith.reward.extract import without_thoughts
from rewardsmith.usage import Usage
from rewardsmith.writers.answers import rating, read
from tests.toys import TOY

CODE = (
    "def compute_reward(ball_pos):\n    near = -torch.norm(ball_pos, dim=-1)\n"
    '    return near, {"near": near}\n'
)


def call(reply: str, error: str = "") -> Call:
    return Call("c000", 1, "m", "[]", "{}", "t", reply, "stop", error, 0.1, Usage(1, 2, 3))


def brief(operator: str = "initial") -> Brief:
    return Brief("c000", TaskSheet.of(TOY), operator, (), 0)


@pytest.mark.parametrize(
    "reply",
    [
        f"My idea.\n\n```python\n{CODE}```\nDone.",
        f"My idea.\r\n\r\n```python\r\n{CODE}```\r\n".replace("\n", "\r\n").replace("\r\r", "\r"),
        f"My idea.\n\n```\n{CODE}```",
        f"My idea.\n\n~~~py\n{CODE}~~~",
        f"My idea.\n\n{CODE}",
        f"My idea.\n\n```python\nx = 1\n```\n\n```python\n{CODE}```",
        (
            "My idea.\n\n```python\nimport torch\nfrom typing import Dict, Tuple\n\n"
            f"@torch.jit.script\n{CODE}```"
        ),
        f"<think>\n```python\ndef compute_reward(wrong): pass\n```\n</think>\nMy idea.\n```python\n{CODE}```",
        f"```python\ndef compute_reward(wrong): pass\n```\n</think>My idea.\n```python\n{CODE}```",
    ],
)
def test_idea_and_code_are_found_in_what_models_really_send(reply: str):
    draft = read(brief(), call(reply))
    assert draft.error == ""
    assert draft.source.strip().endswith(CODE.strip())
    assert "wrong" not in draft.source
    assert draft.idea.startswith("My idea.")
    assert draft.usage == Usage(1, 2, 3)


def test_helper_functions_stay():
    helper = "def size(x: Tensor) -> Tensor:\n    return torch.norm(x, dim=-1)\n\n"
    draft = read(brief(), call(f"```python\n{helper}{CODE}```"))
    assert draft.source.count("def ") == 2


@pytest.mark.parametrize("reply", ["", "No.", "<think>def compute_reward(ball_pos): ...", "```python\n```"])
def test_no_code_is_an_error(reply: str):
    draft = read(brief(), call(reply))
    assert draft.source == ""
    assert "no code" in draft.error


def test_what_failed_on_the_way_stays_the_reason():
    assert read(brief(), call(f"```python\n{CODE}```", error="cut off.")).error == "cut off."


def test_endless_ideas_are_cut_since_descendants_pay_for_them():
    assert len(read(brief(), call("blah " * 100_000 + f"\n```python\n{CODE}```")).idea) < 5_000


def test_a_description_is_all_of_the_reply():
    draft = read(brief("align"), call("<think>hm</think>It pays for nearness."))
    assert (draft.idea, draft.source, draft.error) == ("It pays for nearness.", "", "")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("good [0.75]", 0.75), ("first [0.2], then [-0.5].", -0.5),
        ("[ +.5 ]", 0.5), ("[1]", 1.0), ("[7]", 1.0), ("[-3.5]", -1.0),
        ("no idea", 0.0), ("[very good]", 0.0), ("", 0.0), ("[0.5] of [list]", 0.5),
    ],
)  # fmt: skip
def test_ratings(text: str, number: float):
    assert rating(text) == number
    assert read(brief("verify"), call(text)).judgement == number


def test_thoughts():
    assert without_thoughts("<think>a</think>b<THINKING>c</THINKING>d") == "bd"
    assert without_thoughts("a</think>b") == "b"
    assert without_thoughts("b<think>never closed") == "b"
    assert without_thoughts("<think>a<think>b</think>c") == "c"


@pytest.mark.parametrize(
    "loop", ["<think>", "</think>", "<think></think", "[0.1 ", "```\n", "def compute_reward("]
)
def test_a_model_caught_in_a_loop_costs_no_time(loop: str):
    begun = time.monotonic()
    for operator in ("initial", "verify", "align"):
        read(brief(operator), call(loop * 100_000))
    assert time.monotonic() - begun < 5.0
