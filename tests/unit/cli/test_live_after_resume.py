"""What a resumed study has already is shown, and not counted as work that is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from rewardsmith.cli import live
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import TrainingProgress
from rewardsmith.study import Study
from tests.builders import keep, trained

PROGRESS = TrainingProgress(50, 100, (("c001-search-0", 0.25),))


@pytest.fixture
def study(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", candidates=3, final_seeds=0)) as study:
        keep(study, trained("c000", 0.5))
        yield study


def test_lines_know_the_best_so_far(study: Study, capsys: pytest.CaptureFixture[str]):
    with live.watch(study, 100, Console(force_terminal=False)) as observer:
        assert isinstance(observer, live.PlainObserver)
        observer.progress(PROGRESS)
    assert "best so far c000 0.500" in capsys.readouterr().out


def test_the_table_has_what_is_finished(study: Study, capsys: pytest.CaptureFixture[str]):
    with live.watch(study, 100, Console(force_terminal=True, width=100)) as observer:
        assert isinstance(observer, live.LiveObserver)
        observer.progress(PROGRESS)
    shown = capsys.readouterr().out
    assert "best so far: c000 0.500" in shown
    assert "SCORED" in shown


def test_only_what_is_left_is_due(study: Study):
    # Three candidates of 100 steps, one of them is scored, and the baselines are off.
    assert live.PlainObserver(study, 100)._clock.due == 200


def test_what_batches_did_that_nobody_announced_counts_as_done():
    """A resumed search trains what was left, one batch after another, without a stage between."""
    clock = live.Clock(due=300)
    clock.training_s = 10.0
    for steps in (50, 100, 20, 100, 50):
        clock.tick(TrainingProgress(steps, 100, ()))
    assert (clock.done, clock.batch) == (200, 50)
    assert clock.left == "about 2 s left"  # 50 of 300 steps, after 10 s for 250


def test_a_score_of_nothing_is_not_the_best_so_far(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Study.create(tmp_path / "z", StudyConfig("franka-reach", candidates=3)) as study:
        keep(study, trained("c000", 0.0))
        for console in (Console(force_terminal=False), Console(force_terminal=True, width=100)):
            with live.watch(study, 100, console) as observer:
                observer.trial(trained("c001", 0.0))
                observer.progress(PROGRESS)
            shown = capsys.readouterr().out
            assert "best so far" in shown
            assert "none yet" in shown
            assert " *" not in shown
