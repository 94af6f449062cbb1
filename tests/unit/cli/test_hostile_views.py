"""Views take any text and any number, and as many as there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from evil_text import EVIL, OURS, harmless, hostile
from rich.console import Console

from rewardsmith.cli import live
from rewardsmith.cli.console import Screen
from rewardsmith.cli.lineage_tree import LineageTree
from rewardsmith.cli.views import bar, candidate_table, study_view, usage_text
from rewardsmith.config import StudyConfig
from rewardsmith.records import CandidateState, Rung, RunState, Score, Trial
from rewardsmith.reports.models import ModelUse
from rewardsmith.reports.spent import Totals
from rewardsmith.reports.summary import FinalistRow, FinalRow, StudySummary, row
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import keep, trained


def summary(*trials: Trial, text: str = EVIL) -> StudySummary:
    usage = Usage(10**18, 10**18, 10**18, 1e18, 10**18, 10**18, 10**18)
    totals = Totals(len(trials), 10**400, 10**400, float("nan"), usage)
    finalists = (FinalistRow(text, float("nan"), (float("inf"), 1e308)), FinalistRow(text, None, ()))
    finals = (FinalRow(text, (None, float("nan"), 1e308), (text,) * 3),)
    uses = (ModelUse(text, text, text),) * 2
    return StudySummary(
        text,
        text,
        text,
        text,
        text,
        10**400,
        text,
        text,
        tuple(map(row, trials)),
        finalists,
        finals,
        totals,
        uses,
    )


@pytest.mark.parametrize("console", [Console, Screen])
def test_views_take_any_text_and_any_number(console: type[Console]):
    """Also on a console that parses markup."""
    text = f"{EVIL}\ud800"
    scores = (float("nan"), float("inf"), float("-inf"), 1e308, -5.0, None)
    trials = [hostile(text, score, parents=(text, text + "2")) for score in scores]
    rung = Rung(10**400, Score(float("nan"), float("nan"), 3), 1, 1)
    trials += [hostile(text, 0.5, state=state) for state in CandidateState]
    trials += [
        hostile(text, None, run={"state": state, "fault": None, "rungs": rungs})
        for state in RunState
        for rungs in ((), (rung,))
    ]
    for view in (study_view(summary(*trials, text=text), text), LineageTree(summary(*trials, text=text))):
        for terminal in (False, True):
            screen = console(force_terminal=terminal, width=90, record=True)
            with screen.capture() as shown:
                screen.print(view)
            harmless(shown.get(), terminal=terminal)
            assert max(map(len, OURS.sub("", shown.get()).splitlines())) <= 90


def test_a_bar_has_ten_places_or_none():
    assert [len(bar(score).plain) for score in (None, float("nan"))] == [0, 0]
    assert [len(bar(score).plain) for score in (float("inf"), float("-inf"), -1.0, 0.3, 2.0)] == [10] * 5


def test_of_ten_thousand_candidates_the_newest_are_shown_and_words_have_an_end(
    capsys: pytest.CaptureFixture[str],
):
    made = [trained(f"c{n:05d}", 0.5, operator="long" * 1000, idea="idea " * 1000) for n in range(10_000)]
    few = [replace(row(trained("c0", None)), reason="word " * 100_000)]
    for view in (candidate_table(list(map(row, made)), None), LineageTree(summary(*made))):
        Screen(width=100).print(view)
        shown = capsys.readouterr().out
        assert "c09999" in shown
        assert "9,000 earlier ones are not shown" in shown
        assert len(shown) < 150_000
    Screen(width=100).print(candidate_table(few, None))
    assert len(capsys.readouterr().out) < 2000


def test_the_live_table_keeps_the_newest_in_sight(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LINES", "30")
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", candidates=100)) as study:
        for number in range(100):
            keep(study, trained(f"c{number:03d}", 0.5))
        with live.LiveObserver(study, 100, Screen(force_terminal=True, width=100)) as observer:
            observer.stage("the stage")
            shown = capsys.readouterr().out
    assert "c099" in shown
    assert "the stage" in shown
    assert "c050" not in shown


def test_a_usage_of_anything_is_a_short_line():
    assert len(usage_text(Usage(10**18, 10**18, 10**18, 1e18))) < 200
