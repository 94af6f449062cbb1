import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.records import Candidate, Purpose, Score, Trial
from rewardsmith.reports.lineage import as_graphml, as_node_link, line_of_descent, lineage, study_lineage
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained

FAMILY = [
    replace(
        trained("c000", 0.5, idea='be <near> & "hold"\n  still'),
        runs=(run_of("c000", failed="it fell over"), run_of("c000", number=1, env_steps=200)),
    ),
    trained("c001", None, parents=("c000",), operator="reflect", iteration=1, idea=""),
    trained("c002", 1.0, parents=("c001", "c000"), operator="crossover", iteration=2, idea="ünïcode 抓 🤖"),
    Trial(Candidate("c003", 3, "mutate", ("c002",))),
]


@pytest.fixture
def graph(tmp_path: Path) -> nx.DiGraph:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", strategy="revolve", seed=7)) as study:
        keep(study, *FAMILY)
        return study_lineage(study)


def candidates(*trials: Trial) -> list[Candidate]:
    return [trial.candidate for trial in trials]


def read_graphml(content: bytes) -> nx.DiGraph:
    graph = nx.parse_graphml(content.decode())
    assert graph.graph.pop("node_default") == graph.graph.pop("edge_default") == {}  # the reader adds them
    return graph


def test_edges_carry_the_operator_and_the_order_of_the_parents():
    edges = lineage(FAMILY).edges(data=True)
    assert list(edges) == [
        ("c000", "c001", {"operator": "reflect", "position": 0}),
        ("c000", "c002", {"operator": "crossover", "position": 1}),
        ("c001", "c002", {"operator": "crossover", "position": 0}),
        ("c002", "c003", {"operator": "mutate", "position": 0}),
    ]


def test_nodes_carry_what_is_known_and_nothing_for_what_is_not():
    nodes = lineage(FAMILY, "c002").nodes
    assert nodes["c000"] == {
        "operator": "initial",
        "state": "SCORED",
        "iteration": 0,
        "trainings": 2,
        "env_steps": 300,
        "idea": 'be <near> & "hold"\n  still',
        "score": 0.5,
        "standard_error": 0.01,
        "best": False,
    }
    assert [identity for identity, best in nodes(data="best") if best] == ["c002"]
    for failed in ("c001", "c003"):
        assert {"score", "standard_error"}.isdisjoint(nodes[failed])


def test_a_parent_that_is_named_twice_is_one_edge_at_its_first_position():
    graph = lineage(
        [trained("c000", 0.5), trained("c001", 0.5), trained("c002", 0.5, parents=("c000", "c000", "c001"))]
    )
    assert [(parent, position) for parent, _, position in graph.in_edges("c002", data="position")] == [
        ("c000", 0),
        ("c001", 1),
    ]


def test_the_graph_says_which_study_it_is(graph: nx.DiGraph):
    assert graph.graph == {"task": "franka-reach", "strategy": "revolve", "writer": "grammar", "seed": 7}
    assert graph.nodes["c002"]["best"] is True


def test_who_won_on_fresh_seeds_is_the_best(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        keep(study, *FAMILY)
        for identity, mean in (("c000", 0.75), ("c002", 0.25)):
            keep_run(study, run_of(identity, Purpose.FINALIST), Score(mean, 0.01, 8))
        assert [identity for identity, best in study_lineage(study).nodes(data="best") if best] == ["c000"]


def test_both_formats_open_to_an_equal_graph(graph: nx.DiGraph):
    assert nx.utils.graphs_equal(read_graphml(as_graphml(graph)), graph)
    assert nx.utils.graphs_equal(nx.node_link_graph(json.loads(as_node_link(graph)), edges="links"), graph)


def test_an_empty_study_has_an_empty_graph(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        empty = study_lineage(study)
    assert len(empty) == 0
    assert nx.utils.graphs_equal(read_graphml(as_graphml(empty)), empty)
    assert nx.utils.graphs_equal(nx.node_link_graph(json.loads(as_node_link(empty)), edges="links"), empty)


def test_no_character_that_a_model_may_write_breaks_a_format():
    odd = (
        "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0x9B, 0x2028, 0x202E, 0xD800, 0xFFFE, 0xFFFF, 0x1F916]))
        + "]]></data><!--\r\n"
    )
    graph = lineage([trained("c000", 0.5, idea=odd)])
    ElementTree.fromstring(as_graphml(graph))
    assert nx.utils.graphs_equal(read_graphml(as_graphml(graph)), graph)
    assert nx.utils.graphs_equal(nx.node_link_graph(json.loads(as_node_link(graph)), edges="links"), graph)
    idea = graph.nodes["c000"]["idea"]
    assert idea.endswith("\U0001f916]]></data><!--\n")
    assert "\t\n" in idea
    assert "\x1b" not in idea


def test_the_line_of_descent_follows_the_first_parents():
    assert line_of_descent(candidates(*FAMILY), "c003") == ["c000", "c001", "c002", "c003"]


def test_a_circle_of_parents_ends_and_so_does_a_parent_that_is_missing():
    circle = [trained("c000", 0.5, parents=("c001",)), trained("c001", 0.5, parents=("c000",))]
    assert line_of_descent(candidates(*circle), "c001") == ["c000", "c001"]
    assert line_of_descent(candidates(trained("c000", 0.5, parents=("c000",))), "c000") == ["c000"]
    assert line_of_descent(candidates(trained("c002", 0.5, parents=("c001",))), "c002") == ["c001", "c002"]
    assert line_of_descent([], "c002") == ["c002"]
