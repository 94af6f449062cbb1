"""Real states of a task: recorded once, kept whole or not at all, checked when they are read."""

from __future__ import annotations

import dataclasses
import io
import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest
import torch

from rewardsmith.contracts import Task, VecEnv, readable
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.recording import NoRecordingError, cache_file, load_or_record, pack
from rewardsmith.training.ppo import PpoSettings
from rewardsmith_envs.tasks.franka_reach import FrankaReach
from tests.toys import TOY


@pytest.fixture(scope="module")
def recorded(guard: Guard, reach: Task) -> Path:
    """The file that the session's guard made."""
    guard.limits(reach)
    return cache_file(reach)


def test_the_guard_recorded_real_states(recorded: Path, reach: Task, cache: Path) -> None:
    assert recorded.is_relative_to(cache / "rewardsmith" / "states")
    assert recorded.name.startswith("franka-reach-")
    assert [path.name for path in recorded.parent.glob("franka-reach-*")] == [recorded.name]
    states = torch.load(recorded, weights_only=True)
    assert {name: value.shape[1:] for name, value in states.items()} == {
        signal.name: signal.shape for signal in readable(reach.signals)
    }
    assert not torch.equal(states["previous_tcp_pos"], states["tcp_pos"])
    assert len(states["tcp_pos"]) >= 500
    assert float(states["tcp_pos"].std(dim=0).min()) > 0.02
    assert float(states["actions"].abs().max()) <= 1.0


def test_recorded_states_are_read_without_running_the_task(recorded: Path, reach: Task) -> None:
    states = load_or_record(recorded, "", readable(reach.signals))
    assert len(states) == len(readable(reach.signals)) > len(reach.signals)


def test_another_signal_table_has_another_file(reach: Task, push: Task) -> None:
    class Other(FrankaReach):
        signals = (dataclasses.replace(FrankaReach.signals[0], unit="mm"), *FrankaReach.signals[1:])

    assert cache_file(cast(Task, Other())) != cache_file(reach)
    assert cache_file(push) != cache_file(reach)


def test_another_scene_has_another_file(tmp_path: Path):
    """Its states would not be those of the scene that is trained on."""

    class Other(FrankaReach):
        scene = str(tmp_path / "scene.xml")

    (tmp_path / "scene.xml").write_text('<mujoco><include file="table.xml"/></mujoco>', encoding="utf-8")
    (tmp_path / "table.xml").write_text("<mujoco/>", encoding="utf-8")
    files = [cache_file(cast(Task, Other()))]
    assert cache_file(cast(Task, Other())) == files[0]
    (tmp_path / "scene.xml").write_text(
        '<mujoco model="other"><include file="table.xml"/></mujoco>', encoding="utf-8"
    )
    files.append(cache_file(cast(Task, Other())))
    (tmp_path / "table.xml").write_text('<mujoco model="round"/>', encoding="utf-8")
    files.append(cache_file(cast(Task, Other())))
    Other.scene = '<mujoco model="text"/>'
    files.append(cache_file(cast(Task, Other())))
    assert len(set(files)) == 4


def test_another_program_of_the_task_has_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Start states are written by code."""
    code = (
        "from rewardsmith_envs.tasks.franka_reach import FrankaReach\nclass Mine(FrankaReach):\n"
        "    draws = 31\n"
    )
    (tmp_path / "tasks_of_mine.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    task = cast(Task, import_module("tasks_of_mine").Mine())
    before = cache_file(task)
    (tmp_path / "tasks_of_mine.py").write_text(code + "# farther apart\n", encoding="utf-8")
    assert cache_file(task) != before


def test_a_task_that_says_nothing_of_its_world_has_a_file_too():
    assert cache_file(TOY) == cache_file(TOY)


def _bytes(value: object) -> bytes:
    data = io.BytesIO()
    torch.save(value, data)
    return data.getvalue()


class Evil:
    """Unpickling it would write a file."""

    def __reduce__(self) -> tuple[object, ...]:
        return open, ("canary.txt", "w")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no tensors",
        _bytes({"tcp_pos": torch.zeros(3, 3)}),
        _bytes([1, 2]),
        _bytes({"x": Evil()}),
        pickle.dumps(Evil()),
    ],
    ids=["empty", "text", "other_signals", "list", "object_in_tensors", "object"],
)
def test_a_broken_or_hostile_file_is_not_used(
    content: bytes, reach: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "states.pt"
    file.write_bytes(content)
    with pytest.raises(NoRecordingError, match="cannot be passed to another process"):
        load_or_record(file, "", readable(reach.signals))
    assert [path.name for path in tmp_path.iterdir()] == ["states.pt"]


@pytest.mark.parametrize("damage", ["shape", "dtype", "nan", "rows", "none", "number", "single"])
def test_states_that_do_not_fit_are_not_used(
    damage: str, recorded: Path, reach: Task, tmp_path: Path
) -> None:
    states = torch.load(recorded, weights_only=True)
    value = states["tcp_pos"]
    damaged = {
        "shape": value[:, :2],
        "dtype": value.double(),
        "nan": value * float("nan"),
        "rows": value[:5],
        "none": value[:0],
        "number": 3.0,
        "single": value[0, 0],
    }
    states["tcp_pos"] = damaged[damage]
    file = tmp_path / "states.pt"
    file.write_bytes(_bytes(states))
    with pytest.raises(NoRecordingError):
        load_or_record(file, "", readable(reach.signals))


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_still_gives_states(reach: Task, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    states = load_or_record(tmp_path / "file" / "states" / "x.pt", pack(reach), readable(reach.signals))
    assert len(states["goal_pos"]) >= 500


class Unplayable(FrankaReach):
    """A task of a plug-in whose simulator is not there."""

    name = "unplayable"

    def make(self, num_envs: int, threads: int, device: str = "cpu") -> VecEnv:
        raise RuntimeError("the simulator is not installed")


@pytest.fixture
def own_guard(cache: Path) -> Iterator[Guard]:
    guard = Guard(PpoSettings())
    yield guard
    guard.close()


def test_a_task_that_cannot_be_run_is_checked_on_made_up_states(own_guard: Guard) -> None:
    task = cast(Task, Unplayable())
    verdict = own_guard.check(FrankaReach.human_reward, task)
    assert verdict.accepted
    assert "made-up states only" in verdict.message
    refused = own_guard.check(
        FrankaReach.human_reward.replace("tanh(5.0 * distance)", "log(-distance)"), task
    )
    assert refused.layer == "probe"
    assert "made-up" not in refused.message


def test_a_task_that_cannot_be_handed_on(own_guard: Guard) -> None:
    class Local(FrankaReach):
        name = "local"

    task = cast(Task, Local())
    assert pack(task) == ""
    assert "cannot be passed" in own_guard.check(FrankaReach.human_reward, task).message
