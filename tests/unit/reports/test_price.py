"""What a search had spent when it first reached its winner's level."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.reports.spent import Price, Totals, price
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import keep, trained


@pytest.mark.parametrize(
    ("scores", "reached"),
    [([0.2, None, 0.6, 0.5], 2), ([0.6, 0.2, 0.6], 0), ([0.0, 0.0], 0), ([0.3], 0)],
)
def test_it_is_counted_up_to_the_first_as_good_as_the_winner(
    scores: list[float | None], reached: int, tmp_path: Path
):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        for number, score in enumerate(scores):
            keep(study, trained(f"c{number:03d}", score))
        steps = sum(trial.env_steps for trial in study.trials[: reached + 1])
        seconds = sum(trial.wall_s for trial in study.trials[: reached + 1])
        runs = sum(len(trial.runs) for trial in study.trials[: reached + 1])
        assert price(study) == Price(f"c{reached:03d}", Totals(reached + 1, runs, steps, seconds, Usage()))


def test_without_a_winner_there_is_none(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        assert price(study) is None
        keep(study, trained("c000", None))
        assert price(study) is None
