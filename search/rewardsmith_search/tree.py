"""Tree search: RF-Agent (Gao et al., NeurIPS 2025, arXiv 2602.23876).

Programs form a tree. Walk down from the root by UCT with the writer's own judgement as a prior,
write children of the program reached there by five operators, train them, and back their scores up,
mostly as the best below; repeat.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rewardsmith.contracts import ALIGN, VERIFY
from rewardsmith.records import Proposal
from rewardsmith_search.nodes import ROOT, Tree
from rewardsmith_search.options import AT_LEAST_0, AT_LEAST_1, SHARE, Options
from rewardsmith_search.search import Result, Search
from rewardsmith_search.selection import draw_some, linear, rank_weights, softmax, to_unit, uct


@dataclass(frozen=True, init=False)
class TreeOptions(Options):
    """Constants of the search.

    Where nothing else is said, paper and code agree with the default.
    """

    initial: int = 6
    """Programs written from nothing, depth 1."""
    structure: int = 2
    """Structural mutations per expansion; this and the next four
    are children of one program, 8 in all."""
    parameters: int = 2
    """Parameter mutations per expansion."""
    crossover: int = 2
    """Crossovers with the elite per expansion."""
    path: int = 1
    """Programs per expansion that reason along the path from depth 1."""
    different: int = 1
    """Programs per expansion that are to differ from other branches."""
    exploration_start: float = 0.4
    """lambda at first."""
    exploration_end: float = 0.1
    """lambda when the budget is spent. ``paper``: 0."""
    best_rate: float = 0.7
    """eta: the weight of the best child in the backup."""
    mean_rate: float = 0.15
    """Weight of the mean in the backup at first; it falls to 0 with the
    budget. ``paper``: 0, it has no such term."""
    own_visit: bool = True
    """Visits of a program are 1 + its descendants. ``paper``: the sum of its children's."""
    elite: int = 10
    """Size of the elite for crossover; drawn by weights 1 / (rank + 2) (code and
    appendix; the paper's text says: by score)."""
    distinct: bool = True
    """Elite programs shown together differ. ``paper``, ``release``: drawn with
    replacement, the leaf too, so one may be shown twice."""
    shown_low: int = 2
    """Programs shown by crossover and by ``different``, the leaf
    included: at least, drawn uniformly."""
    shown_high: int = 4
    """The same: at most."""
    path_low: int = 4
    """The last programs of the path that are shown: at least, as far
    as there are so many. ``paper``: 2."""
    path_high: int = 4
    """The same: at most."""
    max_depth: int = 0
    """Depth at which a program is expanded again rather than its
    children; 0 for none. ``release``: 16."""
    zero_in_bounds: bool = False
    """Whether 0 counts among the scores when values are brought to 0 to 1. ``release``: yes."""
    align: bool = True
    """Whether the writer describes each trained program anew (thought
    alignment); descendants are shown that."""
    verify: bool = True
    """Whether the writer rates each trained program
    (self-verification), the prior of the selection."""
    horizon: int = 0
    """Candidates of the whole search, N, for the schedules; 0:
    as many as the study was made for."""

    CHANGES: ClassVar = {
        "paper": {
            "exploration_end": 0.0,
            "mean_rate": 0.0,
            "own_visit": False,
            "distinct": False,
            "path_low": 2,
        },
        "release": {"distinct": False, "max_depth": 16, "zero_in_bounds": True},
    }
    RANGES: ClassVar = {
        "initial": AT_LEAST_1, "structure": AT_LEAST_1, "parameters": AT_LEAST_0, "crossover": AT_LEAST_0,
        "path": AT_LEAST_0,
        "different": AT_LEAST_0, "exploration_start": AT_LEAST_0, "exploration_end": AT_LEAST_0,
        "best_rate": SHARE, "mean_rate": SHARE,
        "elite": AT_LEAST_1, "shown_low": AT_LEAST_1, "shown_high": AT_LEAST_1, "path_low": AT_LEAST_1,
        "path_high": AT_LEAST_1,
        "max_depth": AT_LEAST_0, "horizon": AT_LEAST_0,
    }  # fmt: skip


class TreeStrategy(Search[TreeOptions, Tree]):
    """Monte Carlo tree search over programs.

    Mended against the authors' code, always: the self-verification sees the aligned idea and the
    final program (the code rates what is stored before either is there, so its prior is noise);
    failures are states that are never selected, shown or backed up (they score 0, above every
    program where the metric is negative); the maximum of the backup leaves out siblings that are
    under way (they count as 0); results are backed up in the order of proposals, not of completion;
    the budget is kept to the candidate (the code ends at 86 of 80), so the decay never turns
    negative. Mended by default, kept in the presets: bounds of the values start at 0; a program may
    be shown twice; the depth cap.

    By default constants are those of the code, which the published results came from; ``paper`` has
    those that are printed. Without ``barrier``, expansions go on while others are under way, led
    elsewhere by their virtual loss (see :class:`Tree`).
    """

    NAME = "rf-agent"
    Options = TreeOptions

    def __init__(self, seed: int, candidates: int, options: TreeOptions) -> None:
        """Start with a root and nothing else."""
        super().__init__(seed, candidates, options, Tree(options.own_visit, options.elite))

    def _plan(self, room: int) -> list[Proposal]:
        """The first layer, again if all of it failed; then one expansion."""
        del room
        if self._memory.elite:
            leaf = self._select()
            batch = self._expand(leaf, self._rng())
        elif self._pending:
            return []
        else:
            leaf = ROOT
            batch = [("initial", ())] * self._options.initial
        for _ in batch:
            self._memory.add(leaf)
        follow_ups = (ALIGN,) * self._options.align + (VERIFY,) * self._options.verify
        return [
            Proposal(operator, tuple(self._names[parent] for parent in parents), follow_ups)
            for operator, parents in batch
        ]

    def _select(self) -> int:
        """Descend from the root to a program without trained children.

        Each step goes to the child of highest UCT, the first of equals.
        """
        tree, options = self._memory, self._options
        exploration = linear(options.exploration_start, options.exploration_end, self._done())
        number = ROOT
        while children := tree.scored_children(number):
            if options.max_depth and tree.node(number).depth >= options.max_depth:
                break
            priors = softmax([tree.nodes[child].judgement for child in children])
            visits = tree.node(number).visits
            worth = [
                uct(self._unit(tree.nodes[child].value), tree.nodes[child].visits, visits, prior, exploration)
                for child, prior in zip(children, priors, strict=True)
            ]
            number = children[worth.index(max(worth))]
        return number

    def _unit(self, value: float) -> float:
        """A value between the lowest and the highest own score so far.

        The bounds never count backed-up values.
        """
        low, high = self._memory.low or 0.0, self._memory.high or 0.0
        return (
            to_unit(value, min(0.0, low), max(0.0, high))
            if self._options.zero_in_bounds
            else to_unit(value, low, high)
        )

    def _done(self) -> float:
        """Share of the budget of which the results are in, t / N."""
        return self._memory.told / (self._options.horizon or self._candidates)

    def _expand(self, leaf: int, rng: random.Random) -> list[tuple[str, Sequence[int]]]:
        """Operators and what each shows; the leaf always comes last."""
        options = self._options
        batch: list[tuple[str, Sequence[int]]] = [("tree_mutate_structure", (leaf,))] * options.structure
        batch += [("tree_mutate_parameters", (leaf,))] * options.parameters
        batch += [
            ("tree_crossover_elite", (*self._elites(leaf, rng), leaf)) for _ in range(options.crossover)
        ]
        batch += [("tree_path", self._path(leaf, rng)) for _ in range(options.path)]
        batch += [("tree_different", (*self._strangers(leaf, rng), leaf)) for _ in range(options.different)]
        return batch

    def _elites(self, leaf: int, rng: random.Random) -> list[int]:
        """Some of the best programs, by the weights of their ranks."""
        elite = [number for number in self._memory.elite if number != leaf or not self._options.distinct]
        count = _uniform(rng, self._options.shown_low, self._options.shown_high) - 1
        return [
            elite[rank]
            for rank in draw_some(rng, rank_weights(len(elite)), count, again=not self._options.distinct)
        ]

    def _path(self, leaf: int, rng: random.Random) -> list[int]:
        """The last programs on the way from depth 1 to the leaf, the oldest first."""
        return self._memory.path(leaf)[-_uniform(rng, self._options.path_low, self._options.path_high) :]

    def _strangers(self, leaf: int, rng: random.Random) -> list[int]:
        """One program from each of some other depth-1 branches.

        Down to a random depth, always to the best child by own score.
        """
        tree = self._memory
        own = tree.path(leaf)[0]
        branches = [child for child in tree.scored_children(ROOT) if child != own]
        count = _uniform(rng, self._options.shown_low, self._options.shown_high) - 1
        shown: list[int] = []
        for index in draw_some(rng, [1.0] * len(branches), count):
            number = branches[index]
            for _ in range(_uniform(rng, 0, tree.nodes[number].height)):
                children = tree.scored_children(number)
                if not children:
                    break
                number = max(children, key=lambda child: (tree.nodes[child].score or 0.0, -child))
            shown.append(number)
        return shown

    def _learn(self, results: Sequence[Result]) -> None:
        """Back up in the order of proposals.

        The weight of the mean falls with the share of the budget, this result included.
        """
        for result in results:
            done = (self._memory.told + 1) / (self._options.horizon or self._candidates)
            mean_rate = linear(self._options.mean_rate, 0.0, done)
            self._memory.learn(
                result.number, result.score, result.judgement, self._options.best_rate, mean_rate
            )


def _uniform(rng: random.Random, low: int, high: int) -> int:
    """An integer from ``low`` to ``high``, both included; ``low`` where they cross."""
    return low + int(rng.random() * (max(low, high) - low + 1))
