"""What each operator of a strategy means on trees. Feedback steers; chance decides."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rewardsmith.contracts import Parent
from rewardsmith.feedback.curve_table import ComponentSummary, component_summaries
from rewardsmith.writers.grammar.features import Vocabulary, log_uniform, rounded
from rewardsmith.writers.grammar.inherited import tree_of
from rewardsmith.writers.grammar.terms import Term, Tree

MAX_TERMS = 7
_GUIDING = (
    "achieve",
    "turn",
    "track",
    "forward",
    "lift",
    "balance",
    "gather",
    "approach",
    "precision",
    "level",
    "open",
)
"""Purposes that say where to go, not what to avoid."""
_LOW, _HIGH = 0.1, 0.8
"""True scores below which a program is rebuilt, and above which it is only tuned."""


@dataclass(frozen=True)
class Change:
    """A new tree and what was done to get it, in words."""

    tree: Tree
    idea: str


def draw(vocabulary: Vocabulary, rng: random.Random) -> Change:
    """A fresh program: the task's end always, other purposes by chance."""
    first, *others = vocabulary.purposes
    chosen = [first] + [purpose for purpose in others if rng.random() < _CHANCE.get(purpose, 0.5)]
    tree = Tree(tuple(vocabulary.draw(purpose, rng) for purpose in chosen))
    return Change(tree, "Drawn at random: " + ", ".join(chosen) + ".")


_CHANCE = {
    "turn": 0.9,
    "gather": 0.6,
    "upright": 0.6,
    "approach": 0.8,
    "precision": 0.5,
    "level": 0.4,
    "calm": 0.2,
    "effort": 0.25,
    "smooth": 0.2,
}


def mutate(parent: Parent, vocabulary: Vocabulary, rng: random.Random) -> Change:
    """Revise one parent by what its training showed.

    Flat components get another temperature or go, a dominating one is scaled down. Then, by the
    true score: near zero the structure changes, in between and for metrics structure or numbers,
    near one numbers only.
    """
    tree = tree_of(parent)
    tree, notes = mend(tree, diagnosis(parent), rng)
    score = parent.trial.fitness or 0.0
    poor, good = (score < _LOW, score >= _HIGH) if not vocabulary.metric else (False, False)
    if not tree.terms or poor or (not good and rng.random() < 0.5):
        tree, note = add_or_redraw(tree, vocabulary, rng)
        notes.append(note)
    if not poor:
        tree = Tree(tuple(tune(term, rng) for term in tree.terms))
        notes.append("tuned weights and temperatures")
    return Change(tree, f"From {parent.candidate.id}: " + "; ".join(notes) + ".")


def change_one(parent: Parent, vocabulary: Vocabulary, rng: random.Random) -> Change:
    """Change exactly one component, as in REvolve's mutation (arXiv 2406.01309, on operators).

    A dominating or flat component goes first: its weight or temperature changes, or it is drawn
    anew; without such a one, chance picks the component and whether its form or its numbers change.
    """
    tree = tree_of(parent)
    seen = diagnosis(parent)
    ailing = [t for t in tree.terms if t.name in seen and (seen[t.name].dominant or seen[t.name].flat)]
    chosen = rng.choice(ailing or tree.terms)
    component = seen.get(chosen.name)
    if component and component.dominant:
        new, what = (
            replace(chosen, weight=rounded(chosen.weight * log_uniform(rng, 0.2, 0.6))),
            "it dominated; scaled down",
        )
    elif component and component.flat and rng.random() < 0.5:
        new, what = (
            replace(chosen, scale=rounded(chosen.scale * rng.choice((0.4, 2.5)))),
            "it was flat; other temperature",
        )
    elif chosen.name in vocabulary.purposes and rng.random() < 0.5:
        new, what = vocabulary.draw(chosen.name, rng), "drawn anew"
    else:
        new, what = tune(chosen, rng), "other numbers"
    terms = tuple(new if term is chosen else term for term in tree.terms)
    return Change(Tree(terms), f"From {parent.candidate.id}, only {chosen.name} changed: {what}.")


def diagnosis(parent: Parent) -> dict[str, ComponentSummary]:
    """What the training showed of each component, by name."""
    run = parent.trial.run
    return {c.summary.name: c for c in component_summaries(run)} if run else {}


def cross(first: Parent, second: Parent, rng: random.Random) -> Change:
    """Combine two parents: shared purposes come from either.

    Others come from the better parent always, from the worse by chance.
    """
    mine = {term.name: term for term in tree_of(first).terms}
    theirs = {term.name: term for term in tree_of(second).terms}
    terms = [rng.choice((term, theirs[name])) if name in theirs else term for name, term in mine.items()]
    terms += [term for name, term in theirs.items() if name not in mine and rng.random() < 0.5]
    return Change(Tree(tuple(terms[:MAX_TERMS])), f"Crossed {first.candidate.id} with {second.candidate.id}.")


def mend(tree: Tree, seen: Mapping[str, ComponentSummary], rng: random.Random) -> tuple[Tree, list[str]]:
    """Act on the diagnosis of every component."""
    terms: list[Term] = []
    notes: list[str] = []
    for term in tree.terms:
        component = seen.get(term.name)
        if component and component.dominant:
            notes.append(f"{term.name} dominated, scaled down")
            term = replace(term, weight=rounded(term.weight * log_uniform(rng, 0.2, 0.6)))
        elif component and component.flat:
            if term.name != "achieve" and rng.random() < 0.4:
                notes.append(f"{term.name} was flat, dropped")
                continue
            notes.append(f"{term.name} was flat, other temperature")
            term = replace(term, scale=rounded(term.scale * rng.choice((0.4, 2.5))))
        terms.append(term)
    return Tree(tuple(terms)), notes


def add_or_redraw(tree: Tree, vocabulary: Vocabulary, rng: random.Random) -> tuple[Tree, str]:
    """Draw one term anew, or add one whose purpose is missing."""
    present = {term.name for term in tree.terms}
    missing = [purpose for purpose in vocabulary.purposes if purpose not in present]
    guiding = [purpose for purpose in missing if purpose in _GUIDING]
    if guiding and (rng.random() < 0.6 or not tree.terms) and len(tree.terms) < MAX_TERMS:
        purpose = rng.choice(guiding)
        return Tree((*tree.terms, vocabulary.draw(purpose, rng))), f"added {purpose}"
    if not tree.terms:
        return draw(vocabulary, rng).tree, "drew everything anew"
    replaced = rng.choice(tree.terms).name
    terms = tuple(vocabulary.draw(term.name, rng) if term.name == replaced else term for term in tree.terms)
    return Tree(terms), f"drew {replaced} anew"


def tune(term: Term, rng: random.Random) -> Term:
    """Move weight and temperature by up to half an octave."""
    factor = lambda: log_uniform(rng, 0.7, 1.4)  # noqa: E731 - two draws, one rule
    scale = term.scale if term.shape == "linear" else term.scale * factor()
    return replace(term, weight=rounded(term.weight * factor()), scale=rounded(scale))
