"""Searches, trainings and comparisons on a task file, through the command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.registry import TASKS
from rewardsmith.study import Study
from tests.steered import task_file

SMALL = ("--candidates", "2", "--training.env-steps", "2000", "--no-baselines", "--finalists", "1",
         "--final-seeds", "0", "--episodes", "8")  # fmt: skip


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def scores(folder: Path) -> dict[str, float]:
    with Study.open(folder) as study:
        return {trial.id: trial.score.mean for trial in study.trials if trial.score}


def test_a_search_that_was_moved_goes_on_without_the_file(tmp_path: Path):
    file, study, moved = task_file(tmp_path), tmp_path / "study", tmp_path / "moved"
    assert main.run(["search", str(file), *SMALL, "--out", str(study)]) == 0
    assert len(scores(study)) == 2
    file.unlink()
    shutil.copytree(study, moved)
    TASKS._brought.clear()
    assert main.run(["resume", str(moved), "--candidates", "4"]) == 0
    assert len(scores(moved)) == 4
    for command in (["inspect", str(moved)], ["export", str(moved), "best", "--out", str(tmp_path / "out")]):
        assert main.run(command) == 0


def test_somebody_elses_search_is_shown_but_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    study = tmp_path / "study"
    assert main.run(["search", str(task_file(tmp_path)), *SMALL, "--out", str(study)]) == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    TASKS._brought.clear()
    assert main.run(["inspect", str(study)]) == 0
    for command in (
        ["resume", str(study), "--candidates", "3"],
        ["score", str(study)],
        ["export", str(study), "best", "--out", str(tmp_path / "out")],
    ):
        capsys.readouterr()
        assert main.run(command) == 2
        assert f"rewardsmith trust {study}" in capsys.readouterr().err
    assert main.run(["trust", str(study)]) == 0
    assert "environment: tests.steered:Steered-v0" in capsys.readouterr().out
    assert main.run(["resume", str(study), "--candidates", "3"]) == 0


def test_train_and_its_folder(tmp_path: Path):
    file, out = task_file(tmp_path), tmp_path / "out"
    few = ["--training.env-steps", "2000", "--episodes", "8"]
    assert main.run(["train", str(file), "--reward", "human", *few, "--out", str(out)]) == 0
    file.unlink()
    TASKS._brought.clear()
    assert main.run(["export", str(out), "best", "--out", str(tmp_path / "exported")]) == 0


def test_a_comparison(tmp_path: Path):
    file, out = task_file(tmp_path), tmp_path / "out"
    terms = ["--strategies", "random", "eureka", "--repeats", "1", "--candidates", "2"]
    few = ["--training.env-steps", "2000", "--no-baselines", "--finalists", "1", "--episodes", "8"]
    assert main.run(["compare", str(file), *terms, *few, "--out", str(out)]) == 0
    file.unlink()
    TASKS._brought.clear()
    assert main.run(["resume", str(out)]) == 0
    assert main.run(["compare", str(out)]) == 0


def servers_of_workers() -> list[int]:
    """Servers of environments whose parents train."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = {int(row[0]): row for line in listed.splitlines()[1:] if len(row := line.split(None, 2)) == 3}
    return [
        pid
        for pid, (_, parent, words) in rows.items()
        if "serving/serve.py" in words and "training.worker" in rows.get(int(parent), ("", "", ""))[2]
    ]


@pytest.mark.slow
def test_a_killed_server_costs_its_own_runs_only(tmp_path: Path):
    """They are LOST and made again; the scores are those of a search that nobody disturbed."""
    quiet, hit = tmp_path / "quiet", tmp_path / "hit"
    file = task_file(tmp_path)
    longer = [*SMALL[:3], "30000", *SMALL[4:]]
    assert main.run(["search", str(file), *longer, "--out", str(quiet)]) == 0
    others = set(servers_of_workers())
    search = subprocess.Popen(
        [sys.executable, "-m", "rewardsmith.cli.main", "search", str(file), *longer, "--out", str(hit)],
        stdout=subprocess.DEVNULL,
    )
    killed = list[int]()

    def kill_one() -> None:
        while search.poll() is None and not killed:
            time.sleep(0.2)
            if found := set(servers_of_workers()) - others:
                time.sleep(2.0)
                os.kill(max(found), signal.SIGKILL)
                killed.append(max(found))

    killer = threading.Thread(target=kill_one)
    killer.start()
    assert search.wait(300) == 0
    killer.join()
    assert killed
    assert scores(hit) == scores(quiet)
