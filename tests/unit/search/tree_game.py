"""A tree strategy that is told of each batch before it is asked for the next."""

from rewardsmith.records import Proposal
from rewardsmith_search.tree import TreeOptions, TreeStrategy
from tests.builders import trained
from tests.playing import Player

NARROW = {"structure": 1, "parameters": 0, "crossover": 0, "path": 0, "different": 0}
"""One child per expansion."""


def agent(budget: int = 10_000, **options: bool | int | float | str) -> Player:
    return Player(TreeStrategy(0, budget, TreeOptions(**options)))


class Game:
    """A strategy that is told of each batch before it is asked for the next."""

    def __init__(self, strategy: Player, budget: int = 10_000) -> None:
        self.strategy, self.told, self.budget = strategy, 0, budget

    def ask(self) -> list[Proposal]:
        self.asked = self.strategy.ask(self.budget - self.told)
        return self.asked

    def tell(self, *scores: float | None, judgements: tuple[float, ...] = ()) -> None:
        """Results of the batch; what is not given failed."""
        padded = [*scores, *[None] * (len(self.asked) - len(scores))]
        rated = [*judgements, *[None] * (len(self.asked) - len(judgements))]
        pairs = zip(padded, rated, strict=True)
        self.strategy.tell(
            *[
                trained(f"c{self.told + n:03d}", score, judgement=judgement)
                for n, (score, judgement) in enumerate(pairs)
            ]
        )
        self.told += len(self.asked)

    def next(self) -> list[tuple[str, ...]]:
        """What the next batch shows."""
        return [proposal.parents for proposal in self.ask()]

    def leaf(self) -> str:
        """The program that is expanded next."""
        return self.next()[0][-1]
