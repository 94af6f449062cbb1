"""What every registered strategy must do."""

from __future__ import annotations

import json
import random

import pytest

from rewardsmith.config import from_mapping
from rewardsmith.contracts import Strategy
from rewardsmith.records import Candidate
from rewardsmith.registry import STRATEGIES
from tests.builders import trained

BUDGET = 20


def build(name: str) -> Strategy:
    plugin = STRATEGIES.load(name)
    return plugin(3, from_mapping(plugin.Options, {}))


def landscape(identity: str) -> float | None:
    """A fixed score for every id; every fifth candidate fails."""
    number = int(identity[1:])
    return None if number % 5 == 4 else random.Random(identity).random() - 0.5


def play(strategy: Strategy, *, resume_each_time: str = "", shuffle: bool = False) -> list[Candidate]:
    """Spend the budget on the landscape and return all candidates."""
    told: list[Candidate] = []
    while len(told) < BUDGET:
        if resume_each_time:
            state = strategy.state()
            strategy = build(resume_each_time)
            strategy.restore(state)
        proposals = strategy.ask(BUDGET - len(told))
        assert 0 < len(proposals) <= BUDGET - len(told)
        ids = [f"c{len(told) + n:03d}" for n in range(len(proposals))]
        batch = [trained(i, landscape(i), operator=p.operator, parents=p.parents) for i, p in zip(ids, proposals, strict=True)]
        known = {candidate.id for candidate in told}
        assert all(set(candidate.parents) <= known for candidate in batch), "parents are candidates that were told"
        order = list(batch)
        if shuffle:
            random.Random(0).shuffle(order)
        for candidate in order:
            strategy.tell([candidate])
        told += batch
    return told


@pytest.mark.parametrize("name", STRATEGIES.names())
class TestStrategy:
    def test_is_deterministic(self, name: str):
        assert play(build(name)) == play(build(name))

    def test_spends_the_budget_exactly(self, name: str):
        assert len(play(build(name))) == BUDGET

    def test_resumes_at_every_step(self, name: str):
        assert play(build(name), resume_each_time=name) == play(build(name))

    def test_does_not_care_for_the_order_of_results(self, name: str):
        assert play(build(name), shuffle=True) == play(build(name))

    def test_state_is_json(self, name: str):
        strategy = build(name)
        strategy.ask(4)
        assert json.loads(strategy.state()) is not None

    def test_survives_failures_only(self, name: str):
        strategy = build(name)
        for _ in range(3):
            proposals = strategy.ask(4)
            assert proposals
            strategy.tell([trained(f"c{n:03d}", None, operator=p.operator) for n, p in enumerate(proposals)])
