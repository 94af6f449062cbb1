"""Terms and parents for the grammar writer, and what it writes of them."""

from __future__ import annotations

import random
from typing import Any

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief, Parent, Task, TaskSheet
from rewardsmith.records import Draft
from rewardsmith.writers.grammar.terms import Feature, Term, Tree, from_plan, to_plan
from rewardsmith.writers.grammar.writer import GrammarWriter
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


def curves_of(draft: Draft, rng: random.Random) -> dict[str, list[float]]:
    return {name: rng.choice((RISING, FLAT, HUGE)) for name in terms(draft)}
