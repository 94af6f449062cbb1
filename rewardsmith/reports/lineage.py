"""Who comes from whom: a graph derived from the store, never kept beside it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence

import networkx as nx

from rewardsmith.records import Candidate, Trial
from rewardsmith.study import Study

_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def study_lineage(study: Study) -> nx.DiGraph:
    """The lineage of a study; the graph itself carries task, strategy, writer and seed."""
    winner, config = study.winner, study.config
    graph = lineage(study.trials, winner.id if winner else None)
    graph.graph.update(task=config.task, strategy=config.strategy, writer=config.writer, seed=config.seed)
    return graph


def lineage(trials: Sequence[Trial], best: str | None = None) -> nx.DiGraph:
    """Edges run from parent to child.

    A node is named by the candidate's id. Its attributes are plain texts and numbers, so that every
    format can hold them; a score that is missing is an attribute that is missing. An edge carries
    the child's operator and the parent's position among its parents, from 0.
    """
    graph = nx.DiGraph()
    for trial in trials:
        candidate = trial.candidate
        graph.add_node(candidate.id, **_attributes(trial), best=candidate.id == best)
        for position, parent in enumerate(dict.fromkeys(candidate.parents)):
            graph.add_edge(parent, candidate.id, operator=candidate.operator, position=position)
    return graph


def as_graphml(graph: nx.DiGraph) -> bytes:
    """The graph as GraphML, for Gephi, yEd and ``networkx.read_graphml``."""
    file = io.BytesIO()
    # not write_graphml: that writes otherwise where lxml happens to be installed
    nx.write_graphml_xml(graph, file)
    return file.getvalue()


def as_node_link(graph: nx.DiGraph) -> bytes:
    """The graph as node-link JSON, for D3 and ``networkx.node_link_graph(data, edges="links")``."""
    return (json.dumps(nx.node_link_data(graph, edges="links"), indent=2) + "\n").encode()


def line_of_descent(candidates: Sequence[Candidate], identity: str) -> list[str]:
    """A candidate and its first parents, the oldest first.

    Where they go round in a circle, once round.
    """
    parents = {candidate.id: candidate.parents for candidate in candidates}
    line = {identity: None}
    while (before := parents.get(next(reversed(line)))) and before[0] not in line:
        line[before[0]] = None
    return list(reversed(line))


def _attributes(trial: Trial) -> dict[str, str | int | float]:
    score = trial.score
    return {
        "operator": trial.candidate.operator,
        "state": trial.state,
        "iteration": trial.candidate.iteration,
        "trainings": len(trial.runs),
        "env_steps": trial.env_steps,
        "idea": _for_xml(trial.candidate.idea),
        **({"score": score.mean, "standard_error": score.standard_error} if score else {}),
    }


def _for_xml(text: str) -> str:
    """Text less what XML forbids (most control characters) or changes (carriage returns)."""
    return _NOT_IN_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
