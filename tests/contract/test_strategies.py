"""What every registered strategy must do, with each of its presets."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable

import pytest

from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import Strategy
from rewardsmith.errors import RewardsmithError
from rewardsmith.records import Candidate, Proposal, State
from rewardsmith.registry import STRATEGIES
from tests.builders import trained

BUDGET = 60
Landscape = Callable[[str], float | None]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A strategy as users choose it."""

    name: str
    options: tuple[tuple[str, str | bool], ...] = ()

    def build(self, seed: int = 3, **more: str | bool) -> Strategy:
        plugin = STRATEGIES.load(self.name)
        return plugin(seed, from_mapping(plugin.Options, {**dict(self.options), **more}))

    def __str__(self) -> str:
        return "-".join([self.name, *(str(value) for _, value in self.options)])


def kinds() -> list[Kind]:
    """Every strategy, and with it every preset that it has."""
    presets = ("paper", "release")
    has = [name for name in STRATEGIES.names() if "preset" in {f.name for f in dataclasses.fields(STRATEGIES.load(name).Options)}]
    return [Kind(name) for name in STRATEGIES.names()] + [Kind(name, (("preset", preset),)) for name in has for preset in presets]


def landscape(identity: str) -> float | None:
    """A fixed score for every id; every fifth candidate fails."""
    number = int(identity[1:])
    return None if number % 5 == 4 else random.Random(identity).random() - 0.5


def candidate(number: int, proposal: Proposal, scores: Landscape = landscape) -> Candidate:
    identity = f"c{number:03d}"
    score = scores(identity)
    judgement = None if score is None else random.Random(f"judge {identity}").uniform(-1, 1)
    return trained(identity, score, operator=proposal.operator, parents=proposal.parents, judgement=judgement)


def play(
    kind: Kind, *, resume: bool = False, shuffle: bool = False, scores: Landscape = landscape, portion: int = BUDGET
) -> list[Candidate]:
    """Spend the budget as the runner does, batch by batch, and return all candidates."""
    strategy = kind.build()
    told: list[Candidate] = []
    while len(told) < BUDGET:
        strategy = reborn(strategy, kind) if resume else strategy
        proposals = strategy.ask(min(portion, BUDGET - len(told)))
        assert 0 < len(proposals) <= min(portion, BUDGET - len(told))
        batch = [candidate(len(told) + n, proposal, scores) for n, proposal in enumerate(proposals)]
        scored = {c.id for c in told if c.score}
        assert all(set(c.parents) <= scored for c in batch), "parents are candidates that were told, with a score"
        order = random.Random(0).sample(batch, len(batch)) if shuffle else batch
        for one in order:
            strategy = reborn(strategy, kind) if resume else strategy
            strategy.tell([one])
        told += batch
    return told


def overlap(kind: Kind, *, resume: bool = False, reverse: bool = False) -> list[Candidate]:
    """Spend the budget with up to seven trainings under way, told in lots, the late ones before the early ones."""
    strategy, chance = kind.build(barrier=False), random.Random(1)
    known: list[Candidate] = []
    pending: list[Candidate] = []
    while len(known) < BUDGET or pending:
        free = min(7 - len(pending), BUDGET - len(known))
        proposals = strategy.ask(free)
        assert len(proposals) <= free
        assert proposals or pending, "it waits although everything is told"
        scored = {c.id for c in known if c not in pending and c.score}
        assert all(set(proposal.parents) <= scored for proposal in proposals)
        new = [candidate(len(known) + n, proposal) for n, proposal in enumerate(proposals)]
        known, pending = known + new, pending + new
        if resume:
            strategy = reborn(strategy, kind, barrier=False)
        lot = chance.sample(pending, 1 + int(chance.random() * len(pending)))
        strategy.tell(lot[::-1] if reverse else lot)
        pending = [c for c in pending if c not in lot]
    return known


def reborn(strategy: Strategy, kind: Kind, **more: bool) -> Strategy:
    """The same strategy in another process."""
    state = strategy.state()
    other = kind.build(**more)
    other.restore(state)
    assert other.state() == state
    return other


@pytest.fixture(params=kinds(), ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


class TestBatchAfterBatch:
    def test_is_deterministic(self, kind: Kind):
        assert play(kind) == play(kind)

    def test_starts_from_nothing(self, kind: Kind):
        assert all(p.operator == "initial" and not p.parents for p in kind.build().ask(BUDGET))

    def test_spends_the_budget_exactly(self, kind: Kind):
        assert len(play(kind)) == BUDGET

    @pytest.mark.parametrize("portion", [1, 3])
    def test_spends_it_in_small_portions(self, kind: Kind, portion: int):
        assert len(play(kind, portion=portion)) == BUDGET

    def test_resumes_at_every_step(self, kind: Kind):
        assert play(kind, resume=True) == play(kind)

    def test_does_not_care_for_the_order_of_results(self, kind: Kind):
        assert play(kind, shuffle=True) == play(kind)

    def test_a_barrier_changes_nothing_where_the_runner_waits_anyway(self, kind: Kind):
        waiting = Kind(kind.name, (*kind.options, ("barrier", True)))
        impatient = Kind(kind.name, (*kind.options, ("barrier", False)))
        assert play(waiting) == play(impatient)

    def test_survives_failures_only(self, kind: Kind):
        assert all(c.operator == "initial" for c in play(kind, scores=lambda _: None))

    def test_survives_equal_scores(self, kind: Kind):
        assert len(play(kind, scores=lambda _: 0.0)) == BUDGET

    def test_survives_a_score_that_is_no_number(self, kind: Kind):
        broken = play(kind, scores=lambda identity: float("nan") if landscape(identity) is None else landscape(identity))
        assert [(c.operator, c.parents) for c in broken] == [(c.operator, c.parents) for c in play(kind)]

    def test_holds_thousands_of_points_apart(self, kind: Kind):
        """A metric whose exponential would overflow."""
        assert len(play(kind, scores=lambda identity: 1e6 * (landscape(identity) or 0.0))) == BUDGET


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (0.001, -7.0), (64.0, 1e4)])
def test_by_default_the_unit_and_sign_of_the_metric_do_not_matter(name: str, factor: float, shift: float):
    moved = play(Kind(name), scores=lambda identity: None if (score := landscape(identity)) is None else factor * score + shift)
    assert [(c.operator, c.parents) for c in moved] == [(c.operator, c.parents) for c in play(Kind(name))]


class TestPendingResults:
    def test_spends_the_budget_exactly(self, kind: Kind):
        assert len(overlap(kind)) == BUDGET

    def test_is_deterministic(self, kind: Kind):
        assert overlap(kind) == overlap(kind)

    def test_does_not_care_for_the_order_within_a_lot(self, kind: Kind):
        assert overlap(kind, reverse=True) == overlap(kind)

    def test_resumes_with_results_due(self, kind: Kind):
        assert overlap(kind, resume=True) == overlap(kind)

    def test_proposes_more_while_the_last_result_is_due(self, kind: Kind):
        strategy = kind.build(barrier=False)
        first = strategy.ask(BUDGET)
        strategy.tell([candidate(n, proposal) for n, proposal in enumerate(first[:-1])])
        assert strategy.ask(BUDGET - len(first))

    def test_with_a_barrier_it_waits_for_the_last_result(self, kind: Kind):
        strategy = kind.build(barrier=True)
        first = strategy.ask(BUDGET)
        results = [candidate(n, proposal) for n, proposal in enumerate(first)]
        strategy.tell(results[1:])
        assert strategy.ask(BUDGET - len(first)) == []
        strategy.tell(results[:1])
        assert strategy.ask(BUDGET - len(first))

    def test_with_a_barrier_a_batch_is_the_same_whole_or_in_portions(self, kind: Kind):
        whole, portions = kind.build(barrier=True), kind.build(barrier=True)
        batch = whole.ask(BUDGET)
        assert [proposal for _ in batch for proposal in portions.ask(1)] == batch
        assert portions.ask(1) == []

    def test_nothing_is_proposed_without_a_budget(self, kind: Kind):
        assert kind.build().ask(0) == []


class TestBadInput:
    @pytest.fixture
    def strategy(self, kind: Kind) -> Strategy:
        strategy = kind.build()
        strategy.ask(3)
        strategy.tell([candidate(0, Proposal("initial"))])
        return strategy

    def refuses(self, strategy: Strategy, message: str, *candidates: Candidate) -> None:
        before = strategy.state()
        with pytest.raises(RewardsmithError, match=message):
            strategy.tell(candidates)
        assert strategy.state() == before

    @pytest.mark.parametrize("identity", ["c003", "c999", "c1", "c0001", "x001", "human-0", "c", "", "c\u0660\u0660\u0661"])
    def test_a_candidate_that_was_never_proposed(self, strategy: Strategy, identity: str):
        self.refuses(strategy, "never proposed. Proposed are: c000 to c002", trained("c001", 0.5), trained(identity, 0.5))

    def test_a_candidate_that_was_told_before(self, strategy: Strategy):
        self.refuses(strategy, "'c000' twice", trained("c001", 0.5), trained("c000", 0.5))

    def test_a_candidate_that_was_learned_from_before(self, kind: Kind):
        strategy = kind.build()
        first = strategy.ask(BUDGET)
        strategy.tell([candidate(n, proposal) for n, proposal in enumerate(first)])
        strategy.ask(3)
        self.refuses(strategy, "'c000' twice", trained("c000", 0.5))

    def test_a_candidate_twice_in_one_lot(self, strategy: Strategy):
        self.refuses(strategy, "'c001' twice", trained("c001", 0.5), trained("c001", 0.5))

    def test_a_candidate_that_is_not_final(self, strategy: Strategy):
        self.refuses(strategy, "still ACCEPTED", dataclasses.replace(trained("c001", 0.5), state=State.ACCEPTED))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"strategy": "other"}, "strategy 'other'"),
            ({"version": 99}, "version 99.*newer"),
            ({"version": 0}, "version 0"),
            ({"seed": 4}, "seed 4"),
            ({"options": {"samples": 99}}, "options"),
            ({"memory": 7, "pending": None}, "damaged"),
        ],
    )
    def test_a_foreign_state(self, kind: Kind, strategy: Strategy, change: dict[str, object], message: str):
        state = json.dumps(json.loads(strategy.state()) | change)
        self.refuses_state(strategy, state, message)

    @pytest.mark.parametrize("state", ["", "nonsense", "[]", "{}", "null", '{"parent": "c001", "asked": 4, "told": 4}'])
    def test_no_state_at_all(self, strategy: Strategy, state: str):
        self.refuses_state(strategy, state, "no state of the .* or one of a version before 1")

    def test_the_state_of_another_strategy(self, kind: Kind, strategy: Strategy):
        for name in STRATEGIES.names():
            if name != kind.name:
                self.refuses_state(strategy, Kind(name).build().state(), f"strategy '{name}'")

    def refuses_state(self, strategy: Strategy, state: str, message: str) -> None:
        before = strategy.state()
        with pytest.raises(RewardsmithError, match=message):
            strategy.restore(state)
        assert strategy.state() == before
