"""Where suites are, and what is said where they are not."""

import sys
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith_envs.adapters import suites


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REWARDSMITH_SUITES", str(tmp_path / "suites"))
    return tmp_path / "suites"


def test_they_are_in_the_user_s_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("REWARDSMITH_SUITES")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert suites.root() == tmp_path / "rewardsmith" / "suites"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert suites.root() == Path.home() / ".local" / "share" / "rewardsmith" / "suites"


def test_one_that_is_not_installed_says_how(root: Path):
    with pytest.raises(UsageError, match="rewardsmith suites install robotics"):
        suites.interpreter("robotics")
    with pytest.raises(UsageError, match="Did you mean 'robotics'"):
        suites.interpreter("robotic")


def test_one_that_is_installed_is_found(root: Path):
    python = root / "robotics" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert suites.interpreter("robotics") == str(python)


def test_a_list_names_all_of_them(capsys: pytest.CaptureFixture[str]):
    assert main.run(["suites"]) == 0
    said = capsys.readouterr().out
    for name in suites.KNOWN:
        assert f"\n{name}: " in f"\n{said}"
    assert "rewardsmith suites install robotics" in said
    assert "robotics:fetch-push" in said


def test_one_that_is_installed_by_hand_says_so(capsys: pytest.CaptureFixture[str]):
    assert main.run(["suites", "install", "isaacgym"]) == 2
    assert "cannot install isaacgym: it is an archive" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"rewardsmith cannot install it: .*isaac-lab\.md"):
        suites.interpreter("isaaclab")
    assert main.run(["suites"]) == 0
    assert "to install it: by hand; it needs Isaac Sim" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["instal", "robotics"], ["install"], ["install", "robotic"]])
def test_wrong_words_are_a_wrong_request(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert main.run(["suites", *words]) == 2
    assert "Allowed: " in capsys.readouterr().err


def test_a_folder_that_lies_there_is_left_alone(root: Path):
    (root / "robotics").mkdir(parents=True)
    with pytest.raises(UsageError, match="Remove that folder"):
        suites.install("robotics")
    assert (root / "robotics").is_dir()


def test_pip_s_errors_are_shown_and_nothing_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch):
    nothing = suites.KNOWN["robotics"].__class__("says", "promises", "nothing", (str(root / "none.whl"),))
    monkeypatch.setitem(suites.KNOWN, "robotics", nothing)
    with pytest.raises(RewardsmithError, match=r"pip ended with 1: .*ERROR.*none\.whl"):
        suites.install("robotics")
    assert not (root / "robotics").exists()
