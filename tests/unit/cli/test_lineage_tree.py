import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from rewardsmith.cli.lineage_tree import LineageTree
from rewardsmith.cli.picture import save_picture
from rewardsmith.cli.states import STATE_STYLES
from rewardsmith.records import Candidate, CandidateState, Fault, RunState, Trial
from rewardsmith.reports.spent import Totals
from rewardsmith.reports.summary import INTERRUPTED, StudySummary, row
from rewardsmith.usage import Usage
from tests.builders import trained


def tree(trials: Sequence[Trial], winner: str | None = None) -> LineageTree:
    rows = tuple(map(row, trials))
    totals = Totals(len(rows), 0, 0, 0.0, Usage())
    return LineageTree(
        StudySummary("s", "franka-reach", "revolve", "grammar", "", 3, None, winner, rows, (), (), totals)
    )


def shown(
    trials: Sequence[Trial], winner: str | None = None, *, width: int = 100, color: bool = False
) -> list[str]:
    """The lines of the tree, without title and note."""
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=color, color_system="standard" if color else None).print(
        tree(trials, winner)
    )
    return file.getvalue().splitlines()[1:-1]


def chain(length: int) -> list[Trial]:
    return [trained(f"c{n:03d}", 0.5, parents=(f"c{n - 1:03d}",) if n else ()) for n in range(length)]


def test_children_stand_below_their_first_parent_which_names_no_one_and_others_are_named():
    family = [
        trained("c000", 0.25, idea="go near"),
        trained("c001", 0.5, idea="hold still"),
        trained("c002", None, parents=("c000",), operator="tree_mutate_structure", idea="faster"),
        trained("c003", 0.75, parents=("c001", "c000", "c002"), operator="crossover", idea="both"),
        Trial(Candidate("c004", 2, "reflect", ("c002",))),
    ]
    assert shown(family, "c003") == [
        "c000 initial 0.250  go near",
        "└── c002 mutate structure CRASHED  faster",
        "    └── c004 reflect PROPOSED",
        "c001 initial 0.500  hold still",
        "└── c003 crossover 0.750 * (also from c000, c002)  both",
    ]


def test_only_the_best_is_green():
    lines = shown([trained("c000", 0.25), trained("c001", 0.5)], "c001", color=True)
    assert ["\x1b[1;32m" in line for line in lines] == [False, True]
    assert "0.500 *" in lines[1]


def test_a_study_without_candidates_says_so():
    file = io.StringIO()
    Console(file=file, width=100).print(tree([]))
    assert file.getvalue().splitlines() == ["franka-reach · revolve · seed 3", "no candidates yet"]


@pytest.mark.parametrize("width", [10, 40, 80, 200])
def test_one_line_each_that_fits_however_many_deep_and_wordy(width: int):
    wordy = [
        trained(f"d{n}", 0.5, parents=("c001", "c000"), idea="抓 word " * 200, operator="crossover")
        for n in range(50)
    ]
    family = [*chain(500), *wordy]
    lines = shown(family, width=width)
    assert len(lines) == len(family)
    assert max(map(cell_len, lines)) <= width


def test_too_deep_for_the_width_they_stand_beside_their_parents_and_name_them():
    lines = shown(chain(6), width=52)  # three levels fit
    assert [line.removesuffix("  an idea") for line in lines] == [
        "c000 initial 0.500",
        "└── c001 initial 0.500",
        "    └── c002 initial 0.500",
        "        ├── c003 initial 0.500",
        "        ├── c004 initial 0.500 (from c003)",
        "        └── c005 initial 0.500 (from c004)",
    ]


def test_what_a_model_wrote_is_shown_and_never_obeyed():
    idea = "[red]a[/red] [link=http://x]b[/] [/]\x1b[31mc\x07\r\nd\u202ee :smile: \ud800"
    (line,) = shown([trained("c000", 0.5, idea=idea)])
    mark = "\ufffd"
    assert line == (
        f"c000 initial 0.500  [red]a[/red] [link=http://x]b[/] [/]{mark}[31mc{mark} d{mark}e :smile: {mark}"
    )


def test_every_state_has_a_style():
    written = [Trial(Candidate("c0", 0, "initial", state=state)) for state in CandidateState]
    ran = [trained("c0", None, idea="", run={"state": state, "fault": None}) for state in RunState]
    failed = [trained("c0", None, idea="", run={"fault": fault}) for fault in Fault]
    refused = Trial(Candidate("c0", 0, "initial", attempts=1))
    family = [trained("c0", 0.5, idea=""), *written, *ran, *failed, refused]
    assert [line.split()[2:] for line in shown(family)] == [
        ["0.500"],
        *([str(state)] for state in (*CandidateState, *RunState, *Fault, "REFUSED")),
    ]
    assert {trial.state for trial in family} | {INTERRUPTED} == STATE_STYLES.keys()


def test_a_picture_of_the_tree(tmp_path: Path):
    save_picture(tree([trained("c000", 0.5, idea="<&>\x1b")], "c000"), tmp_path / "t.svg")
    picture = (tmp_path / "t.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "c000" in picture
    assert "\x1b" not in picture
