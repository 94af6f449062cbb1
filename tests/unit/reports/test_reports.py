from pathlib import Path

from rewardsmith.config import StudyConfig
from rewardsmith.records import FinalRun
from rewardsmith.reports.summary import final_rows, summarise_study
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import called, trained


def final(identity: str, reward: str, score: float | None) -> FinalRun:
    training = trained(identity, score).training
    assert training
    return FinalRun(identity, reward, training)


def test_finals_are_grouped_by_reward_the_winner_first():
    runs = [
        final("human-0", "human", 0.5),
        final("best-0", "best:c1", 0.75),
        final("best-1", "best:c1", 0.25),
        final("sparse-0", "sparse", None),
    ]
    rows = final_rows(runs)
    assert [(row.reward, row.scores, row.mean) for row in rows] == [
        ("best:c1", (0.75, 0.25), 0.5),
        ("human", (0.5,), 0.5),
        ("sparse", (None,), None),
    ]
    assert rows[2].states == ("CRASHED",)


def test_a_study_in_numbers(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as study:
        study.save(trained("c000", 0.5))
        study.save(trained("c001", None, parents=("c000",), operator="reflect"))
        for identity, usage in (("c000", Usage(1, 10, 20, None)), ("c001", Usage(1, 1, 1, None)), ("c001", Usage(1, unmetered=1))):
            study.store.add_call(called(identity, usage))
        study.store.put_final(final("human-0", "human", 0.25))
        summary = summarise_study(study)
    assert summary.best == "c000"
    assert [(row.id, row.state, row.score) for row in summary.candidates] == [("c000", "SCORED", 0.5), ("c001", "CRASHED", None)]
    assert summary.candidates[0].training_success == 0.375  # mean of 0.25 and 0.5; the first epoch had no episode
    assert summary.totals.trainings == 3
    assert summary.totals.env_steps == 300
    assert summary.totals.usage == Usage(3, 11, 21, None, unmetered=1)
