"""What the operators of Eureka and Revolve do to programs, steered by what training showed."""

from __future__ import annotations

from dataclasses import replace

from trees import ACHIEVE, APPROACH, CALM, FLAT, parent, terms, write


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


def test_a_revision_never_drops_the_last_term():
    flat = parent("c1", 0.9, APPROACH, curves={"approach": FLAT})
    assert all(terms(write("reflect", flat, seed=seed)) for seed in range(40))
