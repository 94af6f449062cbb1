"""``rewardsmith bench``: what it measures, prints and remembers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewardsmith.cache import known_speed
from rewardsmith.cli import bench, search
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.reports import throughput
from rewardsmith.reports.throughput import Effort, Round, summarise_rounds
from rewardsmith.training.ppo import PpoSettings
from tests.training import preset_of

TINY = [
    "--training.envs",
    "16",
    "--training.rollout",
    "20",
    "--training.hidden",
    "16",
    "--training.mini-epochs",
    "1",
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        throughput, "Effort", lambda rounds: Effort(rounds, step_s=0.05, training_s=0.6, episodes=2)
    )


@pytest.mark.slow
def test_after_it_a_dry_run_tells_hours(quick: None, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    dry_run = ["cartpole", "--dry-run"]
    search.run(dry_run)
    assert "hours: unknown; `rewardsmith bench --task cartpole`" in capsys.readouterr().out

    assert bench.run(["--task", "cartpole", "--rounds", "1", "--json", *TINY]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["device"], found["rounds"], found["slots"], found["envs"]) == (
        "cartpole",
        "cpu",
        1,
        4,
        64,
    )
    for figure in ("physics", "task", "training", "search"):
        assert found[figure]["steps_per_s"] > 100.0
    assert found["physics"]["of_physics"] == 1.0
    assert found["task"]["of_physics"] == pytest.approx(
        found["task"]["steps_per_s"] / found["physics"]["steps_per_s"]
    )
    # it has start-up and scoring on top
    assert found["search"]["steps_per_s"] < found["training"]["steps_per_s"]
    assert found["candidate_steps"] == 400_000
    assert found["candidates_per_hour"] == pytest.approx(found["search"]["steps_per_s"] * 3600 / 400_000)

    known = known_speed("cartpole", "population", "cpu")
    assert known == pytest.approx(found["search"]["steps_per_s"], rel=1e-3)
    search.run(dry_run)
    assert "of training, at the" in capsys.readouterr().out
    search.run([*dry_run, "--trainer", "rl-games"])  # which `bench` does not measure
    assert "hours: unknown; the first search or training with rl-games" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}  # the search that was measured is gone


def test_the_table_has_a_line_for_each_figure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        throughput, "measure", lambda task, device, *_: summarise_rounds(task.name, preset_of(task), ROUNDS)
    )
    assert bench.run(["--task", "cartpole", "franka-reach", "cartpole"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row for row in rows if row in (["cartpole"], ["franka-reach"])] == [
        ["cartpole"],
        ["franka-reach"],
    ]
    assert ["bare", "physics", "1,000", "800", "to", "2,000", "1.00"] in rows
    assert ["task", "600", "400", "to", "800", "0.50"] in rows
    assert ["search", "100", "80", "to", "160", "0.10", "1"] in rows  # 360,000 steps an hour
    assert [known_speed(name, "population", "cpu") for name in ("cartpole", "franka-reach")] == [100.0, 100.0]


ROUNDS = [
    Round(physics=1_000.0, task=600.0, training=300.0, search=100.0),
    Round(physics=2_000.0, task=800.0, training=400.0, search=160.0),
    Round(physics=800.0, task=400.0, training=400.0, search=80.0),
]


def test_without_bare_physics_there_is_a_dash_and_no_ratio(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    found = summarise_rounds("t", PpoSettings(), [Round(None, 600.0, 300.0, 100.0)])
    assert (found.physics, found.task.of_physics, found.search.of_physics) == (None, None, None)
    monkeypatch.setattr(throughput, "measure", lambda *_: found)
    bench.run(["--task", "cartpole"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["bare", "physics", "-", "-"] in rows
    assert ["task", "600", "600", "to", "600", "-"] in rows


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "0"], "--rounds is 0; give at least 1"),
        (["--task", "cartpole", "cartpool"], "unknown task 'cartpool'. Did you mean 'cartpole'"),
        (["--task", "cartpole", "--training.envs", "0"], "training.envs is 0"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_measured(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(throughput, "measure", pytest.fail)
    with pytest.raises(UsageError) as caught:
        bench.run(arguments)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_gpu_that_is_missing_is_refused():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UsageError, match="--device cpu"):
        bench.run(["--task", "cartpole", "--device", "cuda"])


def test_without_names_the_easy_tasks_are_measured(monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []

    def measure(task, *_):
        seen.append(task.name)
        return summarise_rounds(task.name, preset_of(task), ROUNDS)

    monkeypatch.setattr(throughput, "measure", measure)
    bench.run([])
    assert seen == [name for name in TASKS.names() if TASKS.load(name).difficulty == "easy"]
    assert {"cartpole", "franka-reach"} <= set(seen)
