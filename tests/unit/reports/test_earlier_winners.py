"""What a report tells of a search whose winner changed, on the way or after it."""

from pathlib import Path

from rewardsmith.config import StudyConfig
from rewardsmith.records import Purpose, Score
from rewardsmith.reports.comparison_report import compare
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, trained


def again(study: Study, subject: str, purpose: Purpose, mean: float, seed: int) -> None:
    keep_run(study, run_of(subject, purpose, seed=seed), Score(mean, 0.01, 128))


def test_a_comparison_counts_the_earned_winner_and_nobody_before_it(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-push", candidates=8)) as study:
        keep(study, trained("c000", 0.9), trained("c001", 0.7), trained("c002", 0.5))
        again(study, "c000", Purpose.FINALIST, 0.25, 1)
        again(study, "c001", Purpose.FINALIST, 0.75, 1)
        again(study, "c000", Purpose.FINAL, 1.0, 2)  # of the winner before finalists were trained
        again(study, "c001", Purpose.FINAL, 0.625, 2)
        study.store.put_value("finished", "yes")
        found = compare([study])
    (row,) = found.searches
    assert (row.winner, row.search_score, row.finalist_score, row.fresh_scores) == (
        "c001",
        0.7,
        0.75,
        (0.625,),
    )
    assert found.methods[0].scores == (0.625,)
    # What it cost to find the winner: three trainings of the search, and two of
    # the finalists; not what tells how good it is.
    assert (row.trainings, row.env_steps) == (5, 500)


def test_a_winner_that_was_not_trained_again_yet_has_no_score(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-push", candidates=2)) as study:
        keep(study, trained("c000", 0.5))
        again(study, "c000", Purpose.FINAL, 0.5, 2)
        keep(study, trained("c001", 0.75))
        study.store.put_value("finished", "yes")
        found = compare([study])
    assert (found.searches[0].winner, found.searches[0].fresh_scores) == ("c001", ())
    assert any("s has no winner with a fresh score" in warning for warning in found.warnings)


def test_how_the_winner_was_chosen_is_said(tmp_path: Path):
    config = StudyConfig("franka-push", candidates=8, finalist_seeds=2)
    with Study.create(tmp_path / "s", config) as study:
        setup = compare([study]).setup[0]
    assert (
        "winners chosen among the best 2 by 2 fresh seeds, winners trained again on 1 fresh seed each"
        in setup
    )
