"""``rewardsmith score``: further scores of what was trained, beside those of the search."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from rewardsmith.cli import main
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.records import Score
from rewardsmith.study import Study
from tests.builders import keep, save_policy, trained

DATA = Path(__file__).parents[1] / "data"
AGAIN = ("--episodes", "4", "--json")


@pytest.fixture
def folder(tmp_path: Path, reach: Task) -> Path:
    folder = tmp_path / "s"
    with Study.create(folder, StudyConfig("franka-reach", candidates=2)) as study:
        for name, mean in (("c000", 0.1), ("c001", 0.3)):
            policy = f"runs/{name}-search-0/policy.pt"
            keep(study, trained(name, mean, run={"policy": policy}))
            (folder / policy).parent.mkdir(parents=True)
            save_policy(folder / policy, reach)
    return folder


def score(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> dict[str, Score]:
    assert main.run(["score", str(folder), *arguments, *AGAIN]) == 0
    rows = json.loads(capsys.readouterr().out)
    return {row["run"]: TypeAdapter(Score).validate_python(row["score"]) for row in rows}


def test_scores_are_kept_and_change_nothing_of_the_search(folder: Path, capsys: pytest.CaptureFixture[str]):
    first = score(capsys, folder, "c000", "best", "c001-search-0")
    assert list(first) == ["c000-search-0", "c001-search-0"]
    other = score(capsys, folder, "c000", "--seed", "1")
    with Study.open(folder) as study:
        kept = [found for found in study.store.scores().values() if found.episodes == 4]
        assert kept == [*first.values(), *other.values()]
        assert [trial.fitness for trial in study.trials] == [0.1, 0.3]
    assert len({found.seed for found in kept}) == 2
    assert {found.scorer for found in kept} == {"heldout"}


@pytest.mark.slow
def test_what_is_known_is_not_played_again(folder: Path, capsys: pytest.CaptureFixture[str]):
    before = score(capsys, folder)
    shutil.rmtree(folder / "runs")
    assert score(capsys, folder) == before
    assert main.run(["score", str(folder), *AGAIN]) == 0
    assert (
        "kept from before, nothing was played: c001-search-0 on these 4 episodes" in capsys.readouterr().err
    )


def test_inspect_shows_them(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = score(capsys, folder)["c001-search-0"]
    assert main.run(["inspect", str(folder), "best"]) == 0
    assert (
        f"scored again: {found.mean:.3f} ± {found.standard_error:.3f} over 4 episodes (heldout)"
        in capsys.readouterr().out
    )


def test_a_study_of_an_older_version_is_only_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    shutil.copytree(DATA / "format_1", tmp_path / "old")
    old = next(path.parent for path in (tmp_path / "old").rglob("study.db"))
    assert main.run(["score", str(old)]) == 1
    assert "has an older format" in capsys.readouterr().err
