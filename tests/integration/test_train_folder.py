"""Where `train` puts its policies: a folder of its own,
whoever else wants it at the same moment."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rewardsmith.cli import main
from tests.integration.command_line import COMMAND

TINY = ["--training.env-steps", "160", "--training.envs", "16", "--training.rollout", "10", "--episodes", "2"]


@pytest.mark.slow
def test_two_at_the_same_time_do_not_share_a_folder(tmp_path: Path):
    command = [*COMMAND, "train", "cartpole", "--reward", "sparse", "--out", str(tmp_path / "out")]
    both = [subprocess.Popen([*command, *TINY], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=240)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    refused = next(text for process, text in zip(both, said, strict=True) if process.returncode)
    assert f"{tmp_path / 'out'} exists already. Give another folder with --out." in refused
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "results.json",
        "seed-0.pt",
        "training.json",
    ]


def test_a_folder_that_somebody_has_begun_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "reward.txt").write_text("somebody else's", encoding="utf-8")
    assert main.run(["train", "cartpole", "--reward", "sparse", "--out", str(tmp_path), *TINY]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "reward.txt").read_text(encoding="utf-8") == "somebody else's"
