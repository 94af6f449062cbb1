"""A worker finds a suite where its user said that suites are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rewardsmith.cli import main
from tests.steered import task_file


def test_a_worker_finds_the_suites_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    python = tmp_path / "suites" / "robotics" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        f'#!/bin/sh\nPYTHONPATH="{":".join(sys.path)}" exec "{sys.executable}" "$@"\n', encoding="utf-8"
    )
    python.chmod(0o755)
    monkeypatch.setenv("REWARDSMITH_SUITES", str(tmp_path / "suites"))
    file = task_file(tmp_path, python="python: suite:robotics")
    few = ["--training.env-steps", "1000", "--episodes", "4"]
    assert main.run(["train", str(file), "--reward", "native", *few, "--out", str(tmp_path / "out")]) == 0
