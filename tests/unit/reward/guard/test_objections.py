"""A refused program hears of all that a layer can tell at once, and of nothing that is not so."""

from __future__ import annotations

import pytest
from hostile_programs import HOSTILE, Hostile
from reward_bodies import GOOD, body

from rewardsmith.contracts import Task
from rewardsmith.records import Verdict
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.refusal import MOST_LISTED, Objections, RefusedError
from rewardsmith.reward.guard.static import check_source

SEVERAL = """\
SCALE = 1.0
SCALE = 2.0
def near(x: np.ndarray, y: str, by=[1.0]):
    return torch.exp(-x / by)
def compute_reward(tcp_pos, target, goal_pos, box):
    d = torch.norm(tcp_pos - goal_pos)
    if d.foo:
        r = smooth(d)
    else:
        r = -d
    for i in range(3):
        r = r + d.bar
    s = torch.stack([d.add_(1.0), self.scale, r], dim=-1).sum(dim=-1)
    return r, {"r": r}
"""


def told(source: str, task: Task) -> list[str]:
    """All lines of the verdict."""
    with pytest.raises(RefusedError) as caught:
        check_source(source, task.signals)
    return caught.value.verdict().text.split("\n")


def test_every_statement_is_looked_at(reach: Task) -> None:
    first, *rest = told(SEVERAL, reach)
    assert first == "syntax (line 2): the constant SCALE is defined twice. Give every constant its own name."
    types = "is not allowed. Use: Tensor, bool, float, int, torch.Tensor."
    assert rest[:5] == [
        f"syntax (line 3): the type np.ndarray {types}",
        f"syntax (line 3): the type str {types}",
        "syntax (line 3): a default must be a plain number. Give anything else as an argument.",
        f"syntax (line 5): 'target' is not a signal of this task. Signals: "
        f"{', '.join(signal.name for signal in reach.signals)}.",
        "syntax (line 5): 'box' is not a signal of this task.",
    ]
    assert [line.split(": ")[1].split(". ")[0] for line in rest[5:9]] == [
        "norm without dim takes all environments together",
        ".foo is not in the reward language",
        "smooth() is not a known function",
        "a for loop is not part of the reward language",
    ]
    assert rest[9:] == ["syntax: 2 more are not listed."]
    assert len(rest) == MOST_LISTED


def test_who_mends_all_that_is_listed_is_done(guard: Guard, reach: Task) -> None:
    wrong = {"x = d.foo": "x = d.abs()", "y = d[0] = r": "y = d", "z = torch.sum(d)": "z = d.square()"}
    verdict = guard.check(body(*wrong), reach)
    assert (verdict.line, [one.line for one in verdict.further]) == (4, [5, 6])
    assert guard.check(body(*wrong.values()), reach).accepted


def test_a_text_is_looked_at_line_by_line(reach: Task) -> None:
    source = body("x = d \u2212 r", "y = d", "z = d \u2212 y" + " " * 400)
    first, second = told(source, reach)
    assert first.startswith("lexical (line 4): the character '\\u2212' is not plain ASCII.")
    assert second.startswith("lexical (line 6): the line has 4")


def test_what_cannot_be_written_out_is_named_once(reach: Task) -> None:
    source = body("x = tolerance(d, 0.1)", "y = tcp_pos[:, [d, r]]", "z = F.mse_loss(d, r)")
    assert [line.split(": ")[0] for line in told(source, reach)] == [
        f"syntax (line {line})" for line in (5, 4, 6)
    ]  # the first is what a layer says first, the others are by line
    method = "def compute_reward(self):\n    self.a = self.b\n    d = self.c.norm(dim=-1)\n    return d, {}\n"
    assert [line.split(". ")[0] for line in told(method, reach)] == [
        "syntax (line 2): self.a is not a signal of this task",
        "syntax (line 2): self.b is not a signal of this task",
        "syntax (line 3): self.c is not a signal of this task",
    ]


def test_two_meanings_are_named_for_every_statement(reach: Task) -> None:
    source = body("n = 3", "n = d is r", "m = 1 / n", "k = torch.stack([d, r]) + torch.float", "l = d is r")
    assert [line.split(". ")[0] for line in told(source, reach)] == [
        "syntax (line 5): is and is not differ in TorchScript",
        "syntax (line 7): a type is not a number",
        "syntax (line 8): is and is not differ in TorchScript",
    ]


def test_a_refused_name_is_unknown_behind_it(reach: Task) -> None:
    """Else the 0 would be taken for its value, by which nothing can be divided."""
    (line,) = told(body("n = 0", "n = d is r", "m = 1 / n"), reach)
    assert line.startswith("syntax (line 5)")
    divided = told(body("n = 0", "m = 1 / n"), reach)
    assert len(divided) == 1
    assert divided[0].startswith("syntax (line 5)")


def test_the_same_is_said_once(reach: Task) -> None:
    assert len(told(body("x = self.a + self.b", "y = self.c"), reach)) == 2


@pytest.mark.parametrize(
    "program", [one for one in HOSTILE if one.layer == "syntax"], ids=lambda one: one.name
)
def test_other_mistakes_hide_no_hostile_statement(program: Hostile, guard: Guard, reach: Task) -> None:
    verdict = guard.check(program.source + "\nimport os\n", reach)
    assert not verdict.accepted
    assert verdict.program == ""
    alone = guard.check(program.source, reach)
    assert verdict.layer == alone.layer == "syntax"


def end(error: BaseException, *refusals: RefusedError) -> None:
    """A block that collects some refusals, and then ends in an error."""
    with Objections() as objections:
        for refusal in refusals:
            with objections.apart():
                raise refusal
        assert bool(objections) == bool(refusals)
        raise error


def test_no_collected_refusal_is_forgotten() -> None:
    one, two = RefusedError("syntax", "one", line=9), RefusedError("syntax", "two", line=7)
    with pytest.raises(RefusedError) as caught:
        end(ValueError("of the check itself"), one, two)
    assert caught.value.message == "one"
    assert [other.message for other in caught.value.further] == ["two"]
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ValueError, match="alone"):
        end(ValueError("alone"))
    with pytest.raises(KeyboardInterrupt):
        end(KeyboardInterrupt(), one)


def test_a_good_program_has_none(guard: Guard, reach: Task) -> None:
    assert guard.check(GOOD, reach).further == ()
    assert Verdict(False, "probe", None, "it is slow.").text == "probe: it is slow."
