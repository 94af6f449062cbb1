"""A plug-in trainer with settings of its own, from the command
line and from files to its worker process."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import yaml

from rewardsmith import runner
from rewardsmith.cli.main import run
from rewardsmith.registry import TRAINERS
from rewardsmith.study import Study
from tests.plugins import install

POINT = "tests.children.own:OwnTrainer"
TINY = ["--candidates", "2", "--episodes", "4", "--final-seeds", "0", "--finalists", "1"]
SEARCH = ["search", "franka-reach", "--trainer", "own", *TINY]
FLAGS = ["--training.env-steps", "1000", "--training.sigma", "0.25", "--training.widths", "4", "2"]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "packages", monkeypatch, "own", trainers=POINT)
    TRAINERS.names()  # what is installed is looked up once
    point = EntryPoint("own", POINT, "rewardsmith.trainers")
    monkeypatch.setitem(vars(TRAINERS), "_points", {**vars(TRAINERS)["_points"], "own": point})
    monkeypatch.chdir(tmp_path)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def given(study: Path) -> list[dict[str, object]]:
    """What its trainer was given, training by training."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(study.rglob("settings.json"))]


@pytest.mark.slow
def test_a_search_with_flags_that_is_interrupted_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(runner, "compare_with_baselines", interrupt)
        assert run([*SEARCH, *FLAGS, "--final-seeds", "1", "--out", "s"]) == 130
    stored = yaml.safe_load((tmp_path / "s" / "config.yaml").read_text(encoding="utf-8"))
    assert (stored["trainer"], stored["training"]) == (
        "own",
        {"env_steps": 1000, "sigma": 0.25, "widths": [4, 2]},
    )
    # An epoch is one step of all 256 environments; 1000 steps are four of them.
    whole = {
        "env_steps": 1024,
        "envs": 256,
        "device": "cpu",
        "sigma": 0.25,
        "style": "calm",
        "widths": [4, 2],
    }
    assert given(tmp_path / "s") == [whole] * 2
    assert run(["resume", "s"]) == 0
    assert given(tmp_path / "s") == [whole] * 5
    with Study.open(tmp_path / "s") as study:
        assert [json.loads(one.settings) for one in study.runs] == [whole] * 5
        assert [one.env_steps for one in study.runs] == [1024] * 5


def test_a_search_from_a_file_which_flags_change(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(
        "trainer: own\ntraining: {style: wild, sigma: 1e-1, envs: 100, env_steps: 200}\n", encoding="utf-8"
    )
    assert (
        run(["search", "franka-reach", *TINY, "--config", "own.yaml", "--training.sigma", "2", "--out", "s"])
        == 0
    )
    whole = {"env_steps": 200, "envs": 100, "device": "cpu", "sigma": 2.0, "style": "wild", "widths": [8]}
    assert given(tmp_path / "s") == [whole] * 2


def test_one_training(tmp_path: Path):
    command = [
        "train",
        "franka-reach",
        "--reward",
        "human",
        "--trainer",
        "own",
        "--episodes",
        "4",
        "--out",
        "t",
    ]
    assert run([*command, "--training.sigma", "3"]) == 0
    assert given(tmp_path / "t")[0]["sigma"] == 3.0


@pytest.mark.parametrize(
    "command", [["search", "--trainer", "own"], ["compare", "--trainer=own"], ["train", "--trainer", "own"]]
)
def test_help_has_its_settings_and_no_others(command: list[str], capsys: pytest.CaptureFixture[str]):
    assert run([*command, "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for text in (
        "--training.env-steps",
        "--training.sigma {None}|FLOAT",
        "Spread of the first weights.",
        "{None,calm,wild}",
    ):
        assert text in out
    assert "--training.clip" not in out
    assert "--training.device" not in out


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--training.sigm", "1"], "--training.sigma"),
        (["--training.clip", "0.1"], "--training.clip"),
        (["--training.sigma", "11"], "training.sigma is 11.0; give at least 0.0, and at most 10.0"),
        (["--training.style", "odd"], "calm"),
        (["--trainer", "ownn"], "Did you mean 'own'"),
    ],
)
def test_wrong_flags_are_refused_before_anything_is_made(
    flags: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    first = SEARCH if flags[0] != "--trainer" else ["search", "franka-reach"]
    assert run([*first, *flags, "--out", "s"]) == 2
    assert complaint in "".join(capsys.readouterr())
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("training", "complaint"),
    [
        (
            "{sigm: 1}",
            (
                "Did you mean 'training.sigma'? Allowed: training.env_steps, training.envs, training.sigma, "
                "training.style"
            ),
        ),
        ("{clip: 0.1}", "unknown config key 'training.clip'"),
        ("{device: cuda}", "unknown config key 'training.device'"),
        ("{style: odd}", "'training.style' is 'odd'"),
        ("{sigma: -1}", "training.sigma is -1.0; give at least 0.0"),
        ("3", "config key 'training' is 3; give a mapping"),
        ("{sigma: {a: 1}}", "'training.sigma'"),
        ("{'../x': 1}", "config key 'training' has '../x'"),
    ],
)
def test_wrong_settings_in_a_file_are_refused(
    training: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "own.yaml").write_text(f"trainer: own\ntraining: {training}\n", encoding="utf-8")
    assert run(["search", "franka-reach", "--config", "own.yaml", "--out", "s"]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_a_study_of_a_trainer_that_is_gone_can_still_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert run([*SEARCH, *FLAGS, "--out", "s"]) == 0
    left = {name: point for name, point in vars(TRAINERS)["_points"].items() if name != "own"}
    monkeypatch.setitem(vars(TRAINERS), "_points", left)
    assert run(["inspect", "s"]) == 0
    capsys.readouterr()
    assert run(["resume", "s"]) == 2
    assert "unknown trainer 'own'" in capsys.readouterr().err
