"""What every registered strategy must do, with each of its presets."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

import pytest

from rewardsmith.config_file import from_mapping
from rewardsmith.errors import RewardsmithError
from rewardsmith.records import CandidateState, Proposal, Run, RunState, Trial
from rewardsmith.registry import STRATEGIES
from tests.builders import trained
from tests.playing import Player

BUDGET = 60
Landscape = Callable[[str], float | None]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A strategy as users choose it."""

    name: str
    options: tuple[tuple[str, str | bool], ...] = ()

    def build(self, seed: int = 3, **more: str | bool) -> Player:
        plugin = STRATEGIES.load(self.name)
        return Player(plugin(seed, BUDGET, from_mapping(plugin.Options, {**dict(self.options), **more})))

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


def result(number: int, proposal: Proposal, scores: Landscape = landscape) -> Trial:
    identity = f"c{number:03d}"
    score = scores(identity)
    judgement = None if score is None else random.Random(f"judge {identity}").uniform(-1, 1)
    return trained(identity, score, operator=proposal.operator, parents=proposal.parents, judgement=judgement)


def play(kind: Kind, *, shuffle: bool = False, scores: Landscape = landscape, portion: int = BUDGET) -> list[Trial]:
    """Spend the budget batch by batch, and return all candidates."""
    strategy = kind.build()
    told: list[Trial] = []
    while len(told) < BUDGET:
        room = min(portion, BUDGET - len(told))
        proposals = strategy.ask(room)
        assert 0 < len(proposals) <= room
        batch = [result(len(told) + n, proposal, scores) for n, proposal in enumerate(proposals)]
        scored = {trial.id for trial in told if trial.score}
        assert all(set(trial.candidate.parents) <= scored for trial in batch), "parents are candidates that were told, with a score"
        for one in random.Random(0).sample(batch, len(batch)) if shuffle else batch:
            strategy.tell(one)
        told += batch
    return told


def overlap(kind: Kind, *, reverse: bool = False) -> list[Trial]:
    """Spend the budget with up to seven trainings under way, told in lots, the late ones before the early ones."""
    strategy, chance = kind.build(barrier=False), random.Random(1)
    known: list[Trial] = []
    pending: list[Trial] = []
    while len(known) < BUDGET or pending:
        free = min(7 - len(pending), BUDGET - len(known))
        proposals = strategy.ask(free)
        assert len(proposals) <= free
        assert proposals or pending, "it waits although everything is told"
        scored = {trial.id for trial in known if trial not in pending and trial.score}
        assert all(set(proposal.parents) <= scored for proposal in proposals)
        new = [result(len(known) + n, proposal) for n, proposal in enumerate(proposals)]
        known, pending = known + new, pending + new
        lot = chance.sample(pending, 1 + int(chance.random() * len(pending)))
        strategy.tell(*(lot[::-1] if reverse else lot))
        pending = [trial for trial in pending if trial not in lot]
    return known


def lineage(trials: list[Trial]) -> list[tuple[str, tuple[str, ...]]]:
    """Who came from whom, and how."""
    return [(trial.candidate.operator, trial.candidate.parents) for trial in trials]


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

    def test_does_not_care_for_the_order_of_results(self, kind: Kind):
        assert play(kind, shuffle=True) == play(kind)

    def test_a_barrier_changes_nothing_where_the_runner_waits_anyway(self, kind: Kind):
        waiting = Kind(kind.name, (*kind.options, ("barrier", True)))
        impatient = Kind(kind.name, (*kind.options, ("barrier", False)))
        assert play(waiting) == play(impatient)

    def test_says_whether_it_waits_for_whole_batches(self, kind: Kind):
        assert [kind.build(barrier=waits).strategy.barrier for waits in (True, False)] == [True, False]

    def test_candidates_have_the_names_that_they_are_given(self, kind: Kind):
        """What a person or an agent proposes takes names, too, so there are gaps."""
        strategy, names = kind.build(), [f"c{7 * number:03d}" for number in range(BUDGET)]
        first = strategy.strategy.ask(names)
        strategy.tell(*[trained(name, 0.1 * n) for n, name in enumerate(names[: len(first)])])
        twin = kind.build()
        twin.tell(*[trained(f"c{n:03d}", 0.1 * n) for n in range(len(twin.ask(BUDGET)))])
        renamed = {f"c{number:03d}": name for number, name in enumerate(names)}
        expected = [tuple(renamed[parent] for parent in proposal.parents) for proposal in twin.ask(BUDGET - len(first))]
        assert [proposal.parents for proposal in strategy.strategy.ask(names[len(first) :])] == expected

    def test_survives_failures_only(self, kind: Kind):
        assert all(trial.candidate.operator == "initial" for trial in play(kind, scores=lambda _: None))

    def test_survives_equal_scores(self, kind: Kind):
        assert len(play(kind, scores=lambda _: 0.0)) == BUDGET

    def test_survives_a_score_that_is_no_number(self, kind: Kind):
        broken = play(kind, scores=lambda identity: float("nan") if landscape(identity) is None else landscape(identity))
        assert lineage(broken) == lineage(play(kind))

    def test_holds_thousands_of_points_apart(self, kind: Kind):
        """A metric whose exponential would overflow."""
        assert len(play(kind, scores=lambda identity: 1e6 * (landscape(identity) or 0.0))) == BUDGET


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (0.001, -7.0), (64.0, 1e4)])
def test_by_default_the_unit_and_sign_of_the_metric_do_not_matter(name: str, factor: float, shift: float):
    moved = play(Kind(name), scores=lambda identity: None if (score := landscape(identity)) is None else factor * score + shift)
    assert lineage(moved) == lineage(play(Kind(name)))


class TestPendingResults:
    def test_spends_the_budget_exactly(self, kind: Kind):
        assert len(overlap(kind)) == BUDGET

    def test_is_deterministic(self, kind: Kind):
        assert overlap(kind) == overlap(kind)

    def test_does_not_care_for_the_order_within_a_lot(self, kind: Kind):
        assert overlap(kind, reverse=True) == overlap(kind)

    def test_proposes_more_while_the_last_result_is_due(self, kind: Kind):
        strategy = kind.build(barrier=False)
        first = strategy.ask(BUDGET)
        strategy.tell(*[result(n, proposal) for n, proposal in enumerate(first[:-1])])
        assert strategy.ask(BUDGET - len(first))

    def test_with_a_barrier_it_waits_for_the_last_result(self, kind: Kind):
        strategy = kind.build(barrier=True)
        first = strategy.ask(BUDGET)
        results = [result(n, proposal) for n, proposal in enumerate(first)]
        strategy.tell(*results[1:])
        assert strategy.ask(BUDGET - len(first)) == []
        strategy.tell(results[0])
        assert strategy.ask(BUDGET - len(first))

    def test_with_a_barrier_a_batch_is_the_same_whole_or_in_portions(self, kind: Kind):
        whole, portions = kind.build(barrier=True), kind.build(barrier=True)
        batch = whole.ask(BUDGET)
        assert [proposal for _ in batch for proposal in portions.ask(1)] == batch
        assert portions.ask(1) == []

    def test_nothing_is_proposed_without_a_budget(self, kind: Kind):
        assert kind.build().ask(0) == []


class TestBadInput:
    """Each against a twin that is not told what is refused, and goes on in the same way."""

    def refuses(self, kind: Kind, message: str, *trials: Trial, learned: bool = False) -> None:
        one, twin = self.begun(kind, learned), self.begun(kind, learned)
        with pytest.raises(RewardsmithError, match=message):
            one.tell(*trials)
        for strategy in (one, twin):
            due = range(strategy.proposed - 3, strategy.proposed) if learned else range(1, strategy.proposed)
            strategy.tell(*[trained(f"c{n:03d}", 0.1 * n) for n in due])
        assert one.ask(BUDGET - one.proposed) == twin.ask(BUDGET - twin.proposed)

    def begun(self, kind: Kind, learned: bool) -> Player:
        """Told of the first of three candidates; or of a whole batch, with three more under way."""
        strategy = kind.build()
        strategy.ask(BUDGET if learned else 3)
        strategy.tell(*[trained(f"c{n:03d}", 0.1 * n) for n in range(strategy.proposed if learned else 1)])
        if learned:
            strategy.ask(3)
        return strategy

    @pytest.mark.parametrize("identity", ["c003", "c999", "c1", "c0001", "x001", "human-0", "c", "", "c\u0660\u0660\u0661"])
    def test_a_candidate_that_was_never_proposed(self, kind: Kind, identity: str):
        self.refuses(kind, "never proposed", trained("c001", 0.5), trained(identity, 0.5))

    def test_a_candidate_that_was_told_before(self, kind: Kind):
        self.refuses(kind, "'c000' twice", trained("c001", 0.5), trained("c000", 0.5))

    def test_a_candidate_that_was_learned_from_before(self, kind: Kind):
        self.refuses(kind, "'c000' twice", trained("c000", 0.5), learned=True)

    def test_a_candidate_twice_in_one_lot(self, kind: Kind):
        self.refuses(kind, "'c001' twice", trained("c001", 0.5), trained("c001", 0.5))

    def test_a_candidate_without_a_run(self, kind: Kind):
        self.refuses(kind, "still ACCEPTED", dataclasses.replace(trained("c001", 0.5), runs=(), score=None))

    def test_a_candidate_that_is_to_be_repaired(self, kind: Kind):
        self.refuses(kind, "still PROPOSED", trained("c001", None, state=CandidateState.PROPOSED))

    @pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.TRAINED, RunState.LOST])
    def test_a_candidate_whose_run_is_not_at_its_end(self, kind: Kind, state: RunState):
        trial = trained("c001", 0.5)
        assert isinstance(trial.run, Run)
        under_way = dataclasses.replace(trial, runs=(dataclasses.replace(trial.run, state=state),), score=None)
        self.refuses(kind, f"still {state}", under_way)
