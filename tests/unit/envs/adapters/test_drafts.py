"""``rewardsmith adapt``: drafts of live environments, and what their faults look like there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from rewardsmith.cli.adapt import run
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.registry import TASKS
from rewardsmith_envs.adapters import looking
from tests.outside.task_files import DESCRIPTION, place

DECISIONS = {
    "TODO what the robot must do, and until when": DESCRIPTION,
    "TODO the goal in words, with its threshold as a number and its unit": "within 0.1 m of the goal",
    "TODO what its own reward is made of, and whether it contains success": "minus the distance",
    "TODO what place measures": "where the point is",
    "TODO what goal measures": "where it should be",
    "TODO unit": "m",
    "TODO frame": "world",
    "TODO one of effector, object, goal, joint, gripper, action": "effector",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place(tmp_path))
    return tmp_path


def drafted(name: str, *arguments: str) -> str:
    assert run([f"their_envs:{name}-v0", "--out", f"{name}.yaml", *arguments]) == 0
    return Path(f"{name}.yaml").read_text(encoding="utf-8")


def test_a_draft_says_what_was_measured(folder: Path):
    text = drafted("Walk")
    found = yaml.safe_load(text)
    assert (found["name"], found["environment"], found["imports"]) == ("walk", "Walk-v0", ["their_envs"])
    assert (found["path"], found["packages"]) == (["."], ["gymnasium", "numpy"])
    assert (found["horizon"], found["control_dt"], found["action_size"]) == (30, 0.05, 2)
    assert (found["success"], found["repeats"], found["camera"]) == ({"info": "is_success"}, "bit", True)
    assert set(found["signals"]) == {"place_pos", "goal_pos"}
    goal = found["signals"]["goal_pos"]
    assert (goal["attribute"], goal["unit"], goal["role"], goal["shape"]) == ("goal", "m", "goal", [2])
    (least, most) = goal["start"]
    assert goal["low"] < 0.5 <= min(least)
    assert max(most) <= 1.0 < goal["high"]
    assert 1 <= found["most_envs"] <= 512
    assert "guessed from the name" in text


def test_what_is_open_is_refused_in_words_all_at_once(folder: Path):
    drafted("Walk")
    with pytest.raises(UsageError, match=r"description, success_rule, .*native\.says are still TODO"):
        run(["--check", "Walk.yaml"])


def test_a_decided_draft_passes_the_whole_contract(folder: Path, capsys: pytest.CaptureFixture[str]):
    text = drafted("Walk", "--name", "stroll")
    for todo, decision in DECISIONS.items():
        text = text.replace(todo, decision)
    Path("Walk.yaml").write_text(text, encoding="utf-8")
    assert run(["--check", "Walk.yaml"]) == 0, capsys.readouterr().out
    assert "stroll: " in capsys.readouterr().out
    assert TASKS.load("stroll").horizon == 30


def test_a_draft_is_not_written_over(folder: Path):
    drafted("Walk")
    with pytest.raises(UsageError, match=r"Walk\.yaml exists\. Give another --out"):
        run(["their_envs:Walk-v0", "--out", "Walk.yaml"])


def test_what_an_environment_prints_does_not_matter(folder: Path):
    assert yaml.safe_load(drafted("Chatty"))["repeats"] == "bit"


@pytest.mark.parametrize(
    ("name", "warning", "repeats"),
    [
        ("NotANumber", "observation was not finite at step 8", "bit"),
        ("Careless", r"seeds are ignored: call super\(\)\.reset\(seed=seed\)", "run"),
        ("Worn", "same seed and actions went on differently", "starts"),
    ],
)
def test_a_draft_warns_of_what_it_can_live_with(folder: Path, name: str, warning: str, repeats: str):
    text = drafted(name)
    assert "LOOK AT THIS FIRST" in text
    assert re.search(warning, text)
    assert yaml.safe_load(text)["repeats"] == repeats


def test_an_own_limit_is_the_horizon(folder: Path):
    assert yaml.safe_load(drafted("Impatient"))["horizon"] == 15


def test_what_nothing_tells_is_left_open(folder: Path):
    text = drafted("Wordless")
    found = yaml.safe_load(text)
    assert all(str(found[key]).startswith("TODO") for key in ("success", "horizon", "control_dt"))
    assert "it has: distance" in text
    assert "native" not in found
    assert found["camera"] is False


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Wrok", r"raised NameNotFound in .*Look at the id"),
        ("Asking", r"raised EOFError in .*It asked something on its standard input"),
        ("Aborting", "was ended by signal 6 before it was done"),
        ("Killed", "was ended by signal 9 before it was done"),
        ("Growing", r"the observation had 4 numbers at the start and 5 at step 5\. It must keep its size"),
        ("Failing", "raised RuntimeError in .*their_envs.py.*the second motor is missing"),
    ],
)
def test_what_cannot_be_drafted_is_told_with_its_reason(folder: Path, name: str, said: str):
    with pytest.raises(RewardsmithError, match=said):
        drafted(name)
    assert not Path(f"{name}.yaml").exists()


def test_who_hangs_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(looking, "PATIENCE_S", 3.0)
    with pytest.raises(RewardsmithError, match="not done after 3 s, so it is taken for hung"):
        drafted("Hanging")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give an id, or --check FILE"),
        (["Walk-v0", "--check", "walk.yaml"], "give an id, or --check FILE"),
        (["Walk-v0"], "--out is missing; give a file that ends in .yaml"),
        (["Walk-v0", "--out", "walk.txt"], r"--out is walk\.txt"),
        (["Walk-v0", "--out", "there/walk.yaml"], "there is no folder"),
        (
            ["no_such_module:Walk-v0", "--out", "w.yaml"],
            r"No module named 'no_such_module'. Install it there",
        ),
        (["Walk-v0", "--out", "w.yaml", "--python", "no-such-python"], "no program is there"),
        (["Walk-v0", "--out", "w.yaml", "--python", "/bin/false"], "was ended with 1 before it was done"),
        (["metaworld:push-v3", "--out", "w.yaml"], "raised ModuleNotFoundError .* Install it there"),
    ],
)
def test_a_wrong_request_says_what_is_right(folder: Path, arguments: list[str], said: str):
    with pytest.raises(RewardsmithError, match=said):
        run(arguments)
