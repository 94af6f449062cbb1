"""How programs of a landscape are edited: what stands there for the operators of the strategies.

For ``benchmarks/landscape.py``; nothing to run by itself.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

TERMS = 7

Term = tuple[float, float]  # weight and temperature
Program = dict[int, Term]
Shown = tuple[Program, float]  # a parent and its measured score


def draw(rng: random.Random) -> Term:
    """A term from nothing."""
    return rng.random(), rng.random()


def tune(term: Term, rng: random.Random) -> Term:
    """A term nearby."""
    weight, scale = (min(1.0, max(0.0, value + rng.gauss(0.0, 0.12))) for value in term)
    return weight, scale


def restructure(program: Program, rng: random.Random) -> Program:
    """Draw one term anew, add one, or drop one; the term 0 stays."""
    term = rng.randrange(TERMS)
    if term and term in program and rng.random() < 0.5:
        return {other: value for other, value in program.items() if other != term}
    return {**program, term: draw(rng)}


def initial(rng: random.Random, unlike: Sequence[Program] = ()) -> Program:
    """A program from nothing, with terms that the others lack rather than with theirs."""
    known = {term for program in unlike for term in program}
    chances = {term: 0.5 if not unlike else 0.3 if term in known else 0.8 for term in range(1, TERMS)}
    return {0: draw(rng)} | {term: draw(rng) for term, chance in chances.items() if rng.random() < chance}


def tune_all(program: Program, rng: random.Random) -> Program:
    """Other numbers, same terms."""
    return {term: tune(value, rng) for term, value in program.items()}


def reflect(shown: Shown, rng: random.Random) -> Program:
    """Revise by the score.

    Another structure where it is low, other numbers where it is high, either in between.
    """
    program, score = shown
    if score < 0.1 or (score < 0.8 and rng.random() < 0.5):
        program = restructure(program, rng)
    return tune_all(program, rng) if score >= 0.1 else program


def mutate_one(program: Program, rng: random.Random) -> Program:
    """Change exactly one term."""
    if rng.random() < 0.5:
        return restructure(program, rng)
    term = rng.choice(list(program))
    return {**program, term: tune(program[term], rng)}


def unite(parents: Sequence[Shown], rng: random.Random) -> Program:
    """Terms that half of the parents have, each as one of them has it.

    Other terms of the best parent by chance.
    """
    best, _ = max(parents, key=lambda shown: shown[1])
    united: Program = {}
    for term in range(TERMS):
        having = [program[term] for program, _ in parents if term in program]
        if having and (
            2 * len(having) > len(parents)
            or term == 0
            or (term in best and rng.random() < 0.7)
            or rng.random() < 0.3
        ):
            united[term] = rng.choice(having)
    return united


def follow(path: Sequence[Shown], rng: random.Random) -> Program:
    """Take the step of the path that helped most once more; without one, tune."""
    leaf, _ = path[-1]
    steps = [(b[1] - a[1], a[0], b[0]) for a, b in itertools.pairwise(path)]
    gain, before, after = max(steps, key=lambda step: step[0], default=(0.0, leaf, leaf))
    if gain <= 0.0:
        return tune_all(leaf, rng)
    moved = dict(leaf)
    for term in set(after) & set(before) & set(leaf):
        values = (
            min(1.0, max(0.0, x + 0.5 * (b - a)))
            for x, a, b in zip(leaf[term], before[term], after[term], strict=True)
        )
        moved[term] = (next(values), next(values))
    return {term: tune(value, rng) if rng.random() < 0.5 else value for term, value in moved.items()}


OPERATORS: dict[str, Callable[[Sequence[Shown], random.Random], Program]] = {
    "initial": lambda _, rng: initial(rng),
    "reflect": lambda parents, rng: reflect(parents[0], rng),
    "mutate": lambda parents, rng: mutate_one(parents[0][0], rng),
    "crossover": unite,
    "tree_mutate_structure": lambda parents, rng: restructure(parents[-1][0], rng),
    "tree_mutate_parameters": lambda parents, rng: tune_all(parents[-1][0], rng),
    "tree_crossover_elite": unite,
    "tree_path": follow,
    "tree_different": lambda parents, rng: initial(rng, [program for program, _ in parents]),
}
