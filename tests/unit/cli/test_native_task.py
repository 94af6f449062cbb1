"""What the command line says of tasks that lack a human reward or a device, or do not repeat."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli.main import run
from rewardsmith.cli.plan import warnings
from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.errors import UsageError
from rewardsmith.origins import Origin
from rewardsmith.parts import assemble
from rewardsmith.registry import TASKS
from rewardsmith.reports.trained import open_trained
from tests.native_point import BY_CHANCE, NEAR, WORDS, register


@pytest.fixture(autouse=True)
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tmp_path / "packages", monkeypatch)
    monkeypatch.chdir(tmp_path)


NO_HUMAN = (
    "native-point has no human reward: nobody wrote a human reward for it. What it has: sparse, native."
)
NO_CUDA = "--device is cuda, but native-point can be simulated on cpu only. Give --device cpu."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "native-point", "--reward", "human"], NO_HUMAN),
        (["check", "human", "native-point"], NO_HUMAN),
        (["tune", "human", "native-point"], NO_HUMAN),
        (["search", "native-point", "--start-from", "human", "--candidates", "4"], NO_HUMAN),
        (
            ["train", "franka-reach", "--reward", "native"],
            "franka-reach has no native reward: its suite",
        ),
        (["train", "native-point", "--reward", "native", "--device", "cuda"], NO_CUDA),
        (["search", "native-point", "--device", "cuda"], NO_CUDA),
        (["search", "gpu-point"], "gpu-point can be simulated on cuda only. Give --device cuda."),
        (
            ["render", "native-point", "--policy", "native"],
            "--policy native is a reward, not a policy. Train one on it, `rewardsmith train native-point "
            "--reward native --out runs/native-point-native`",
        ),
    ],
)
def test_it_is_refused_in_words(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    if arguments[0] == "render":
        pytest.importorskip("imageio")
    before = {path.name for path in tmp_path.iterdir()}
    assert run(arguments) == 2
    assert " ".join(message.split()) in " ".join("".join(capsys.readouterr()).split())
    assert {path.name for path in tmp_path.iterdir()} <= before | {"runs"}
    assert not list(tmp_path.glob("runs/*/study.db"))


def test_its_sheet_says_what_there_is(capsys: pytest.CaptureFixture[str]):
    assert run(["tasks", "native-point"]) == 0
    said = capsys.readouterr().out
    for text in (
        "human reward (the baseline; writers never see it):\nnone\n",
        "simulated by line 1.0\n",
        "repeats: repeats to the bit on this machine\n",
        "devices: cpu only\n",
        f"native reward (its suite's own; a baseline): {WORDS}\n",
    ):
        assert text in said
    assert run(["tasks", "native-point", "--json"]) == 0
    sheet = json.loads(capsys.readouterr().out)
    assert sheet["human_reward"] == ""
    assert sheet["capabilities"] == {
        "repeats": "bit", "devices": ["cpu"], "alone": False, "most_envs": None, "processes": False,
        "native": WORDS,
    }  # fmt: skip
    assert sheet["provenance"] == {"line": "1.0"}


def test_the_sheet_of_one_that_does_not_repeat(capsys: pytest.CaptureFixture[str]):
    assert run(["tasks", "chance-point"]) == 0
    assert "repeats: a seed names a run, not its numbers; differences below" in capsys.readouterr().out


@pytest.mark.slow
def test_a_program_for_a_gpu_alone_is_checked_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "near.py").write_text(NEAR, encoding="utf-8")
    assert run(["check", "near.py", "gpu-point"]) == 0
    assert "there is no GPU here" in capsys.readouterr().out


def test_racing_is_warned_of_where_chance_decides():
    config = StudyConfig("chance-point", training=TrainingOverrides(env_steps=1600, envs=16))
    for racing, tune, told in (("off", 0, False), ("on", 0, True), ("off", 8, True)):
        asked = replace(config, racing=racing, tune=tune)
        parts = assemble(asked, dry=True)
        try:
            assert any("chance may end the better one" in text for text in warnings(asked, parts)) == told
        finally:
            parts.close()


@pytest.mark.slow
def test_a_training_on_it_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["train", "native-point", "--reward", "native", "--episodes", "4", "--out", "t"]) == 0
    trained = open_trained(tmp_path / "t")
    assert (trained.training.program, trained.training.source) == ("native", "")
    assert trained.training.origin == Origin({"line": "1.0"}, "bit", WORDS)
    assert {path.name for path in (tmp_path / "t").iterdir()} == {
        "training.json",
        "results.json",
        "seed-0.pt",
    }
    capsys.readouterr()
    assert run(["inspect", "t"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "native-point · native reward" in shown
    assert "simulated by line 1.0" in shown
    assert f"native: the suite's own reward: {WORDS}" in shown
    assert run(["export", "t", "--out", "e"]) == 0
    assert not (tmp_path / "e" / "reward.py").exists()
    assert json.loads((tmp_path / "e" / "policy.json").read_text(encoding="utf-8"))["observation_size"] == 2
    assert run(["train", "native-point", "--reward", "sparse", "--episodes", "4", "--out", "s"]) == 0
    capsys.readouterr()
    assert run(["inspect", "s"]) == 0
    assert "the suite's own reward" not in capsys.readouterr().out


def test_the_task_is_what_the_tests_say(tmp_path: Path):
    assert TASKS.load("chance-point") is BY_CHANCE
    with pytest.raises(UsageError, match="unknown task"):
        TASKS.load("no-point")
