"""Which finished studies have nothing left to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.cli.search import nothing_left
from rewardsmith.config import StudyConfig
from rewardsmith.records import CandidateState, Purpose, Trial
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained

PROPOSED = Trial(trained("c001", None, state=CandidateState.PROPOSED).candidate)


@pytest.mark.parametrize(
    ("finished", "trials", "confirming", "done"),
    [
        ("yes", [trained("c000", 0.5), trained("c001", None)], 0, True),
        ("yes", [trained("c000", 0.5)], 1, True),
        ("yes", [trained("c000", 0.5)], 0, False),  # fewer than now asked for
        ("yes", [trained("c000", 0.5), PROPOSED], 0, False),  # ended by a limit
        ("yes", [trained("c000", None), trained("c001", None)], 0, False),  # its failure is told again
        ("", [trained("c000", 0.5), trained("c001", None)], 0, False),
    ],
)
def test_a_study_has_nothing_left(
    finished: str, trials: list[Trial], confirming: int, done: bool, tmp_path: Path
):
    config = StudyConfig("franka-reach", candidates=2, finalists=1)
    with Study.create(tmp_path / "s", config) as study:
        keep(study, *trials)
        for number in range(confirming):
            keep_run(study, run_of("c000", Purpose.CONFIRM, number), None)
        study.store.put_value("finished", finished)
        assert nothing_left(study) == done
