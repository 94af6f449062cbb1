"""What ``train`` leaves is shown, rendered and exported as a study is, and is input as that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from rewardsmith.cli import main
from rewardsmith.cli.actors import find_actor
from rewardsmith.contracts import SPARSE, Task
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Score
from rewardsmith.reports.trained import (
    RESULTS,
    TRAINING,
    Policy,
    Training,
    is_trained,
    open_trained,
    write_record,
)
from rewardsmith.reward.guard.static import check_source
from tests.builders import PROGRESS, save_policy


def policy(seed: int, score: float | None) -> Policy:
    found = None if score is None else Score(score, 0.01, 128)
    state = "CRASHED" if score is None else "SCORED"
    cause = "it fell over" if score is None else ""
    return Policy(f"seed-{seed}", state, 100, 1.0, (), PROGRESS, found, f"somewhere/seed-{seed}.pt", cause)


@pytest.fixture
def folder(tmp_path: Path, reach: Task) -> Path:
    source = reach.human_reward
    program = check_source(source, reach.signals).program
    (tmp_path / "t").mkdir()
    training = Training("franka-reach", "mine.py", "population", "cpu", 100, source, program)
    write_record(tmp_path / "t" / TRAINING, TypeAdapter(Training), training)
    results = [policy(0, 0.25), policy(1, 0.5), policy(2, None)]
    write_record(tmp_path / "t" / RESULTS, TypeAdapter(list[Policy]), results)
    for seed in (0, 1):
        save_policy(tmp_path / "t" / f"seed-{seed}.pt", reach)
    return tmp_path / "t"


def test_inspect_shows_results_and_reward(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main.run(["inspect", str(folder), "--svg", str(folder.parent / "t.svg")]) == 0
    shown = capsys.readouterr().out
    for text in ("franka-reach", "mine.py", "seed-1  SCORED", "0.500 ± 0.010", "CRASHED: it fell over"):
        assert text in shown
    assert "def compute_reward(" in shown
    assert "seed-1" in (folder.parent / "t.svg").read_text(encoding="utf-8")
    assert main.run(["inspect", str(folder), "--json"]) == 0
    assert [p["name"] for p in json.loads(capsys.readouterr().out)["policies"]] == [
        "seed-0",
        "seed-1",
        "seed-2",
    ]


@pytest.mark.parametrize("flags", [["c000"], ["--tree"], ["--lineage", "l.json"]])
def test_what_belongs_to_a_study_is_refused(
    folder: Path, flags: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main.run(["inspect", str(folder), *flags]) == 2
    assert f"{flags[0]} belongs to a study, and {folder} is none" in capsys.readouterr().err


def test_the_best_policy_one_by_name_and_the_file_can_act(folder: Path, reach: Task, push: Task):
    env = reach.make(1, 1)
    assert find_actor(str(folder), "franka-reach", env, 0).name == f"seed-1 of {folder}"
    assert find_actor(str(folder / "seed-0"), "franka-reach", env, 0).name == f"seed-0 of {folder}"
    assert find_actor(str(folder / "seed-0.pt"), "franka-reach", env, 0).name == str(folder / "seed-0.pt")
    for name, message in {"seed-2": "Allowed: best, seed-0, seed-1", "seed-9": "unknown policy"}.items():
        with pytest.raises(UsageError, match=message):
            find_actor(str(folder / name), "franka-reach", env, 0)
    with pytest.raises(UsageError, match="has policies of franka-reach, not of franka-push"):
        find_actor(str(folder), "franka-push", push.make(1, 1), 0)


@pytest.mark.parametrize("reward", ["human", SPARSE])
def test_a_reward_is_no_policy_and_the_way_to_one_is_said(reward: str, reach: Task):
    with pytest.raises(
        UsageError,
        match=f"--policy {reward} is a reward.*`rewardsmith train franka-reach --reward {reward} --out",
    ):
        find_actor(reward, "franka-reach", reach.make(1, 1), 0)


def test_it_is_exported_as_a_candidate_is(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main.run(["export", str(folder), "--out", str(tmp_path / "e")]) == 0
    capsys.readouterr()
    spec = json.loads((tmp_path / "e" / "policy.json").read_text(encoding="utf-8"))
    assert (spec["candidate"], spec["score"]["mean"], spec["observation_size"]) == ("seed-1", 0.5, 20)
    assert "def compute_reward(" in (tmp_path / "e" / "reward.py").read_text(encoding="utf-8")
    assert (tmp_path / "e" / "policy.pt").read_bytes() == (folder / "seed-1.pt").read_bytes()
    assert main.run(["export", str(folder), "seed-2", "--out", str(tmp_path / "f")]) == 2
    assert "unknown policy 'seed-2'" in capsys.readouterr().err
    assert not (tmp_path / "f").exists()


def test_of_the_sparse_reward_there_is_no_program(folder: Path, tmp_path: Path):
    (folder / TRAINING).unlink()
    sparse = Training("franka-reach", SPARSE, "population", "cpu", 100, program=SPARSE)
    write_record(folder / TRAINING, TypeAdapter(Training), sparse)
    assert main.run(["inspect", str(folder)]) == 0
    assert main.run(["export", str(folder), "--out", str(tmp_path / "e")]) == 0
    assert not (tmp_path / "e" / "reward.py").exists()
    assert "reward.py" not in (tmp_path / "e" / "README.md").read_text(encoding="utf-8")


def change(folder: Path, name: str, changes: dict[str, object]) -> None:
    data = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(
        json.dumps([{**data[0], **changes}] if name == RESULTS else {**data, **changes}), encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            TRAINING,
            {"program": "def compute_reward(a):\n    return (a, {})\n"},
            "is not what the guard prints",
        ),
        (TRAINING, {"source": "import os\n"}, "is refused"),
        (TRAINING, {"env_steps": -1}, r"training\.json is damaged \(env_steps: "),
        (RESULTS, {"name": "../seed-0"}, r"results\.json is damaged \(0\.name: "),
        (RESULTS, {"name": "seed---"}, r"results\.json is damaged \(0\.name: "),
        (RESULTS, {"wall_s": 1e400}, r"results\.json is damaged \(0\.wall_s: "),
        (RESULTS, {"score": 1}, r"results\.json is damaged \(0\.score"),
    ],
)
def test_a_damaged_or_forged_folder_is_refused_by_name(
    folder: Path, name: str, changes: dict[str, object], message: str
):
    change(folder, name, changes)
    with pytest.raises(StoreError, match=message):
        open_trained(folder)


def test_a_link_in_it_is_not_followed(folder: Path, tmp_path: Path):
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    (folder / "seed-0.pt").unlink()
    (folder / "seed-0.pt").symlink_to(tmp_path / "victim")
    assert is_trained(folder)
    with pytest.raises(StoreError, match=r"seed-0\.pt is a link"):
        open_trained(folder)
