"""What ``search`` refuses before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.cli import main


@pytest.mark.parametrize("command", [["search"], ["compare", "--repeats", "1"]])
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--executor", "cluster"], "unknown executor 'cluster'. Allowed: local"),
        (["--trainer", "none"], "unknown trainer 'none'. Allowed: population, rl-games"),
        (
            ["--finalists", "0"],
            "finalists is 0; give at least 1, which trains none again, and at most the 4 candidates.",
        ),
        (
            ["--finalists", "5"],
            "finalists is 5; give at least 1, which trains none again, and at most the 4 candidates.",
        ),
        (["--finalist-seeds", "0"], "finalist_seeds is 0; give at least 1"),
        (["--workers", "0"], "workers is 0; give at least 1"),
        (["--workers", "2", "--racing", "on"], "racing needs one worker"),
        (["--start-share", "0"], "start_share is 0.0; give a share above 0 and at most 1"),
        (
            ["--start-policy", "parent", "--trainer", "rl-games"],
            "--start-policy parent needs a trainer that can begin from a policy; rl-games cannot. Give "
            "--trainer population.",
        ),
    ],
)
def test_what_cannot_be_is_a_wrong_request(
    command: list[str],
    flags: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    assert main.run([command[0], "franka-reach", *command[1:], "--candidates", "4", *flags]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert (out, list(tmp_path.iterdir())) == ("", [])


@pytest.mark.parametrize(("steps", "warned"), [("20000", True), ("100000", False)])
def test_a_budget_far_below_the_preset_is_named_before_anything_is_spent(
    steps: str,
    warned: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    assert main.run(["search", "franka-reach", "--training.env-steps", steps, "--dry-run"]) == 0
    assert ("the preset of franka-reach has 300,000" in capsys.readouterr().err) is warned
