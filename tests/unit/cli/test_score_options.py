"""What ``score`` refuses before anything is played."""

import re
from pathlib import Path

import pytest

from rewardsmith.cli.main import run
from rewardsmith.config import StudyConfig
from rewardsmith.study import Study
from tests.builders import keep, trained


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "s"
    with Study.create(folder, StudyConfig("franka-reach", candidates=2)) as made:
        keep(made, trained("c000", 0.1))
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scorer", "nobody"), "unknown scorer 'nobody'. Allowed: heldout"),
        (("--episodes", "0"), "--episodes is 0; give at least 1"),
        (("c007",), "'c007'"),
        (("c000",), "c000 of .* has no policy"),
    ],
)
def test_a_wrong_request_names_what_is_allowed(
    study: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", str(study), *arguments]) == 2
    assert re.search(message, capsys.readouterr().err)
