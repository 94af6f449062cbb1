"""``rewardsmith tasks``: the list by groups, and one task's sheet."""

from __future__ import annotations

import json

import pytest

from rewardsmith.cli.tasks import duration, run
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.settings import effective_settings
from rewardsmith.training import speed
from tests.training import preset_of

GROUPS = ("bimanual", "control", "dexterous", "locomotion", "manipulation")


def test_the_list_has_every_task_by_group_and_difficulty(capsys: pytest.CaptureFixture[str]):
    assert run([]) == 0
    words = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    order = [row[0] for row in words if row and (row[0] in TASKS.names() or row[0] in GROUPS)]
    assert order.index("control") < order.index("cartpole") < order.index("locomotion") < order.index("ant")
    assert order.index("franka-reach") < order.index("franka-push") < order.index("franka-drawer")
    assert set(TASKS.names()) < set(order)
    push = next(row for row in words if row[:1] == ["franka-push"])
    assert [name for name in order if name in GROUPS] == list(GROUPS)
    assert push[1:] == ["medium", str(len(TASKS.load("franka-push").signals))]


def test_a_sheet_says_group_and_difficulty(capsys: pytest.CaptureFixture[str]):
    assert run(["franka-drawer", "--json"]) == 0
    sheet = json.loads(capsys.readouterr().out)
    assert (sheet["group"], sheet["difficulty"], sheet["horizon"]) == ("manipulation", "hard", 100)
    assert run(["franka-drawer"]) == 0
    assert "manipulation, hard" in capsys.readouterr().out


def test_a_sheet_has_both_presets_and_the_room_in_the_gpu_simulator(capsys: pytest.CaptureFixture[str]):
    task = TASKS.load("franka-push")
    assert run(["franka-push"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["envs", f"{preset_of(task).envs:,}", f"{preset_of(task, 'cuda').envs:,}"] in rows
    assert any(row[:2] == ["room", "in"] and "contacts," in row for row in rows)
    assert run(["franka-push", "--json"]) == 0
    sheet = json.loads(capsys.readouterr().out)
    assert (sheet["gpu_preset"]["envs"], sheet["on_cpu"], sheet["speed"]) == (
        preset_of(task, "cuda").envs,
        True,
        None,
    )


def test_the_list_shows_the_presets_of_the_device(capsys: pytest.CaptureFixture[str]):
    assert run(["--device", "cuda"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["cartpole"])
    assert f" {preset_of(TASKS.load('cartpole'), 'cuda').env_steps:,} " in row


def test_measuring_tells_what_a_training_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(speed, "_LEAST_S", 0.02)
    assert run(["cartpole", "--measure", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["speed"]
    task = TASKS.load("cartpole")
    assert (measured["device"], measured["envs"]) == ("cpu", preset_of(task).envs)
    assert 1.0 < measured["simulation_s"] < 3_600.0
    assert 1.0 < measured["training_s"] < 3_600.0
    steps = effective_settings(task, "population", "cpu", {}).env_steps
    assert measured["preset_s"] == pytest.approx(measured["training_s"] * steps / 1e6)


def test_a_device_that_is_missing_is_refused():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UsageError, match="--device cpu"):
        run(["cartpole", "--measure", "--device", "cuda"])


@pytest.mark.parametrize(
    ("seconds", "text"), [(28.4, "28 s"), (600.0, "10 min"), (9_000.0, "2.5 h"), (100 * 3600.0, "4 days")]
)
def test_durations_are_short(seconds: float, text: str):
    assert duration(seconds) == text
