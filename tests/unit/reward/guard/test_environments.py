"""Layer 5, second part: what is seen in the compiled program, at
which line, and what is left to the probe."""

from __future__ import annotations

import pytest
from leaking_programs import LEAKS, program
from lookalikes import LOOKALIKES
from ordinary_reaching import REACH

from rewardsmith.contracts import Task
from rewardsmith.reward.extract import extract
from rewardsmith.reward.guard.environments import check_environments
from rewardsmith.reward.guard.graph import check_graph
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram


def check(source: str, task: Task) -> None:
    program = RewardProgram(check_source(extract(source).source, task.signals).program)
    check_graph(program.function)
    check_environments(program, {signal.name: signal.shape for signal in task.signals})


@pytest.mark.parametrize("name", LEAKS)
def test_leaks_are_seen(name: str, reach: Task) -> None:
    with pytest.raises(RefusedError) as caught:
        check(LEAKS[name], reach)
    assert caught.value.layer == "graph"
    assert caught.value.line


@pytest.mark.parametrize("source", [*LOOKALIKES.values(), *REACH.values()], ids=[*LOOKALIKES, *REACH])
def test_honest_rewards_pass(source: str, reach: Task) -> None:
    check(source, reach)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("r = d - d.mean(dim=0)", "mean along the axis of the environments takes them together."),
        ("r = d - d.sum(dim=-1)", "sum along the axis of the environments takes them together."),
        ("r = torch.softmax(d, dim=0)", "softmax along the axis of the environments takes them together."),
        ("r = d - d[0]", "one environment is picked here."),
        ("r = d[1:]", "only some of the environments are taken here."),
        ("r = torch.cat([d, d])", "cat joins environments with other rows here."),
        (
            "r = (d[:, None] - d[None]).sum(dim=-1)",
            "every environment is combined with every other one here.",
        ),
        ("r = d.view(-1, 2)[:, 0]", "this shape mixes numbers of several environments."),
        ("r = d * d.shape[0]", "the number of environments is used as a number."),
    ],
)
def test_messages_say_what_and_where(statement: str, message: str, reach: Task) -> None:
    with pytest.raises(RefusedError) as caught:
        check(program("x = d", statement), reach)
    assert caught.value.message == message
    assert caught.value.hint
    assert caught.value.line == 5


def test_the_branch_that_is_never_taken_does_not_count(reach: Task) -> None:
    check(program("if d.dim() > 1:", "    r = d.sum(dim=-1)"), reach)
    with pytest.raises(RefusedError):
        check(program("if d.dim() > 0:", "    r = r + d.sum(dim=-1)"), reach)


@pytest.mark.parametrize(
    "statement",
    [
        "r = tcp_pos.transpose(0, 1).reshape(-1, 3)[:, 0]",
        "r = tcp_pos.view(7, 7)[:, 0]",
        "r = tcp_pos[:, 9]",
        "r = d + tcp_pos",
        "r = torch.stack([d, tcp_pos], dim=-1)[:, 0]",
    ],
)
def test_what_cannot_be_followed_is_left_to_the_probe(statement: str, reach: Task) -> None:
    check(program(statement), reach)
