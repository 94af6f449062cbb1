"""Features mean what they say, and tasks of all kinds get those that state their end."""

from __future__ import annotations

import math
import random

import pytest
import torch
from trees import curves_of, terms, write

from rewardsmith.contracts import Parent
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram
from rewardsmith.writers.grammar.terms import Feature, Term, Tree, to_source
from tests.builders import trained


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
            Parent(
                trained("c0", -2.0, plan=first.plan, components=curves_of(first, random.Random(seed))), ""
            ),
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
