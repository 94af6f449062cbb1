"""Every registered strategy, with each of its presets, keeps the
contract; and what ours promise beyond it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from rewardsmith.config_file import from_mapping
from rewardsmith.errors import RewardsmithError
from rewardsmith.records import CandidateState, Run, RunState, Trial
from rewardsmith.registry import STRATEGIES
from rewardsmith.testing import strategies
from rewardsmith.testing.playing import BUDGET, Player, StrategyCase, landscape, lineage, overlap, play
from tests.builders import trained


def case(name: str, **options: str | bool) -> StrategyCase:
    plugin = STRATEGIES.load(name)
    return StrategyCase(plugin, from_mapping(plugin.Options, options))


def cases() -> dict[str, StrategyCase]:
    """Every strategy, and with it every preset that it has."""
    found: dict[str, StrategyCase] = {}
    for name in STRATEGIES.names():
        found[name] = case(name)
        if "preset" in {field.name for field in dataclasses.fields(found[name].plugin.Options)}:
            found |= {f"{name}-{preset}": case(name, preset=preset) for preset in ("paper", "release")}
    return found


CASES = cases()


@pytest.fixture(params=CASES)
def kind(request: pytest.FixtureRequest) -> StrategyCase:
    return CASES[request.param]


@pytest.mark.parametrize("barrier", [True, False], ids=["waiting", "impatient"])
@pytest.mark.parametrize("check", strategies.CHECKS)
def test_it_keeps_the_contract(kind: StrategyCase, barrier: bool, check: Callable[[StrategyCase], None]):
    check(dataclasses.replace(kind, options=dataclasses.replace(kind.options, barrier=barrier)))


class TestOurs:
    def test_starts_from_nothing(self, kind: StrategyCase):
        assert all(p.operator == "initial" for p in kind.build().ask(BUDGET))

    def test_starts_again_where_all_failed(self, kind: StrategyCase):
        assert all(
            trial.candidate.operator == "initial" for trial in play(kind.build(), scores=lambda _: None)
        )

    def test_does_not_care_for_the_order_of_results(self, kind: StrategyCase):
        assert play(kind.build(), shuffle=True) == play(kind.build())

    def test_does_not_care_for_the_order_within_a_lot(self, kind: StrategyCase):
        assert overlap(kind.build(barrier=False), reverse=True) == overlap(kind.build(barrier=False))

    def test_a_barrier_changes_nothing_where_the_runner_waits_anyway(self, kind: StrategyCase):
        assert play(kind.build(barrier=True)) == play(kind.build(barrier=False))

    def test_the_option_says_whether_it_waits_for_whole_batches(self, kind: StrategyCase):
        assert [kind.build(barrier=waits).strategy.barrier for waits in (True, False)] == [True, False]

    def test_survives_a_score_that_is_no_number(self, kind: StrategyCase):
        broken = play(
            kind.build(),
            scores=lambda identity: float("nan") if landscape(identity) is None else landscape(identity),
        )
        assert lineage(broken) == lineage(play(kind.build()))


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (0.001, -7.0), (64.0, 1e4)])
def test_by_default_the_unit_and_sign_of_the_metric_do_not_matter(name: str, factor: float, shift: float):
    def moved(identity: str) -> float | None:
        return None if (score := landscape(identity)) is None else factor * score + shift

    assert lineage(play(case(name).build(), scores=moved)) == lineage(play(case(name).build()))


class TestBadInput:
    """Each against a twin that is not told what is refused, and goes on in the same way."""

    def refuses(self, kind: StrategyCase, message: str, *trials: Trial, learned: bool = False) -> None:
        one, twin = self.begun(kind, learned), self.begun(kind, learned)
        with pytest.raises(RewardsmithError, match=message):
            one.tell(*trials)
        for strategy in (one, twin):
            due = range(strategy.proposed - 3, strategy.proposed) if learned else range(1, strategy.proposed)
            strategy.tell(*[trained(f"c{n:03d}", 0.1 * n) for n in due])
        assert one.ask(BUDGET - one.proposed) == twin.ask(BUDGET - twin.proposed)

    def begun(self, kind: StrategyCase, learned: bool) -> Player:
        """Told of the first of three candidates; or of a whole batch, with three more under way."""
        strategy = kind.build()
        strategy.ask(BUDGET if learned else 3)
        strategy.tell(*[trained(f"c{n:03d}", 0.1 * n) for n in range(strategy.proposed if learned else 1)])
        if learned:
            strategy.ask(3)
        return strategy

    @pytest.mark.parametrize(
        "identity", ["c003", "c999", "c1", "c0001", "x001", "human-0", "c", "", "c\u0660\u0660\u0661"]
    )
    def test_a_candidate_that_was_never_proposed(self, kind: StrategyCase, identity: str):
        self.refuses(kind, "never proposed", trained("c001", 0.5), trained(identity, 0.5))

    def test_a_candidate_that_was_told_before(self, kind: StrategyCase):
        self.refuses(kind, "'c000' twice", trained("c001", 0.5), trained("c000", 0.5))

    def test_a_candidate_that_was_learned_from_before(self, kind: StrategyCase):
        self.refuses(kind, "'c000' twice", trained("c000", 0.5), learned=True)

    def test_a_candidate_twice_in_one_lot(self, kind: StrategyCase):
        self.refuses(kind, "'c001' twice", trained("c001", 0.5), trained("c001", 0.5))

    def test_a_candidate_without_a_run(self, kind: StrategyCase):
        self.refuses(kind, "still ACCEPTED", dataclasses.replace(trained("c001", 0.5), runs=(), score=None))

    def test_a_candidate_that_is_to_be_repaired(self, kind: StrategyCase):
        self.refuses(kind, "still PROPOSED", trained("c001", None, state=CandidateState.PROPOSED))

    @pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.TRAINED, RunState.LOST])
    def test_a_candidate_whose_run_is_not_at_its_end(self, kind: StrategyCase, state: RunState):
        trial = trained("c001", 0.5)
        assert isinstance(trial.run, Run)
        under_way = dataclasses.replace(
            trial, runs=(dataclasses.replace(trial.run, state=state),), score=None
        )
        self.refuses(kind, f"still {state}", under_way)
