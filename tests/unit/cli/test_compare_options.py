from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.cli.compare import run
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import to_yaml
from rewardsmith.errors import UsageError


def test_help_lists_nothing_that_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        run(["--help"])
    words = capsys.readouterr().out.split()
    assert "--strategies" in words
    assert "--max-usd" in words
    assert not {"--strategy", "--max-hours"} & set(words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strategy", "random"], "--strategies eureka rf-agent"),
        (["--max-hours", "3"], "Limit candidates, money or tokens"),
        (["--max-hours=3"], "Limit candidates, money or tokens"),
    ],
)
def test_what_is_refused_says_why(arguments: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        run(["franka-reach", *arguments])


def test_hours_of_a_config_file_are_refused_too(tmp_path: Path):
    text = to_yaml(StudyConfig("franka-reach", max_hours=2.0)).replace("strategy: eureka\n", "")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="Limit candidates, money or tokens"):
        run(["franka-reach", "--config", str(tmp_path / "c.yaml"), "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_the_refusal_of_hours_says_how_to_stop_and_to_go_on(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(UsageError, match=r"Ctrl-C.*timeout -s INT 3h.*`rewardsmith resume FOLDER` goes on"):
        run(["franka-reach", "--max-hours", "3"])


def test_a_strategy_that_only_draws_is_named_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    few = ["--strategies", "eureka", "rf-agent", "random", "--candidates", "5", "--repeats", "2"]
    assert run(["franka-reach", *few, "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "rf-agent begins with 6 programs from nothing, and there are 5 candidates" in err
    assert "eureka begins" not in err
    assert "random begins" not in err
    assert "all 6 searches together" in out
    # 5 each; a winner each; two baselines for every repeat; 301,056 steps each
    assert "trainings: up to 40; one that two searches have in common is made once" in out
    assert "environment steps: up to 12,042,240 in all" in out
    assert list(tmp_path.iterdir()) == []
