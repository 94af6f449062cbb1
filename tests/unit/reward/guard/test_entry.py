"""Which function is meant, where it is not called ``compute_reward``."""

from __future__ import annotations

import pytest

from rewardsmith.contracts import Task
from rewardsmith.reward.extract import extract
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source


def function(name: str, sign: str = "-", parameters: str = "tcp_pos, goal_pos") -> str:
    return (
        f"def {name}({parameters}):\n    d = torch.norm(tcp_pos - goal_pos, dim=-1)\n"
        f"    return {sign}d, {{'d': {sign}d}}\n"
    )


PLAIN = function("compute_reward")
TAKEN = {
    function("compute_reward_v2"): ("compute_reward_v2 (line 1) is taken for compute_reward",),
    function("_compute_reward"): ("_compute_reward (line 1) is taken for compute_reward",),
    function("reward"): ("reward (line 1) is taken for compute_reward",),
    function("compute_reward", parameters="self, tcp_pos, goal_pos"): (
        "self, which nothing reads, is left out",
    ),
    function("compute_reward", "+") + PLAIN: ("an earlier compute_reward (line 1) is left out",),
    function("compute_reward", "+") + function("compute_reward_v2"): (
        "an earlier compute_reward (line 1) is left out",
        "compute_reward_v2 (line 4) is taken for compute_reward",
    ),
}


@pytest.mark.parametrize("source", TAKEN)
def test_the_one_that_is_meant_is_taken_with_a_note(source: str, reach: Task):
    printed = check_source(source, reach.signals)
    assert printed.notes == TAKEN[source]
    assert printed.program == check_source(PLAIN, reach.signals).program


def test_what_the_program_calls_is_no_rival(reach: Task):
    source = (
        "def compute_reward_near(x):\n    return torch.exp(-x)\n"
        "def compute_reward(tcp_pos):\n    r = compute_reward_near(tcp_pos[:, 0])\n    return r, {'r': r}\n"
    )
    assert check_source(source, reach.signals).notes == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            function("compute_reward_v1") + function("compute_reward_v2") + function("compute_reward_v3"),
            "exactly one function compute_reward is needed; found: compute_reward_v1, compute_reward_v2, ",
        ),
        (PLAIN * 3, "exactly one function compute_reward is needed"),
        ("class A:\n    pass\n" + function("compute_reward_v2"), "only functions and plain numbers"),
        (function("compute_reward", parameters="self").replace("tcp_pos", "self.height"), "self"),
        (
            "def a(x):\n    return b(x)\ndef b(x):\n    return a(x)\n",
            "exactly one function compute_reward is needed; found: a, b",
        ),
        (function("f").replace("dim=-1", ""), "norm without dim"),
    ],
)
def test_where_nobody_knows_the_message_says_so(source: str, message: str, reach: Task):
    with pytest.raises(RefusedError) as caught:
        check_source(source, reach.signals)
    assert message in caught.value.message


REPLIES = {
    "another name": (
        "Here is an update:\n\n```python\nimport torch\n\n@torch.jit.script\n"
        f"{function('_compute_reward')}```\n"
    ),
    "old and new": (
        f"```python\n# old\n{function('compute_reward', '+')}\n# new\n{function('compute_reward_v2')}```\n"
    ),
    "usage after it": (
        f"```python\n{PLAIN}\n# Example usage\ntcp_pos = torch.rand(4, 3)\n"
        "goal_pos = torch.rand(4, 3)\nreward, parts = compute_reward(tcp_pos, goal_pos)\nprint(reward)\n```\n"
    ),
    "a comment in another alphabet": f"距离 → 奖励\n\n```python\n# 距离\n{PLAIN}```\n",
}


@pytest.mark.parametrize("name", REPLIES)
def test_replies(name: str, guard: Guard, reach: Task):
    verdict = guard.check(extract(REPLIES[name]).source, reach)
    assert verdict.accepted, verdict.text
    assert verdict.program == check_source(PLAIN, reach.signals).program
