"""Task files: as good as a registered name, and used only at their user's word."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError, UsageError
from rewardsmith.task_files import FOLDER, TaskRegistry, trust
from tests.steered import task_file


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def kept(tmp_path: Path) -> Path:
    """A study's folder whose user brought a task file."""
    tasks, study = TaskRegistry(), tmp_path / "study"
    study.mkdir()
    tasks.keep(tasks.named(str(task_file(tmp_path))), study)
    return study


def test_a_file_is_as_good_as_a_name(tmp_path: Path):
    tasks = TaskRegistry()
    with pytest.raises(UsageError, match="unknown task 'steered-disk'"):
        tasks.load("steered-disk")
    assert tasks.named(str(task_file(tmp_path))) == "steered-disk"
    assert "steered-disk" in tasks.names()
    assert tasks.load("steered-disk").horizon == 20
    assert tasks.named("franka-push") == "franka-push"


def test_another_process_loads_it_by_its_reference(tmp_path: Path):
    here, there = TaskRegistry(), TaskRegistry()
    reference = here.reference(here.named(str(task_file(tmp_path))))
    assert there.load(reference).name == "steered-disk"
    assert here.reference("franka-push") == "franka-push"


def test_a_file_that_was_changed_meanwhile_is_another_task(tmp_path: Path):
    tasks = TaskRegistry()
    reference = tasks.reference(tasks.named(str(task_file(tmp_path))))
    task_file(tmp_path, horizon="horizon: 30")
    with pytest.raises(UsageError, match=r"steered\.yaml was changed since"):
        tasks.load(reference)


def test_functions_belong_to_the_file(tmp_path: Path):
    path = task_file(tmp_path, success="success: {function: 'rules.py:met'}")
    (tmp_path / "rules.py").write_text("def met(env, obs, info):\n    return 1.0\n", encoding="utf-8")
    tasks = TaskRegistry()
    reference = tasks.reference(tasks.named(str(path)))
    (tmp_path / "rules.py").write_text("def met(env, obs, info):\n    return 0.0\n", encoding="utf-8")
    with pytest.raises(UsageError, match="was changed since"):
        tasks.load(reference)


def test_a_study_keeps_its_file_and_knows_where_it_came_from(tmp_path: Path):
    study = kept(tmp_path)
    assert {path.name for path in (study / FOLDER).iterdir()} == {"steered.yaml", "origin"}
    (tmp_path / "steered.yaml").unlink()
    tasks = TaskRegistry()
    tasks.find(study)
    assert tasks.load("steered-disk").horizon == 20
    assert str(study) in tasks.reference("steered-disk")


def test_a_copy_of_the_study_elsewhere_on_this_machine_is_its_users(tmp_path: Path):
    moved = shutil.copytree(kept(tmp_path), tmp_path / "moved")
    tasks = TaskRegistry()
    tasks.find(moved)
    assert "steered-disk" in tasks.names()


def test_a_study_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    study = kept(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    tasks = TaskRegistry()
    tasks.find(study)
    assert "steered-disk" not in tasks.names()
    with pytest.raises(UsageError, match=r"(?s)brings a task file of its own.*rewardsmith trust .*/study"):
        tasks.load("steered-disk")
    trust(study)
    tasks.find(study)
    assert tasks.load("steered-disk").horizon == 20


@pytest.mark.parametrize("name", ["steered.yaml", "origin", "rules.py"])
def test_nothing_can_be_changed_or_added_after_it_was_trusted(tmp_path: Path, name: str):
    study = kept(tmp_path)
    with (study / FOLDER / name).open("a", encoding="utf-8") as file:
        file.write("\n# more")
    tasks = TaskRegistry()
    tasks.find(study)
    assert "steered-disk" not in tasks.names()


def test_a_name_of_a_registered_task_is_refused(tmp_path: Path):
    path = task_file(tmp_path, name="name: franka-push")
    with pytest.raises(UsageError, match="calls its task franka-push, as a registered one"):
        TaskRegistry().named(str(path))


def test_a_study_cannot_take_the_name_of_a_registered_task(tmp_path: Path):
    study = kept(tmp_path)
    task_file(study / FOLDER, name="name: franka-push")
    with pytest.raises(StoreError, match="calls its task franka-push, as a registered one"):
        TaskRegistry().find(study)


@pytest.mark.parametrize("text", ["[1, 2", "just words", "format: 2\n"])
def test_what_is_no_task_file(tmp_path: Path, text: str):
    study = kept(tmp_path)
    (study / FOLDER / "steered.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match=r"(?s)the study's task file cannot be used: .*steered\.yaml"):
        TaskRegistry().find(study)


def test_unknown_suites_are_named():
    with pytest.raises(UsageError, match="unknown task 'nosuite:push'"):
        TaskRegistry().named("nosuite:push")
