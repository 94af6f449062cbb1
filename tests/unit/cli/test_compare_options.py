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
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(UsageError, match="Limit candidates, money or tokens"):
        run(["franka-reach", "--config", str(tmp_path / "c.yaml"), "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
