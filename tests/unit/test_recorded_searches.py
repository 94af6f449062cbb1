"""The searches in ``results/real-model`` open, say what their page says, and can be given again."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import fmean

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Brief, TaskSheet
from rewardsmith.records import Purpose
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard.static import check_source
from rewardsmith.study import Study
from rewardsmith.testing.briefs import CountingLedger
from rewardsmith.writers.replay import ReplayWriter

FOLDER = Path(__file__).parents[2] / "results" / "real-model"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/config.yaml"))
ROW = r"\| {} \| .*? \| ([0-9.]+) \| ([0-9.]+) \((c[0-9]+)\) \| ([0-9.]+), ([0-9.]+) \|"


def test_there_are_seven():
    assert len(NAMES) == 7


@pytest.mark.parametrize("name", NAMES)
def test_a_search_is_as_its_page_says(name: str):
    row = re.search(ROW.format(name), (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert row
    with Study.open(FOLDER / name) as study:
        scores = [trial.score.mean for trial in study.trials if trial.score]
        finals = [score.mean for run in study.runs_for(Purpose.FINAL) if (score := study.score(run))]
        assert study.best
        shown = [
            f"{fmean(scores):.2f}",
            f"{max(scores):.2f}",
            study.best.id,
            *(f"{one:.2f}" for one in finals),
        ]
    assert list(row.groups()) == shown


@pytest.mark.parametrize("name", NAMES)
def test_every_program_would_be_accepted_today(name: str):
    with Study.open(FOLDER / name) as study:
        sources = [trial.candidate.source for trial in study.trials]
    assert len(sources) == 16
    for source in sources:
        check_source(source, TASKS.load("franka-push").signals)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_reply_is_given_again(name: str):
    sheet = TaskSheet.of(TASKS.load("franka-push"))
    writer = ReplayWriter(LanguageModelOptions(replay=str(FOLDER / name)))
    draft = writer.write(Brief("c000", sheet, "initial", (), 0), CountingLedger())
    assert "def compute_reward(" in draft.source
    assert not draft.error
