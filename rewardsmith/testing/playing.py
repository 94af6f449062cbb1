"""Whole searches by a strategy, with made-up scores in place of trainings."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rewardsmith.contracts import Strategy
from rewardsmith.records import Proposal, Trial
from rewardsmith.testing.trials import trained

BUDGET = 60
"""Candidates of a search."""
_UNDER_WAY = 7
Landscape = Callable[[str], float | None]
"""The true score of a candidate; ``None``: its training fails."""


class Player:
    """A strategy and how far it is: asked as a search asks, with candidates c000, c001, ..."""

    def __init__(self, strategy: Strategy) -> None:
        """Nothing is proposed yet."""
        self.strategy, self.proposed = strategy, 0

    def ask(self, room: int) -> list[Proposal]:
        """At most so many proposals."""
        names = [f"c{number:03d}" for number in range(self.proposed, self.proposed + room)]
        proposals = self.strategy.ask(names)
        assert len(proposals) <= room, (
            f"it was given {room} names and proposed {len(proposals)}. Propose no more than names"
        )
        self.proposed += len(proposals)
        return proposals

    def tell(self, *trials: Trial) -> None:
        """Of candidates at their end."""
        self.strategy.tell(trials)


@dataclass(frozen=True)
class StrategyCase:
    """A strategy with its constants, as a user chooses it."""

    plugin: Any
    """What is registered: the class."""
    options: Any = None
    """An instance of its ``Options``; ``None``: the defaults."""
    seed: int = 3

    def build(self, **changes: str | bool) -> Player:
        """A new strategy, with some constants changed."""
        options = self.plugin.Options() if self.options is None else self.options
        return Player(self.plugin(self.seed, BUDGET, replace(options, **changes) if changes else options))


def landscape(identity: str) -> float | None:
    """A fixed score for every id; every fifth candidate fails."""
    number = int(identity[1:])
    return None if number % 5 == 4 else random.Random(identity).random() - 0.5


def result(number: int, proposal: Proposal, scores: Landscape = landscape) -> Trial:
    """What became of the ``number``-th proposal."""
    identity = f"c{number:03d}"
    score = scores(identity)
    judgement = None if score is None else random.Random(f"judge {identity}").uniform(-1, 1)
    asked = {"operator": proposal.operator, "parents": proposal.parents, "follow_ups": proposal.follow_ups}
    return trained(identity, score, judgement=judgement, **asked)


def play(
    player: Player, *, shuffle: bool = False, scores: Landscape = landscape, portion: int = BUDGET
) -> list[Trial]:
    """Spend the budget batch by batch, and return all candidates.

    Args:
        player: With nothing proposed yet.
        shuffle: Tell of a batch in another order, one candidate at a time.
        scores: Of candidates.
        portion: As many proposals are asked for at a time.
    """
    told: list[Trial] = []
    while len(told) < BUDGET:
        proposals = player.ask(min(portion, BUDGET - len(told)))
        assert proposals, (
            f"it proposed nothing although it was told of all {len(told)} candidates. None is right only "
            "while some are due"
        )
        _check_parents(proposals, told)
        batch = [result(len(told) + n, proposal, scores) for n, proposal in enumerate(proposals)]
        if shuffle:
            for one in random.Random(0).sample(batch, len(batch)):
                player.tell(one)
        else:
            player.tell(*batch)
        told += batch
    return told


def overlap(player: Player, *, reverse: bool = False) -> list[Trial]:
    """Spend the budget with up to seven trainings under way, told in lots, the late ones first."""
    chance = random.Random(1)
    known: list[Trial] = []
    pending: list[Trial] = []
    while len(known) < BUDGET or pending:
        proposals = player.ask(min(_UNDER_WAY - len(pending), BUDGET - len(known)))
        assert proposals or pending, (
            "it proposed nothing although it was told of everything. Nobody is left to wait for"
        )
        _check_parents(proposals, [trial for trial in known if trial not in pending])
        new = [result(len(known) + n, proposal) for n, proposal in enumerate(proposals)]
        known, pending = known + new, pending + new
        lot = chance.sample(pending, 1 + int(chance.random() * len(pending)))
        player.tell(*(lot[::-1] if reverse else lot))
        pending = [trial for trial in pending if trial not in lot]
    return known


def lineage(trials: list[Trial]) -> list[tuple[str, tuple[str, ...]]]:
    """Who came from whom, and how."""
    return [(trial.candidate.operator, trial.candidate.parents) for trial in trials]


def _check_parents(proposals: list[Proposal], told: list[Trial]) -> None:
    scored = {trial.id for trial in told if trial.score}
    for proposal in proposals:
        unknown = set(proposal.parents) - scored
        assert not unknown, (
            f"it names {', '.join(sorted(unknown))} as parents of {proposal.operator!r}. "
            "Parents are candidates that it was told of, with a score"
        )
