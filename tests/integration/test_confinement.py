"""What a training worker can do, tried from within: a trainer of a plug-in that attempts it all, in the real process."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.contracts import SPARSE, TrainingJob
from rewardsmith.errors import StoreError
from rewardsmith.execution.confinement import landlock
from rewardsmith.records import State
from rewardsmith.training.remote import WorkerTrainer
from tests.children.spy import EMPTY, VICTIM
from tests.conftest import TINY

pytestmark = pytest.mark.skipif(sys.platform != "linux" or landlock.version() < 3, reason="this kernel has no Landlock of version 3")
SECRET = "sk-not-for-workers"


@pytest.fixture
def spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Installs a package with the spy as a trainer, as `pip install` would."""
    package = tmp_path / "packages" / "spy-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: spy\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[rewardsmith.trainers]\nspy = tests.children.spy:Spy\n")
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    return "spy"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "sibling"
    (folder / EMPTY).mkdir(parents=True)
    (folder / VICTIM).write_text("kept")
    return folder


def contents(folder: Path) -> dict[str, tuple[int, float, str]]:
    """Everything in a folder: mode, time and text."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_mtime, path.read_text() if path.is_file() else "")
        for path in folder.rglob("*")
    }


def test_only_training_is_possible(spy: str, outside: Path, tmp_path: Path):
    study = tmp_path / "study"
    before = contents(outside)
    trainer = WorkerTrainer("franka-reach", spy, TINY, 2, study / "candidates")
    try:
        (result,) = trainer.train([TrainingJob("a", str(outside), 0, str(study / "candidates" / "policy.pt"))], 0, lambda _: None)
    finally:
        trainer.close()
    assert result.cause.startswith("[{"), result.cause
    forbidden, allowed = json.loads(result.cause)
    assert [name for name, outcome in forbidden.items() if outcome == "done"] == []
    assert {name: outcome for name, outcome in allowed.items() if outcome != "done"} == {}
    assert {forbidden[name] for name in ("somebody's terminal", "another table of calls", "io_uring")} == {"EPERM"}  # not merely in vain
    assert contents(outside) == before
    assert [path.name for path in study.iterdir()] == ["candidates"]
    assert not any(path.is_symlink() or not (path.is_file() or path.is_dir()) for path in study.rglob("*"))
    assert "Landlock (writes only below the study)" in trainer.limits
    assert any(limit.startswith("seccomp") for limit in trainer.limits) == (os.uname().machine in ("x86_64", "aarch64"))


@pytest.mark.parametrize("name", ["population", "rl-games"])
@pytest.mark.slow
def test_a_training_goes_on_as_ever_and_a_second_one_in_the_same_worker(name: str, tmp_path: Path):
    trainer = WorkerTrainer("franka-reach", name, replace(TINY, env_steps=320), 2, tmp_path / "candidates", tmp_path / "finals")
    try:
        for folder in ("candidates", "finals"):
            jobs = [TrainingJob(job, SPARSE, 1, str(tmp_path / folder / job / "policy.pt")) for job in "ab"]
            results = list(trainer.train(jobs, 0, lambda _: None))
            assert [(result.state, result.cause) for result in results] == [(State.SCORED, "")] * 2
            assert all(Path(result.policy).is_file() for result in results)
    finally:
        trainer.close()


def test_a_job_elsewhere_is_an_honest_error(tmp_path: Path):
    trainer = WorkerTrainer("franka-reach", "population", TINY, 2, tmp_path / "study")
    with pytest.raises(StoreError, match=r"other/policy.pt is to be written by a worker that can write below .*/study only"):
        list(trainer.train([TrainingJob("a", SPARSE, 0, str(tmp_path / "other" / "policy.pt"))], 0, lambda _: None))
    assert not (tmp_path / "other").exists()


def test_a_link_instead_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "candidates").symlink_to(tmp_path / "elsewhere")
    trainer = WorkerTrainer("franka-reach", "population", TINY, 2, tmp_path / "candidates")
    with pytest.raises(StoreError, match="is a link"):
        list(trainer.train([TrainingJob("a", SPARSE, 0, str(tmp_path / "candidates" / "policy.pt"))], 0, lambda _: None))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_without_folders_those_of_the_jobs_are_taken(tmp_path: Path):
    trainer = WorkerTrainer("cartpole", "population", replace(TINY, env_steps=160), 2)
    try:
        for folder in ("one", "other"):
            (result,) = trainer.train([TrainingJob("a", SPARSE, 0, str(tmp_path / folder / "policy.pt"))], 0, lambda _: None)
            assert result.state == State.SCORED, result.cause
    finally:
        trainer.close()
