"""RF-Agent's five operators on trees (arXiv 2602.23876, section on expansion).

Each is meant as its prompt says.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rewardsmith.contracts import Parent
from rewardsmith.writers.grammar.features import Vocabulary, log_uniform, rounded
from rewardsmith.writers.grammar.inherited import tree_of
from rewardsmith.writers.grammar.operators import (
    MAX_TERMS,
    Change,
    add_or_redraw,
    diagnosis,
    draw,
    mend,
    tune,
)
from rewardsmith.writers.grammar.terms import Feature, Term, Tree

_DRAWS = 16
"""Programs of which the one farthest from the parents is taken."""

Form = tuple[str, Feature, str, Feature | None]
"""What is left of a term without its numbers."""


def restructure(parent: Parent, vocabulary: Vocabulary, rng: random.Random) -> Change:
    """Another form: flat terms may go, terms are added or drawn anew until the form differs."""
    old = tree_of(parent)
    tree, notes = mend(old, diagnosis(parent), rng)
    for _ in range(_DRAWS):
        tree, note = add_or_redraw(tree, vocabulary, rng)
        notes.append(note)
        if forms(tree) != forms(old):
            break
    return Change(tree, f"From {parent.candidate.id}, another form: {'; '.join(notes)}.")


def retune(parent: Parent, rng: random.Random) -> Change:
    """The same form with clearly other numbers; what dominated comes down."""
    seen = diagnosis(parent)
    terms: list[Term] = []
    for term in tree_of(parent).terms:
        dominant = term.name in seen and seen[term.name].dominant
        weight = term.weight * (log_uniform(rng, 0.2, 0.6) if dominant else log_uniform(rng, 0.4, 2.5))
        scale = term.scale if term.shape == "linear" else term.scale * log_uniform(rng, 0.4, 2.5)
        terms.append(replace(term, weight=rounded(weight), scale=rounded(scale)))
    return Change(Tree(tuple(terms)), f"From {parent.candidate.id}, other weights and temperatures.")


def unite(parents: Sequence[Parent], rng: random.Random) -> Change:
    """For each purpose, by chance, the term of one of its holders, drawn by its score.

    The chance is the share of all scores that the holders have. Scores count from the lowest of
    them where that is negative. A term that was flat or dominated in its training is taken only
    where no parent has a sound one.
    """
    lowest = min(0.0, *(score(parent) for parent in parents))
    trust = [0.01 + score(parent) - lowest for parent in parents]
    trees = [tree_of(parent) for parent in parents]
    terms: list[Term] = []
    for name in dict.fromkeys(term.name for tree in trees for term in tree.terms):
        holders = [n for n, tree in enumerate(trees) if _term(tree, name)]
        shared = sum(trust[n] for n in holders) / sum(trust)
        if terms and rng.random() >= shared:
            continue
        sound = [n for n in holders if not _ails(parents[n], name)] or holders
        chosen = rng.choices(sound, [trust[n] for n in sound])[0]
        terms += [term for term in trees[chosen].terms if term.name == name]
    names = ", ".join(dict.fromkeys(parent.candidate.id for parent in parents))
    return Change(Tree(tuple(terms[:MAX_TERMS])), f"United what did well in {names}.")


def follow_path(parents: Sequence[Parent], rng: random.Random) -> Change:
    """Combine what grew along the path, oldest parent first.

    From the best program of the path on: terms that came with a gain are taken over, terms that
    came with a loss go, and numbers that moved with a gain move half as far again.
    """
    best = max(reversed(parents), key=score)
    terms = {term.name: term for term in tree_of(best).terms}
    first = next(iter(terms))
    notes: list[str] = []
    for earlier, later in pairwise(parents):
        gain = score(later) - score(earlier)
        before, after = tree_of(earlier), tree_of(later)
        for term in after.terms:
            old, kept = _term(before, term.name), terms.get(term.name)
            if gain > 0 and kept is None and len(terms) < MAX_TERMS:
                terms[term.name] = term
                notes.append(f"{term.name} came with a gain")
            elif gain > 0 and old and kept and form(old) == form(term) == form(kept) and old != term:
                terms[term.name] = _further(kept, old, term)
                notes.append(f"{term.name} moved on")
            elif gain < 0 and old is None and kept == term and term.name != first:
                del terms[term.name]
                notes.append(f"{term.name} came with a loss")
    tree = Tree(tuple(terms.values()))
    if not notes:
        tree, notes = (
            Tree(tuple(tune(term, rng) for term in tree.terms)),
            ["no step stands out; other numbers"],
        )
    return Change(
        tree,
        f"From {best.candidate.id} along {', '.join(p.candidate.id for p in parents)}: {'; '.join(notes)}.",
    )


def differ(parents: Sequence[Parent], vocabulary: Vocabulary, rng: random.Random) -> Change:
    """A fresh draw, the farthest of several from the parents by the terms they share."""
    known = [forms(tree_of(parent)) for parent in parents]
    draws = [draw(vocabulary, rng) for _ in range(_DRAWS)]
    farthest = max(draws, key=lambda change: min(_distance(forms(change.tree), other) for other in known))
    return Change(
        farthest.tree,
        f"Drawn far from {', '.join(parent.candidate.id for parent in parents)}. {farthest.idea}",
    )


def score(parent: Parent) -> float:
    """The true score; nothing was learned from a parent without one."""
    return parent.trial.fitness or 0.0


def form(term: Term) -> Form:
    """The term without its numbers."""
    return (
        term.name,
        replace(term.feature, offset_m=0.0),
        term.shape,
        term.gate and replace(term.gate, offset_m=0.0),
    )


def forms(tree: Tree) -> frozenset[Form]:
    """The program without its numbers."""
    return frozenset(form(term) for term in tree.terms)


def _distance(a: frozenset[Form], b: frozenset[Form]) -> float:
    """Share of terms that only one of two programs has (Jaccard distance)."""
    return 1.0 - len(a & b) / len(a | b) if a or b else 0.0


def _term(tree: Tree, name: str) -> Term | None:
    return next((term for term in tree.terms if term.name == name), None)


def _ails(parent: Parent, name: str) -> bool:
    component = diagnosis(parent).get(name)
    return bool(component and (component.flat or component.dominant))


def _further(kept: Term, old: Term, new: Term) -> Term:
    """Half a step more in the direction from old to new, on a logarithmic scale; signs stay."""
    weight = kept.weight * (abs(new.weight / old.weight) ** 0.5 if old.weight else 1.0)
    return replace(kept, weight=rounded(weight), scale=rounded(kept.scale * (new.scale / old.scale) ** 0.5))
