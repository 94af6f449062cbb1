"""``docs/your-environment.md``: its environment, task file and commands, as they stand there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rewardsmith.cli.main import run
from rewardsmith.task_files import SOURCES
from rewardsmith_envs.adapters.fleets import Fleet

PAGE = (Path(__file__).parent.parent.parent / "docs" / "your-environment.md").read_text(encoding="utf-8")
TINY = (
    "--training.env-steps", "640", "--training.envs", "16", "--training.rollout", "10", "--episodes", "4",
    "--training.hidden", "16", "--training.minibatches", "2", "--training.mini-epochs", "1",
)  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def commands() -> dict[str, list[str]]:
    """Arguments by the words that they begin with."""
    lines = [shlex.split(line)[1:] for block in blocks("sh") for line in block.splitlines()]
    return {" ".join(words[:4] if words[0] == "train" else words[:2]): words for words in lines}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (code,), (table,) = blocks("python"), blocks("yaml")
    (tmp_path / "my_arm.py").write_text(code, encoding="utf-8")
    (tmp_path / "decided.yaml").write_text(table, encoding="utf-8")
    yield tmp_path
    Fleet.stop_all()


def test_the_draft_is_what_the_page_decides(folder: Path):
    assert run(commands()["adapt my_arm:Arm-v0"]) == 0
    drafted = yaml.safe_load((folder / "arm.yaml").read_text(encoding="utf-8"))
    decided = yaml.safe_load((folder / "decided.yaml").read_text(encoding="utf-8"))
    opened = {"description", "success_rule", "native", "human_reward", "signals", "presets"}
    assert {key: decided[key] for key in decided.keys() - opened} == {
        key: drafted[key] for key in drafted.keys() - opened
    }
    assert decided["signals"].keys() < drafted["signals"].keys()
    for name, row in decided["signals"].items():
        own = drafted["signals"][name]
        assert all(row[key] == own[key] for key in ("attribute", "shape", "unit", "frame", "role"))


def test_the_environment_is_as_short_as_promised():
    (code,) = blocks("python")
    assert len(code.splitlines()) <= 60


def test_the_decided_file_passes_every_check(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "decided.yaml").rename("arm.yaml")
    assert run(commands()["adapt --check"]) == 0, capsys.readouterr().out
    assert "0 failed" in capsys.readouterr().out


def test_the_file_is_a_task(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "decided.yaml").rename("arm.yaml")
    assert run(commands()["tasks arm.yaml"]) == 0
    assert "tip within 0.05 m" in capsys.readouterr().out
    assert SOURCES.load("file").read(Path("arm.yaml")).capabilities.native.startswith("minus the distance")


def test_it_trains_and_draws(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "decided.yaml").rename("arm.yaml")
    trained = commands()["train arm.yaml --reward human"]
    assert run([*trained, *TINY]) == 0, capsys.readouterr().err
    words = [word.replace("runs/arm/best", "runs/human") for word in commands()["render arm.yaml"]]
    assert run([word.replace("arm.mp4", "arm.png") for word in words]) == 0
    assert (folder / "arm.png").stat().st_size > 500
