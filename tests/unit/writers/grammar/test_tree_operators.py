"""What the operators of RF-Agent do to programs, steered by what training showed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trees import ACHIEVE, APPROACH, CALM, FLAT, HUGE, parent, terms, write

from rewardsmith.contracts import Parent
from rewardsmith.records import Draft
from rewardsmith.writers.grammar.terms import Tree, from_plan
from rewardsmith.writers.grammar.tree_operators import form, forms
from tests.builders import trained


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
