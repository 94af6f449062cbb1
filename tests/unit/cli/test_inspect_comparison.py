"""``inspect`` on a comparison: the report of ``compare``, finished or not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import StudyConfig
from rewardsmith.records import Purpose, Score
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained

CONFIG = ComparisonConfig(StudyConfig("franka-reach"), ("eureka", "random"), repeats=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One of its two searches is at its end."""
    comparison = Comparison.create(tmp_path / "c", CONFIG)
    config = replace(CONFIG.study, strategy="eureka")
    with Study.create(tmp_path / "c" / "studies" / "eureka-s0", config) as made:
        keep(made, trained("c000", 0.5), trained("c001", 0.25, parents=("c000",)))
        keep_run(made, run_of("c000", Purpose.FINAL), Score(0.5, 0.01, 8))
        made.store.put_value("finished", "yes")
    return comparison.folder


def test_the_report_and_where_the_studies_are(folder: Path, capsys: pytest.CaptureFixture[str]):
    before = sorted(folder.iterdir())
    assert main.run(["inspect", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "# Comparison on franka-reach" in shown
    assert "1 of 2 searches are at their end" in shown
    assert f"its studies: {folder / 'studies' / 'eureka-s0'}" in shown
    assert main.run(["inspect", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["searches"][0]["winner"] == "c000"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("flags", [["best"], ["--tree"], ["--svg", "x.svg"]])
def test_what_belongs_to_a_study_is_refused(
    folder: Path, flags: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main.run(["inspect", str(folder), *flags]) == 2
    assert f"{flags[0]} belongs to a study" in capsys.readouterr().err


def test_before_the_first_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Comparison.create(tmp_path / "c", CONFIG)
    assert main.run(["inspect", str(tmp_path / "c")]) == 2
    assert "0 of 2 searches are at their end; `rewardsmith resume" in capsys.readouterr().err
