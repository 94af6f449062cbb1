"""``rewardsmith tune``: real trainings, killed in the middle, a table, a reward and a figure."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from rewardsmith.tuning.folder import RESULT, REWARD, SETTINGS
from tests.integration.command_line import SHORT, run, start

REWARD_TEXT = """def compute_reward(cart_pos, pole_angle):
    width = 0.2  # 0.05 to 2.0
    upright = 1.0 - torch.tanh(torch.abs(pole_angle) / width)
    centre = -0.1 * torch.abs(cart_pos)
    return upright + centre, {"upright": upright, "centre": centre}
"""
FLAGS = (
    "--settings", "6", "--at-a-time", "2", "--finalists", "1", "--fresh-seeds", "1", *SHORT,
)  # fmt: skip


@pytest.fixture
def reward(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text(REWARD_TEXT)
    return path


@pytest.mark.slow
def test_from_a_file_to_a_better_reward(reward: Path, tmp_path: Path):
    code, out, err = run("tune", reward, "cartpole", *FLAGS, "--out", "t", cwd=tmp_path)
    assert code == 0, err
    assert "2 numbers of a.py: width, centre: -0.1 * torch.abs(cart_pos)" in out
    assert out.count("setting ") >= 6
    assert "the written numbers" in out
    assert "importance" in out
    found = (tmp_path / "t" / REWARD).read_text()
    assert "import torch" in found
    shown = run("inspect", "t", cwd=tmp_path)[1]
    assert out[out.index("trained again") : out.index("figure")] in shown + "\n"
    # what `train` makes of it is what the tuning says it is
    assert run("check", "t/reward.py", "cartpole", cwd=tmp_path)[0] == 0


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_the_same_end(reward: Path, tmp_path: Path):
    whole = run("tune", reward, "cartpole", *FLAGS, "--no-halving", "--out", "whole", cwd=tmp_path)
    assert whole[0] == 0, whole[2]
    for settings in (1, 3, 7):
        process = start("tune", reward, "cartpole", *FLAGS, "--no-halving", "--out", "t", cwd=tmp_path)
        kept, end = tmp_path / "t" / SETTINGS, time.monotonic() + 240
        while process.poll() is None and time.monotonic() < end:
            if kept.exists() and kept.read_bytes().count(b"\n") >= settings:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.02)
        process.communicate()
    assert run("tune", reward, "cartpole", *FLAGS, "--no-halving", "--out", "t", cwd=tmp_path)[0] == 0
    assert (tmp_path / "t" / RESULT).read_bytes() == (tmp_path / "whole" / RESULT).read_bytes()
    assert (tmp_path / "t" / SETTINGS).read_bytes().count(b"\n") == 6 + 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing.py", "cartpole"), "there is no program 'nothing.py'"),
        (("a.py", "franka-reach"), "is not a signal of this task"),
        (("a.py", "cartpole", "--settings", "0"), "settings is 0"),
        (("a.py", "cartpole", "--trainer", "rl-games"), "--no-halving"),
    ],
)
def test_bad_input(words: tuple[str, ...], message: str, reward: Path, tmp_path: Path):
    code, _, err = run("tune", *words, *SHORT, "--out", "t", cwd=tmp_path)
    assert code == 2
    assert message in " ".join(err.split())
    assert not (tmp_path / "t").exists()
