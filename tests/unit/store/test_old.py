"""Studies of format 1 are read into today's records, and only that."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.study import Study

HONEST = Path(__file__).parents[2] / "data" / "format_1"


def changed(folder: Path, statement: str) -> Path:
    study = shutil.copytree(HONEST, folder / "study")
    database = sqlite3.connect(study / "study.db")
    database.execute(statement)
    database.commit()
    database.close()
    return study


def test_candidates_runs_and_scores_are_read():
    with Study.open(HONEST) as study:
        assert [trial.state for trial in study.trials] == ["SCORED"] * 3
        assert [run.id for run in study.runs if run.purpose != "search"] == [
            "c000-final-0",
            "human-baseline-0",
            "sparse-baseline-0",
        ]
        assert study.policy_path(study.runs[0]).is_file()


def test_it_is_not_continued():
    with pytest.raises(StoreError, match=r"has an older format.*rewardsmith==0\.1\.0"):
        Study.open(HONEST, write=True)


@pytest.mark.parametrize("trainings", [20_001, 10**15])
def test_more_trainings_than_a_study_has_are_refused(tmp_path: Path, trainings: int):
    """Every one becomes a run."""
    study = changed(
        tmp_path,
        f"UPDATE candidates SET record = json_set(record, '$.trainings', {trainings}) WHERE id = 'c002'",
    )
    with pytest.raises(StoreError, match="number of trainings does not fit its row 'c002'"):
        Study.open(study)


@pytest.mark.parametrize("field", ["policy", "candidate"])
def test_a_training_of_another_place_is_refused(tmp_path: Path, field: str):
    study = changed(
        tmp_path,
        f"UPDATE candidates SET record = json_set(record, '$.training.{field}', '../x') WHERE id = 'c000'",
    )
    with pytest.raises(StoreError, match="does not fit its row 'c000'"):
        Study.open(study)
