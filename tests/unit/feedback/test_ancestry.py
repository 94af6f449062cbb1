"""How a program came about."""

from __future__ import annotations

from rewardsmith.feedback.ancestry import Ancestor, path
from rewardsmith.records import Trial
from rewardsmith.templates import render
from tests.builders import trained


def trial(name: str, score: float | None, terms: str, *parents: str) -> Trial:
    shown = {term: [1.0] for term in terms}
    return trained(
        name, score, components=shown, operator="reflect" if parents else "initial", parents=parents
    )


TRIALS = {
    one.id: one
    for one in (
        trial("c000", 0.1, "ab"),
        trial("c001", None, ""),
        trial("c002", 0.3, "ac", "c000"),
        trial("c003", 0.2, "ac", "c002"),
        trial("c010", 0.4, "abc", "c003", "c000"),
    )
}


def test_everybody_on_the_way_is_told_of_once_and_in_order():
    found = path([TRIALS["c010"]], TRIALS.get)
    assert found == (
        Ancestor("c000", "initial", (), 0.1, ("a", "b"), ()),
        Ancestor("c002", "reflect", ("c000",), 0.3, ("c",), ("b",)),
        Ancestor("c003", "reflect", ("c002",), 0.2, (), ()),
        Ancestor("c010", "reflect", ("c003", "c000"), 0.4, (), ()),
    )


def test_in_words():
    assert render("path", ancestry=path([TRIALS["c003"]], TRIALS.get)).splitlines() == [
        "- c000 (initial): true score 0.1; with a, b",
        "- c002 (reflect of c000): true score 0.3; with c; without b",
        "- c003 (reflect of c002): true score 0.2; the same terms in other forms or numbers",
    ]
    assert (
        render("path", ancestry=path([TRIALS["c001"]], TRIALS.get)) == "- c001 (initial): no trained policy"
    )


def test_of_a_long_way_the_last_part_is_told():
    line = [trial("c000", 0.0, "a"), *(trial(f"c{n:03d}", 0.1, "a", f"c{n - 1:03d}") for n in range(1, 40))]
    found = path([line[-1]], {one.id: one for one in line}.get)
    assert [ancestor.id for ancestor in found] == [f"c{n:03d}" for n in range(28, 40)]
