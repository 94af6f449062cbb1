from pathlib import Path

from rewardsmith.config import StudyConfig
from rewardsmith.records import Purpose, Score
from rewardsmith.reports.summary import final_rows, finalist_rows, summarise_study
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import called, keep, keep_run, run_of, trained


def again(study: Study, subject: str, purpose: Purpose, *scores: float | None) -> None:
    """Runs after the search; ``None``: one that crashed."""
    for number, score in enumerate(scores):
        run = run_of(subject, purpose, number, failed="" if score is not None else "it fell over")
        keep_run(study, run, None if score is None else Score(score, 0.01, 128))


def test_finals_are_grouped_by_reward_the_winner_first(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        keep(study, trained("c001", 0.5))
        again(study, "human", Purpose.BASELINE, 0.5)
        again(study, "c001", Purpose.FINAL, 0.75, 0.25)
        again(study, "sparse", Purpose.BASELINE, None)
        rows = final_rows(study)
    assert [(row.reward, row.scores, row.mean) for row in rows] == [
        ("c001", (0.75, 0.25), 0.5),
        ("human", (0.5,), 0.5),
        ("sparse", (None,), None),
    ]
    assert rows[2].states == ("CRASHED",)


def test_runs_of_an_earlier_winner_are_not_of_the_closing_comparison(tmp_path: Path):
    """As after a search that was raised and found a better one."""
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        keep(study, trained("c000", 0.5))
        again(study, "c000", Purpose.FINAL, 0.5)
        again(study, "human", Purpose.BASELINE, 0.25)
        assert [row.reward for row in final_rows(study)] == ["c000", "human"]
        keep(study, trained("c001", 0.75))
        assert [row.reward for row in final_rows(study)] == ["human"]  # the new one was not trained again yet
        again(study, "c001", Purpose.FINAL, 0.625)
        assert [(row.reward, row.scores) for row in final_rows(study)] == [
            ("c001", (0.625,)),
            ("human", (0.25,)),
        ]


def test_finalists_are_told_with_the_score_that_was_biased(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        keep(study, trained("c000", 0.9), trained("c001", 0.5), trained("c002", 0.7))
        again(study, "c000", Purpose.FINALIST, 0.25, 0.5)
        again(study, "c002", Purpose.FINALIST, None, None)
        again(study, "c001", Purpose.FINALIST, 0.75, None)
        rows = finalist_rows(study)
        summary = summarise_study(study)
    assert [(row.id, row.search_score, row.fresh_scores) for row in rows] == [
        ("c001", 0.5, (0.75,)),
        ("c000", 0.9, (0.25, 0.5)),
        ("c002", 0.7, ()),
    ]
    assert (summary.best, summary.winner, summary.finalists) == ("c000", "c001", rows)


def test_a_study_in_numbers(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        keep(study, trained("c000", 0.5), trained("c001", None, parents=("c000",), operator="reflect"))
        for identity, usage in (
            ("c000", Usage(1, 10, 20, None)),
            ("c001", Usage(1, 1, 1, None)),
            ("c001", Usage(1, unmetered=1)),
        ):
            study.store.add_call(called(identity, usage))
        again(study, "human", Purpose.BASELINE, 0.25)
        summary = summarise_study(study)
    assert (summary.best, summary.winner, summary.finalists) == ("c000", "c000", ())
    assert [(row.id, row.state, row.score) for row in summary.candidates] == [
        ("c000", "SCORED", 0.5),
        ("c001", "CRASHED", None),
    ]
    # mean of 0.25 and 0.5; the first epoch had no episode
    assert summary.candidates[0].training_success == 0.375
    assert summary.totals.trainings == 3
    assert summary.totals.env_steps == 300
    assert summary.totals.usage == Usage(3, 11, 21, None, unmetered=1)
