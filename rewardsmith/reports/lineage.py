"""Who comes from whom: a graph derived from the store, never kept beside it."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from rewardsmith.records import Candidate


def lineage(candidates: Sequence[Candidate]) -> nx.DiGraph:
    """Edges run from parent to child and carry the operator; nodes carry state and score."""
    graph = nx.DiGraph()
    for candidate in candidates:
        graph.add_node(candidate.id, state=str(candidate.state), score=candidate.score.mean if candidate.score else None)
        graph.add_edges_from((parent, candidate.id, {"operator": candidate.operator}) for parent in candidate.parents)
    return graph


def line_of_descent(candidates: Sequence[Candidate], identity: str) -> list[str]:
    """A candidate and its first parents, the oldest first."""
    parents = {candidate.id: candidate.parents for candidate in candidates}
    line = [identity]
    while parents.get(line[0]):
        line.insert(0, parents[line[0]][0])
    return line
