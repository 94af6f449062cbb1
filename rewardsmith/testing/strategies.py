"""What a strategy owes a search (see :class:`rewardsmith.contracts.Strategy`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from rewardsmith.contracts import Strategy
from rewardsmith.records import Trial
from rewardsmith.registry import missing_parts
from rewardsmith.testing.playing import BUDGET, StrategyCase, overlap, play, result
from rewardsmith.testing.trials import trained

__all__ = ["CHECKS", "StrategyCase"]


def it_has_all_parts(case: StrategyCase) -> None:
    """What is registered offers what the protocol lists, and its constants are frozen."""
    missing = missing_parts(case.plugin, Strategy)
    assert not missing, f"it lacks {', '.join(missing)}. Add what rewardsmith.contracts.Strategy lists"
    parameters = getattr(case.plugin.Options, "__dataclass_params__", None)
    assert getattr(parameters, "frozen", False), (
        f"Options is {case.plugin.Options!r}. Make it a frozen dataclass"
    )
    for field in dataclasses.fields(case.plugin.Options):
        default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        assert default, f"Options.{field.name} has no default. Users give only what they want to change"


def it_says_whether_it_waits(case: StrategyCase) -> None:
    """``barrier`` is a truth value, the same before and after work."""
    player = case.build()
    before = player.strategy.barrier
    assert isinstance(before, bool), f"barrier is {before!r}. Say True or False"
    play(player)
    assert player.strategy.barrier == before, (
        f"barrier was {before} and changed in a search. A runner asks once"
    )


def it_starts_from_nothing(case: StrategyCase) -> None:
    """Where nothing was told, nothing has parents."""
    for proposal in case.build().ask(BUDGET):
        assert not proposal.parents, (
            f"its first proposals have parents: {proposal.parents}. Nobody was told of yet"
        )


def it_is_deterministic(case: StrategyCase) -> None:
    """The same seed, asked and told the same, gives the same."""
    _same(play(case.build()), play(case.build()), "asked and told the same twice, it proposed other programs")


def it_spends_the_budget_exactly(case: StrategyCase) -> None:
    """Asked for a whole budget again and again, it names told parents only and goes to the end."""
    assert len(play(case.build())) == BUDGET


def it_spends_the_budget_in_small_portions(case: StrategyCase) -> None:
    """Asked for one or three programs at a time, it goes on as well."""
    for portion in (1, 3):
        assert len(play(case.build(), portion=portion)) == BUDGET


def nothing_is_proposed_without_names(case: StrategyCase) -> None:
    """There are no more proposals than names, and none at all are none."""
    assert case.build().strategy.ask([]) == [], (
        "it was given no names and proposed something. Propose no more than names"
    )


def candidates_have_the_names_that_they_are_given(case: StrategyCase) -> None:
    """What a person or an agent proposes takes names, too, so there are gaps."""
    strategy, names = case.build().strategy, [f"c{7 * number:03d}" for number in range(BUDGET)]
    first = strategy.ask(names)
    strategy.tell([trained(name, 0.1 * n) for n, name in enumerate(names[: len(first)])])
    twin = case.build()
    twin.tell(*[trained(f"c{n:03d}", 0.1 * n) for n in range(len(twin.ask(BUDGET)))])
    renamed = {f"c{number:03d}": name for number, name in enumerate(names)}
    expected = [
        tuple(renamed[parent] for parent in proposal.parents) for proposal in twin.ask(BUDGET - len(first))
    ]
    found = [proposal.parents for proposal in strategy.ask(names[len(first) :])]
    assert found == expected, (
        f"with candidates called {names[0]}, {names[1]}, {names[2]} it named the parents {found[:3]}, not "
        f"{expected[:3]}. "
        "A candidate has the name that ask was given, whatever its number"
    )


def it_survives_failures_only(case: StrategyCase) -> None:
    """A candidate that failed has no score: no parent, and no end."""
    assert len(play(case.build(), scores=lambda _: None)) == BUDGET


def it_survives_equal_scores(case: StrategyCase) -> None:
    """Nobody is better than anybody."""
    assert len(play(case.build(), scores=lambda _: 0.0)) == BUDGET


def it_survives_huge_scores(case: StrategyCase) -> None:
    """A metric whose exponential would overflow."""
    assert len(play(case.build(), scores=lambda identity: 1e6 * (int(identity[1:]) - 30))) == BUDGET


def it_proposes_more_while_a_result_is_due(case: StrategyCase) -> None:
    """Without a barrier."""
    player = case.build()
    first = player.ask(BUDGET // 2)
    player.tell(*[result(n, proposal) for n, proposal in enumerate(first[:-1])])
    assert player.strategy.barrier or player.ask(BUDGET - len(first)), (
        "it says that it does not wait (barrier is False), and proposed nothing while one result was due"
    )


def it_spends_the_budget_while_results_are_due(case: StrategyCase) -> None:
    """Without a barrier, with results that come in lots and late ones before early ones."""
    if not case.build().strategy.barrier:
        assert len(overlap(case.build())) == BUDGET


def it_is_deterministic_while_results_are_due(case: StrategyCase) -> None:
    """Without a barrier."""
    if not case.build().strategy.barrier:
        _same(
            overlap(case.build()), overlap(case.build()), "told the same in lots, it proposed other programs"
        )


def with_a_barrier_it_waits_for_the_last_result(case: StrategyCase) -> None:
    """Nothing comes before the whole batch is told, and something after it."""
    player = case.build()
    if not player.strategy.barrier:
        return
    first = player.ask(BUDGET)
    results = [result(n, proposal) for n, proposal in enumerate(first)]
    player.tell(*results[1:])
    if len(first) < BUDGET:
        early = player.ask(BUDGET - len(first))
        assert early == [], (
            f"it says that it waits (barrier is True), and proposed {len(early)} programs before all were "
            "told"
        )
    player.tell(results[0])
    assert len(first) == BUDGET or player.ask(BUDGET - len(first)), (
        "it was told of its whole batch and proposed nothing"
    )


def with_a_barrier_a_batch_is_the_same_in_portions(case: StrategyCase) -> None:
    """However few names it is given at a time."""
    whole, portions = case.build(), case.build()
    if not whole.strategy.barrier:
        return
    batch = whole.ask(BUDGET)
    parts = [proposal for _ in batch for proposal in portions.ask(1)]
    assert parts == batch, (
        f"asked for one at a time it proposed {parts[:3]}, asked at once {batch[:3]}. A batch is one thing"
    )
    assert portions.ask(1) == [], (
        f"its batch has {len(batch)} programs, and one at a time more. Wait for the results"
    )


def _same(one: list[Trial], other: list[Trial], what: str) -> None:
    for a, b in zip(one, other, strict=True):
        assert a == b, (
            f"{what}: {_described(a)} and {_described(b)}. Draw from the seed, and from nothing else"
        )


def _described(trial: Trial) -> str:
    return f"{trial.id} as {trial.candidate.operator!r} of {trial.candidate.parents}"


CHECKS: tuple[Callable[[StrategyCase], None], ...] = (
    it_has_all_parts,
    it_says_whether_it_waits,
    it_starts_from_nothing,
    it_is_deterministic,
    it_spends_the_budget_exactly,
    it_spends_the_budget_in_small_portions,
    nothing_is_proposed_without_names,
    candidates_have_the_names_that_they_are_given,
    it_survives_failures_only,
    it_survives_equal_scores,
    it_survives_huge_scores,
    it_proposes_more_while_a_result_is_due,
    it_spends_the_budget_while_results_are_due,
    it_is_deterministic_while_results_are_due,
    with_a_barrier_it_waits_for_the_last_result,
    with_a_barrier_a_batch_is_the_same_in_portions,
)
