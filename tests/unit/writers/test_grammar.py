"""The grammar writer: what each operator does to programs, steered by what training showed."""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import replace
from typing import Any

import pytest
import torch

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief, Parent, Task, TaskSheet
from rewardsmith.errors import WriterError
from rewardsmith.records import Draft
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram
from rewardsmith.writers.grammar.tree import Feature, Term, Tree, from_plan, to_plan, to_source
from rewardsmith.writers.grammar.tree_operators import form, forms
from rewardsmith.writers.grammar.writer import OPERATORS, GrammarWriter
from tests.builders import trained
from tests.toys import TOY

GAP = Feature("distance", ("hand_pos", "ball_pos"))
GOAL = Feature("distance", ("ball_pos", "bowl_pos"))
SPEED = Feature("magnitude", ("joint_vel",))
ACHIEVE = Term("achieve", GOAL, "tanh", 0.2, 2.0)
APPROACH = Term("approach", GAP, "exp", 0.1, 0.5)
CALM = Term("calm", SPEED, "linear", 1.0, -0.01)
RISING, FLAT, HUGE = [0.1 * n for n in range(1, 11)], [0.4] * 10, [10.0 * n for n in range(1, 11)]


def parent(
    identity: str, score: float | None, *terms: Term, curves: dict[str, list[float]] | None = None
) -> Parent:
    shown = {term.name: RISING for term in terms} | (curves or {})
    return Parent(trained(identity, score, components=shown, plan=to_plan(Tree(terms))), "")


def write(operator: str, *parents: Parent, seed: int = 0, task: Task = TOY, attempt: int = 1) -> Draft:
    order = Brief("c9", TaskSheet.of(task), operator, parents, seed, attempt=attempt)
    return GrammarWriter(LanguageModelOptions()).write(order, _NO_LEDGER)


class _NoLedger:
    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the grammar writer has nothing to {name}")


_NO_LEDGER: Any = _NoLedger()


def terms(draft: Draft) -> dict[str, Term]:
    return {term.name: term for term in from_plan(draft.plan).terms}


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
                f"c{n}", rng.choice((None, 0.0, 0.3, 0.95)), plan=draft.plan, components=_curves(draft, rng)
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


def _curves(draft: Draft, rng: random.Random) -> dict[str, list[float]]:
    return {name: rng.choice((RISING, FLAT, HUGE)) for name in terms(draft)}


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


def test_structure_mutation_changes_the_form():
    old = Tree((ACHIEVE, APPROACH))
    for seed in range(30):
        draft = write("tree_mutate_structure", parent("c0", 0.5, *old.terms), seed=seed)
        assert forms(from_plan(draft.plan)) != forms(old)


def test_parameter_mutation_keeps_the_form_and_changes_numbers():
    old = Tree((ACHIEVE, APPROACH, CALM))
    for seed in range(30):
        new = from_plan(write("tree_mutate_parameters", parent("c0", 0.5, *old.terms), seed=seed).plan)
        assert forms(new) == forms(old)
        assert new != old
        assert all((a.weight > 0) == (b.weight > 0) for a, b in zip(old.terms, new.terms, strict=True))


def test_parameter_mutation_brings_down_what_dominated():
    draft = write("tree_mutate_parameters", parent("c0", 0.5, ACHIEVE, APPROACH, curves={"approach": HUGE}))
    assert terms(draft)["approach"].weight < 0.6 * APPROACH.weight + 1e-9


def test_revolve_mutation_changes_one_component_the_ailing_one_first():
    for seed in range(30):
        new = terms(write("mutate", parent("c0", 0.5, ACHIEVE, APPROACH, CALM), seed=seed))
        assert sum(new[term.name] != term for term in (ACHIEVE, APPROACH, CALM)) == 1
        new = terms(
            write("mutate", parent("c0", 0.5, ACHIEVE, APPROACH, CALM, curves={"approach": FLAT}), seed=seed)
        )
        assert (new["achieve"], new["calm"]) == (ACHIEVE, CALM)
        assert new["approach"] != APPROACH


def test_crossover_keeps_the_better_parents_terms_whatever_the_order():
    better, worse = (
        parent("c1", 0.9, ACHIEVE, APPROACH),
        parent("c2", 0.1, replace(ACHIEVE, weight=1.0), CALM),
    )
    for seed in range(20):
        for order in ((better, worse), (worse, better)):
            new = terms(write("crossover", *order, seed=seed))
            assert new["approach"] == APPROACH
            assert new["achieve"].weight in (1.0, 2.0)


def test_elite_crossover_takes_sound_terms_mostly_from_high_scores():
    good, bad = parent("c1", 0.9, ACHIEVE), parent("c2", 0.1, replace(ACHIEVE, weight=1.0))
    taken = [
        terms(write("tree_crossover_elite", good, bad, seed=seed))["achieve"].weight for seed in range(60)
    ]
    assert taken.count(2.0) > 40
    ailing = parent("c3", 0.9, ACHIEVE, APPROACH, curves={"approach": FLAT})
    sound = parent("c4", 0.5, ACHIEVE, replace(APPROACH, weight=0.7))
    for seed in range(20):
        new = terms(write("tree_crossover_elite", ailing, sound, seed=seed))
        assert new.get("approach") != APPROACH  # it was flat there


def test_elite_crossover_of_metrics_below_zero():
    """Such as minus an error: weights must stay positive, and
    the better parent the likelier one."""
    good, bad = parent("c1", -0.1, APPROACH), parent("c2", -3.0, replace(APPROACH, weight=0.9))
    drawn = [
        terms(write("tree_crossover_elite", good, bad, seed=seed))["approach"].weight for seed in range(100)
    ]
    assert drawn.count(0.5) > drawn.count(0.9)


def test_a_revision_never_drops_the_last_term():
    flat = parent("c1", 0.9, APPROACH, curves={"approach": FLAT})
    assert all(terms(write("reflect", flat, seed=seed)) for seed in range(40))


def test_elite_crossover_takes_repeated_parents():
    assert write("tree_crossover_elite", *[parent("c1", 0.9, ACHIEVE, CALM)] * 4).source


def test_the_path_gives_what_grew_and_drops_what_did_harm():
    finer = replace(ACHIEVE, scale=0.1)
    path = (
        parent("c0", 0.1, ACHIEVE),
        parent("c1", 0.4, ACHIEVE, APPROACH),
        parent("c2", 0.8, finer),
        parent("c3", 0.6, finer, CALM),
    )
    draft = write("tree_path", *path)
    new = terms(draft)
    assert new["approach"] == APPROACH  # came with a gain, was lost on the way
    assert "calm" not in new  # came with a loss
    # went from 0.2 to 0.1 with a gain: half a step on
    assert new["achieve"].scale == pytest.approx(0.1 / 2**0.5, rel=0.01)
    assert "c2 along c0, c1, c2, c3" in draft.idea


def test_a_path_of_one_is_tuned():
    new = terms(write("tree_path", parent("c0", 0.5, ACHIEVE)))
    assert form(new["achieve"]) == form(ACHIEVE)
    assert new["achieve"] != ACHIEVE


def test_the_different_thought_is_farther_from_the_parents_than_a_plain_draw():
    known = write("initial", seed=1)
    shown = Parent(trained("c0", 0.5, plan=known.plan), "")

    def shared(draft: Draft) -> int:
        return len(forms(from_plan(draft.plan)) & forms(from_plan(known.plan)))

    different = [shared(write("tree_different", shown, seed=seed)) for seed in range(40)]
    plain = [shared(write("initial", seed=seed)) for seed in range(40, 80)]
    assert sum(different) < 0.5 * sum(plain)


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


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("ant", "forward"),
        ("cartpole", "balance"),
        ("franka-lift", "lift"),
        ("anymal", "track"),
        ("allegro-hand", "achieve"),
    ],
)
@pytest.mark.slow
def test_tasks_of_other_kinds_get_programs_that_state_their_end(guard: Guard, name: str, end: str):
    task = TASKS.load(name)
    for seed in range(6):
        first = write("initial", seed=seed, task=task)
        assert next(iter(terms(first))) == end
        revised = write(
            "reflect",
            Parent(trained("c0", -2.0, plan=first.plan, components=_curves(first, random.Random(seed))), ""),
            task=task,
        )
        for draft in (first, revised):
            assert guard.check(draft.source, task).text == "accepted"


def test_hands_are_told_to_turn_and_to_gather():
    drawn = [terms(write("initial", seed=seed, task=TASKS.load("allegro-hand"))) for seed in range(40)]
    assert sum("turn" in found for found in drawn) > 25
    assert any(
        found["gather"].feature == Feature("gather", ("fingertip_pos", "object_pos"))
        for found in drawn
        if "gather" in found
    )


HALF = math.sqrt(0.5)


@pytest.mark.parametrize(
    ("feature", "signals", "value"),
    [
        (Feature("turn", ("a", "b")), {"a": [[HALF, HALF, 0, 0]], "b": [[1, 0, 0, 0]]}, math.pi / 2),
        (Feature("turn", ("a", "b")), {"a": [[-1.0, 0, 0, 0]], "b": [[1, 0, 0, 0]]}, 0.0),
        (
            Feature("gather", ("a", "b")),
            {"a": [[[3, 0, 0], [0, 0, 5]]], "b": [[0, 0, 1]]},
            (math.sqrt(10) + 4) / 2,
        ),
        (Feature("along", ("a",)), {"a": [[-2, 1, 7]]}, -2.0),
        (Feature("height", ("a",)), {"a": [[-2, 1, 7]]}, 7.0),
        (Feature("tilt", ("a",)), {"a": [[HALF, HALF, 0, 0]]}, 1.0),
        (Feature("tilt", ("a",)), {"a": [[HALF, 0, 0, HALF]]}, 0.0),
    ],
)
def test_features_mean_what_they_say(feature: Feature, signals: dict[str, list[object]], value: float):
    source = to_source(Tree((Term("x", feature, "linear", 1.0, 1.0),)))
    total, _ = RewardProgram(check_source(source, None).program)(
        {name: torch.tensor(rows, dtype=torch.float32) for name, rows in signals.items()}
    )
    assert total.tolist() == pytest.approx([value], abs=1e-3)
