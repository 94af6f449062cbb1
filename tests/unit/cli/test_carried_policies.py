"""Where a study's policies were carried on, its views and what is exported of it say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.records import Purpose, Score
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from tests.builders import keep, keep_run, run_of, save_policy, trained
from tests.scheduling import SOURCE


@pytest.fixture
def study(tmp_path: Path, guard: Guard, reach: Task) -> Path:
    """Each candidate began from the one before; the winner was trained again from scratch."""
    program = guard.check(SOURCE, reach).program
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", start_policy="parent")) as made:
        for number, score in enumerate((0.25, 0.5, 0.75)):
            name, start = f"c00{number}", f"c00{number - 1}-search-0" if number else ""
            run = {"policy": f"runs/{name}-search-0/policy.pt", "start": start}
            keep(made, trained(name, score, run=run, source=SOURCE, program=program))
            save_policy(made.folder.resolve() / str(run["policy"]), reach, seed=number)
        final = run_of("c002", Purpose.FINAL, policy="runs/c002-final-0/policy.pt")
        keep_run(made, final, Score(0.5, 0.01, 128))
    return tmp_path / "s"


def test_inspect_has_a_column_and_a_field_of_it(study: Path, capsys: pytest.CaptureFixture[str]):
    assert main.run(["inspect", str(study)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("c00")] == ["scratch", "c000", "c001"]
    assert any(line.rstrip().endswith("began from") for line in lines)
    assert main.run(["inspect", str(study), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["candidates"]
    assert [row["start"] for row in rows] == ["", "c000-search-0", "c001-search-0"]
    assert main.run(["inspect", str(study), "c002"]) == 0
    assert "its training began from the policy of c001-search-0\n" in capsys.readouterr().out


def test_without_any_there_is_no_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Study.create(tmp_path / "t", StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.25))
    assert main.run(["inspect", str(tmp_path / "t")]) == 0
    assert "began from" not in capsys.readouterr().out


def exported(study: Path, name: str) -> tuple[str, dict[str, object]]:
    """The sheet and ``policy.json``."""
    out = study.with_name(f"out-{name}")
    assert main.run(["export", str(study), name, "--out", str(out)]) == 0
    return (out / "README.md").read_text(encoding="utf-8"), json.loads((out / "policy.json").read_bytes())


def test_the_best_policy_is_exported_with_what_it_came_from(study: Path):
    sheet, spec = exported(study, "policy")
    assert "c000-search-0 > c001-search-0 > c002-search-0, 300 environment steps in all" in sheet
    assert "chosen as the best of several, this is biased upwards" in " ".join(sheet.split())
    assert (spec["candidate"], spec["env_steps"], spec["heritage_steps"]) == ("c002", 100, 300)
    assert spec["began_from"] == ["c000-search-0", "c001-search-0"]
    policy = (study.with_name("out-policy") / "policy.pt").read_bytes()
    assert policy == (study / "runs/c002-search-0/policy.pt").read_bytes()


def test_it_may_be_that_of_another_training_than_the_searchs(study: Path, reach: Task):
    with Study.open(study, write=True) as opened:
        run = run_of("c000", Purpose.FINALIST, policy="runs/c000-finalist-0/policy.pt")
        keep_run(opened, run, Score(0.9, 0.01, 128))
        save_policy(opened.policy_path(run), reach, seed=9)
    sheet, spec = exported(study, "policy")
    assert (spec["candidate"], spec["began_from"], spec["heritage_steps"]) == ("c000-finalist-0", [], 100)
    assert "began from an earlier policy" not in sheet


def test_a_study_without_a_policy_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Study.create(tmp_path / "t", StudyConfig("franka-reach")).close()
    assert main.run(["export", str(tmp_path / "t"), "policy", "--out", str(tmp_path / "out")]) == 2
    assert "has a score yet, so none is the best. Go on with `rewardsmith resume" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_policy_of_other_numbers_is_exported_without_the_program_of_now(study: Path, reach: Task):
    with Study.open(study, write=True) as opened:
        run = run_of("c002", Purpose.TUNE, policy="runs/c002-tune-0/policy.pt", program="0" * 64)
        keep_run(opened, run, Score(0.95, 0.01, 128))
        save_policy(opened.policy_path(run), reach, seed=9)
    sheet, spec = exported(study, "policy")
    assert spec["candidate"] == "c002-tune-0"
    assert "reward.py" not in sheet
    assert not (study.with_name("out-policy") / "reward.py").exists()
