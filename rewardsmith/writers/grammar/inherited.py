"""The tree of a parent, with the numbers that its program has now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rewardsmith.contracts import Parent
from rewardsmith.records import TunedNumber
from rewardsmith.writers.grammar.features import rounded
from rewardsmith.writers.grammar.terms import Term, Tree, from_plan


def tree_of(parent: Parent) -> Tree:
    """What a parent was drawn as; where an optimiser found better numbers for it, with those."""
    tree, tuned = from_plan(parent.candidate.plan), parent.candidate.tuned
    if tuned is None or tuned.kept:
        return tree
    return Tree(tuple(_moved(term, tuned.numbers) for term in tree.terms))


def _moved(term: Term, numbers: Iterable[TunedNumber]) -> Term:
    """A term with other numbers.

    A number is named by the line that it stands in, and that by the term or by its feature (see
    ``to_source``); which of the line's numbers it is, its value tells.
    """
    for number in numbers:
        line, new = number.name.partition(":")[0], rounded(number.best)
        if line == term.name and term.weight == number.written:
            term = replace(term, weight=new)
        elif line == term.name and term.scale == number.written:
            term = replace(term, scale=new)
        elif line == term.name and term.gate and term.gate_scale == number.written:
            term = replace(term, gate_scale=new)
        elif line.startswith("behind_") and term.feature.offset_m == number.written:
            term = replace(term, feature=replace(term.feature, offset_m=new))
    return term
