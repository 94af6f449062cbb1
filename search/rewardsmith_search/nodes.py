"""The tree of a tree search: who came from whom, and what is known of each branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rewardsmith_search.selection import backed_up

ROOT = -1
"""Parent of the programs that are written from nothing. It is no program."""


@dataclass
class Node:
    """One candidate in the tree."""

    parent: int = ROOT
    depth: int = 0
    """1 for a program written from nothing; 0 for the root."""
    visits: int = 0
    score: float | None = None
    """Its own; ``None`` as long as it is under way, and for ever if it failed."""
    value: float = 0.0
    """Q. It means something where there is a score."""
    judgement: float = 0.0
    """The writer's own rating; 0, no opinion, where none could be had."""
    total: float = 0.0
    """Sum of the scores in its branch, its own included."""
    scored: int = 0
    """How many they are."""
    height: int = 0
    """Levels of scored programs below it."""
    children: list[int] = field(default_factory=list)


@dataclass
class Tree:
    """Candidates by number, their values, and the best of all.

    A program under way counts as a visit of all its ancestors from the moment it is planned: the
    virtual loss that sends the next expansion elsewhere (as in WU-UCT, Liu et al., ICLR 2020:
    unobserved visits, no made-up value). A failure stays such a visit and says nothing of values.
    """

    own_visit: bool
    """Whether a program with children still counts as a visit of itself."""
    elite_size: int
    root: Node = field(default_factory=Node)
    nodes: list[Node] = field(default_factory=list)
    elite: list[int] = field(default_factory=list)
    """The best by their own scores, best first; of equals the one proposed first."""
    low: float | None = None
    """Lowest own score so far."""
    high: float | None = None
    told: int = 0
    """Results so far, failures too."""

    def node(self, number: int) -> Node:
        """A candidate's node, or the root."""
        return self.root if number == ROOT else self.nodes[number]

    def line(self, number: int) -> Iterator[Node]:
        """The node and its ancestors, upwards, without the root."""
        while number != ROOT:
            yield self.nodes[number]
            number = self.nodes[number].parent

    def path(self, number: int) -> list[int]:
        """Numbers from depth 1 down to the node."""
        found: list[int] = []
        while number != ROOT:
            found.append(number)
            number = self.nodes[number].parent
        return found[::-1]

    def scored_children(self, number: int) -> list[int]:
        """Those that can be compared, in the order of their proposals."""
        return [child for child in self.node(number).children if self.nodes[child].score is not None]

    def add(self, parent: int) -> None:
        """Plan the next candidate as a child of ``parent``.

        With ``own_visit`` the visits of a program are 1 + its descendants (RF-Agent's code), else
        those of its children (its paper), where a program without children has 1.
        """
        above = self.node(parent)
        gain = 1 if self.own_visit or above.children or parent == ROOT else 0
        for ancestor in self.line(parent):
            ancestor.visits += gain
        self.root.visits += gain
        above.children.append(len(self.nodes))
        self.nodes.append(Node(parent, above.depth + 1, visits=1))

    def learn(
        self, number: int, score: float | None, judgement: float | None, best_rate: float, mean_rate: float
    ) -> None:
        """Take in a result and back it up to all ancestors but the root, the nearest first."""
        self.told += 1
        if score is None:
            return
        node = self.nodes[number]
        node.score = node.value = node.total = score
        node.judgement, node.scored = judgement or 0.0, 1
        self.low = score if self.low is None else min(self.low, score)
        self.high = score if self.high is None else max(self.high, score)
        ranked = sorted([*self.elite, number], key=lambda n: (-(self.nodes[n].score or 0.0), n))
        self.elite = ranked[: self.elite_size]
        for height, ancestor in enumerate(self.line(node.parent), start=1):
            ancestor.total += score
            ancestor.scored += 1
            ancestor.height = max(ancestor.height, height)
            best = max(
                child.value
                for child in map(self.nodes.__getitem__, ancestor.children)
                if child.score is not None
            )
            ancestor.value = backed_up(
                ancestor.value, best, ancestor.total / ancestor.scored, best_rate, mean_rate
            )
