"""The grammar writer: every operator gives a program, the same brief the same one."""

from __future__ import annotations

import hashlib
import random

import pytest
from trees import ACHIEVE, CALM, RISING, curves_of, parent, terms, write

from rewardsmith.contracts import Parent, Task
from rewardsmith.errors import WriterError
from rewardsmith.reward.guard import Guard
from rewardsmith.writers.grammar.terms import from_plan
from rewardsmith.writers.grammar.writer import OPERATORS
from tests.builders import trained
from tests.toys import TOY


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("operator", ["initial", *OPERATORS, "some_plug-in's_own"])
def test_every_operator_gives_programs_that_the_guard_accepts(
    guard: Guard, push: Task, operator: str, seed: int
):
    rng = random.Random(seed)
    first, second, third = (write("initial", seed=100 * seed + n, task=push) for n in range(3))
    parents = [
        Parent(
            trained(
                f"c{n}", rng.choice((None, 0.0, 0.3, 0.95)), plan=draft.plan, components=curves_of(draft, rng)
            ),
            "",
        )
        for n, draft in enumerate((first, second, third))
    ]
    draft = write(operator, *(parents if operator != "initial" else ()), seed=seed, task=push)
    verdict = guard.check(draft.source, push)
    assert verdict.accepted, verdict.text
    assert draft.idea.startswith("[no language model] ")
    names = [term.name for term in from_plan(draft.plan).terms]
    assert 1 <= len(names) == len(set(names)) <= 8
    assert push.human_reward not in draft.source


def test_the_same_brief_gives_the_same_draft_and_another_attempt_another():
    assert write("initial", seed=3) == write("initial", seed=3)
    assert write("initial", seed=3) != write("initial", seed=4)
    assert write("initial", seed=3) != write("initial", seed=3, attempt=2)


def test_first_draws_and_revisions_stay_as_they_were_measured(push: Task):
    """Published results hold for these very streams: a change here
    is a change of the writer's results."""
    digest = hashlib.sha256()
    for seed in range(40):
        first = write("initial", seed=seed, task=push)
        revised = write(
            "reflect",
            Parent(trained("c0", 0.3, plan=first.plan, components=dict.fromkeys(terms(first), RISING)), ""),
            seed=seed,
            task=push,
        )
        digest.update(f"{first.plan}{first.source}{revised.plan}{revised.source}".encode())
    assert digest.hexdigest()[:16] == "42acd23a7c609d77"


def test_a_parent_without_a_tree_is_no_parent():
    """A study whose parents came from a language model."""
    assert "Drawn at random" in write("reflect", Parent(trained("c0", 0.5), "")).idea


def test_align_describes_the_tree_and_verify_says_that_nobody_judged():
    draft = write("align", parent("c0", 0.5, ACHIEVE, CALM))
    assert (
        "achieve (weight 2) falls as tanh with the distance between ball_pos and bowl_pos, scale 0.2."
        in draft.idea
    )
    assert draft.source == ""
    judged = write("verify", parent("c0", 0.5, ACHIEVE))
    assert judged.judgement == 0.0
    assert "no opinion" in judged.idea


def test_a_task_without_usable_signals_is_refused():
    class Blind(type(TOY)):
        signals = ()

    with pytest.raises(WriterError, match="knows no term"):
        write("initial", task=Blind())
