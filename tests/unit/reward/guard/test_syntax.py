"""Layer 2: messages say the line, what is wrong and what to write instead."""

from __future__ import annotations

import ast
import contextlib
import subprocess
import sys

import pytest
from hostile_programs import HOSTILE
from reward_bodies import GOOD, body

from rewardsmith.contracts import Task
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source


def refusal(source: str, task: Task) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check_source(source, task.signals)
    assert caught.value.layer == "syntax"
    return caught.value


@pytest.mark.parametrize(
    ("source", "line", "message", "hint"),
    [
        (
            body("x = tcp_pos.add_(1.0)"),
            4,
            ".add_ changes a tensor in place.",
            "Use .add and keep its result.",
        ),
        (body("r = torch.sum(d)"), 4, "sum without dim takes all environments together.", "Give it dim=-1"),
        (
            body("r = torch.where(0.1 < d < 0.2, d, r)"),
            4,
            "comparisons cannot be chained",
            "(a < b) & (b < c)",
        ),
        (
            body("for i in range(3):", "    r = r + d"),
            4,
            "a for loop is not part of the reward language.",
            "whole tensors",
        ),
        (body("d[0] = 1.0"), 4, "only plain local names, columns and masks", "torch.where"),
        (body("r = shaped(d)"), 4, "shaped() is not a known function.", "define a helper"),
        ("import os\n" + GOOD, 1, "only functions and plain numbers", "nothing else can be imported"),
        (
            GOOD.replace("goal_pos", "target"),
            1,
            "'target' is not a signal of this task.",
            "Signals: tcp_pos,",
        ),
        (body("r = torch.exp(-d"), 4, "not valid Python", "brackets"),
        (
            "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\n" + body("r = f(d)"),
            1,
            "f calls itself.",
            "without recursion",
        ),
        (body("x = tcp_pos", "x @= goal_pos"), 5, "@= is not part", "x = x @ y"),
        (body("x = 'word'"), 4, "strings are only allowed as component names.", "Leave it out."),
        (body("r = self.goal"), 4, "self is not available.", "parameter"),
        (body("f = lambda x: x"), 4, "a lambda function is not part of the reward language.", "def"),
        (body("r = (x := d)"), 4, "the operator := is not part of the reward language.", "arithmetic"),
        (body("with d:", "    r = d"), 4, "with is not part of the reward language.", "arithmetic"),
        (body("x = 1j"), 4, "complex numbers are not", "plain numbers"),
        (body("r = torch.exp(d, **d)"), 4, "unpacking with ** is not", "Write every argument out."),
        (
            body("torch.add(d, d, out=r)").replace("    torch", "    x = torch"),
            4,
            "the keyword 'out'",
            "never written into a tensor",
        ),
        (body("r = torch.sum(d, dim=-1, layout=d)"), 4, "the keyword 'layout'", "Leave it out"),
        ("SCALE = [1.0, 2.0]\n" + GOOD, 1, "plain numbers, such as SCALE = 3.0,", "inside compute_reward"),
        ("SCALE = 2.0 @ 3.0\n" + GOOD, 1, "plain numbers, such as SCALE = 3.0,", "inside compute_reward"),
        ("SCALE = 1.0\nSCALE = 2.0\n" + GOOD, 2, "SCALE is defined twice.", "own name"),
        ("torch = 1.0\n" + GOOD, 1, "the name torch is taken.", "another name"),
        ("HUGE = 1e30\n" + body("r = d * HUGE"), 5, "a number is too large.", "1e+09"),
    ],
)
def test_messages(source: str, line: int, message: str, hint: str, reach: Task) -> None:
    refused = refusal(source, reach)
    assert refused.line == line
    assert message in refused.message
    assert hint in refused.hint


def test_exactly_one_entry(reach: Task) -> None:
    assert "found: none" in refusal("'''Nothing.'''\n", reach).message
    assert "found: f, g" in refusal("def f(x):\n    return x\ndef g(x):\n    return x\n", reach).message


def test_any_order_and_any_subset_of_signals(reach: Task) -> None:
    names = [signal.name for signal in reach.signals]
    check_source(
        f"def compute_reward({', '.join(reversed(names))}):\n"
        f"    return tcp_pos[:, 0], {{'x': goal_pos[:, 0]}}\n",
        reach.signals,
    )


def test_odd_escapes_warn_nobody(reach: Task) -> None:
    check_source(GOOD.replace("    r = -d", "    '''\\d'''\n    r = -d"), reach.signals)


def test_the_static_layers_never_import_torch() -> None:
    code = (
        "import sys; from rewardsmith.registry import TASKS; from rewardsmith.reward.guard import Guard;"
        "from rewardsmith.training.ppo import PpoSettings;"
        "t = TASKS.load('franka-reach'); v = Guard(PpoSettings()).check('import os', t); assert v.layer == "
        "'syntax';"
        "from rewardsmith.reward.guard.static import check_source; check_source(t.human_reward, t.signals);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_text_of_the_collection_breaks_the_static_layers(reach: Task) -> None:
    for program in HOSTILE:
        with contextlib.suppress(RefusedError):
            check_source(program.source, reach.signals)


def test_no_message_names_a_class_of_pythons_tree(reach: Task) -> None:
    for statement in (
        "for i in d: pass", "while d: pass", "with d: pass", "del d", "raise d", "assert open(d)",
        "global d", "class A: pass", "def f(): return d", "async def f(): return d", "import os",
        "from os import path", "try:\n        pass\n    finally:\n        pass", "r = [x for x in d]",
        "match d:\n        case _: pass", "r = {x for x in d}", "r = {x: x for x in d}",
        "r = f(x for x in d)", "r = f'{d}'", "r = {d}", "r = torch.stack([*d])", "r = yield d",
        "r = yield from d", "r = lambda: d", "r = (x := d)", "break", "continue", "r = await d",
    ):  # fmt: skip
        message = refusal(body(statement), reach).message
        assert not any(
            name in message
            for name, kind in vars(ast).items()
            if isinstance(kind, type) and name[0].isupper()
        ), message
        assert "this is not" not in message or "valid Python" in message
