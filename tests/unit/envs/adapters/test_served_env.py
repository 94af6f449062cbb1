"""Environments in servers, against numbers worked out by hand, and environments that misbehave."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import Step, Task
from rewardsmith.errors import RewardsmithError
from rewardsmith.testing import tasks
from rewardsmith_envs.adapters.env import ServedEnv
from rewardsmith_envs.adapters.servers import SuiteError
from rewardsmith_envs.adapters.task import TableTask
from tests.steered import task_file

MET = "success: {info: is_success}"


def made(folder: Path, **changed: str) -> ServedEnv:
    env = TableTask(task_file(folder, **changed)).make(2, 2)
    assert isinstance(env, ServedEnv)
    return env


def misbehaving(folder: Path, what: str, **changed: str) -> ServedEnv:
    lines = {
        "environment": "environment: tests.steered:Misbehaving-v0",
        "arguments": f"arguments: {{what: {what}}}",
    }
    return made(folder, **lines, **changed)


def play(env: ServedEnv, steps: int) -> list[Step]:
    env.reset(torch.arange(2))
    return [env.step(torch.zeros(2, 2)) for _ in range(steps)]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return TableTask(task_file(tmp_path_factory.mktemp("task")))


@pytest.mark.parametrize("check", tasks.CHECKS)
def test_it_keeps_the_contract(task: Task, check: Callable[[Task], None]):
    check(task)


def test_a_step_by_hand(tmp_path: Path):
    env = made(tmp_path)
    first = env.reset(torch.tensor([3, 4]))
    step = env.step(torch.tensor([[1.0, -0.5], [0.0, 5.0]]))
    # an action of 1 is 2 there, which is a velocity of 1 m/s, for 0.1 s
    moved = first + torch.tensor([[0.1, -0.05, 0.0, 0.0], [0.0, 0.1, 0.0, 0.0]])
    assert torch.allclose(step.observation, moved)
    assert torch.equal(step.signals["disk_pos"], step.observation[:, :2])
    assert torch.equal(step.signals["disk_vel"], torch.tensor([[1.0, -0.5], [0.0, 1.0]]))
    assert torch.equal(step.signals["disk_quat"], torch.tensor([[1.0, 0.0, 0.0, 0.0]] * 2))
    assert torch.equal(step.signals["actions"], torch.tensor([[1.0, -0.5], [0.0, 1.0]]))
    assert torch.equal(step.signals["previous_actions"], torch.zeros(2, 2))
    assert step.native is not None
    assert torch.allclose(step.native, -(moved[:, :2] - moved[:, 2:]).norm(dim=1))


def steered_home(env: ServedEnv, steps: int) -> list[Step]:
    """Towards the mark as fast as it goes, without passing it."""
    seen, found = env.reset(torch.arange(2)), list[Step]()
    for _ in range(steps):
        found.append(env.step(10.0 * (seen[:, 2:] - seen[:, :2])))
        seen = found[-1].observation
    return found


def test_success_counts_at_the_last_step(tmp_path: Path):
    steps = steered_home(made(tmp_path), 20)
    assert steps[-1].success.all()
    assert torch.equal(steps[-1].true_score, torch.ones(2))
    assert steps[-1].truncated.all()
    assert not torch.equal(steps[-1].observation, steps[-1].final_observation)


def test_a_latched_goal_stays_met(tmp_path: Path):
    env = made(tmp_path, latched="latched: true")
    steps = steered_home(env, 19)
    assert steps[-1].success.all()
    left = env.step(-torch.ones(2, 2))
    assert (left.signals["disk_pos"] - left.signals["mark_pos"]).norm(dim=1).min() > 0.05
    assert left.success.all()
    assert not env.step(torch.zeros(2, 2)).success.any()  # of the next episode


@pytest.mark.parametrize(("kind", "ended"), [("all", True), ("but-success", False), ("none", False)])
def test_an_end_by_success(tmp_path: Path, kind: str, ended: bool):
    changed = {"arguments": "arguments: {ends: success}", "terminations": f"terminations: {kind}"}
    steps = steered_home(made(tmp_path, **changed), 19)
    assert any(bool(step.terminated.any()) for step in steps) is ended


def test_an_end_by_failure(tmp_path: Path):
    env = made(tmp_path, arguments="arguments: {ends: left}")
    env.reset(torch.arange(2))
    steps = [env.step(-torch.ones(2, 2)) for _ in range(12)]
    assert torch.stack([step.terminated for step in steps]).any(dim=0).all()
    assert not any(bool(step.success.any()) for step in steps)


def test_a_metric_is_a_mean_over_the_horizon(tmp_path: Path):
    """Of the x velocity above -1, and what an episode lacks counts as -1."""
    metric = "metric: {attribute: velocity, columns: [0, 1], worst: -1.0}"
    env = made(tmp_path, success=metric)
    env.reset(torch.arange(2))
    steps = [env.step(torch.tensor([[0.5, 0.0], [-1.0, 0.0]])) for _ in range(20)]
    assert torch.allclose(steps[0].true_score, torch.tensor([-1.0 + 1.5 / 20, -1.0]))
    assert torch.allclose(steps[-1].true_score, torch.tensor([0.5, -1.0]))
    assert torch.allclose(torch.stack([step.sparse for step in steps]).sum(dim=0), torch.tensor([1.5, 0.0]))


def test_a_picture_is_scaled(tmp_path: Path):
    env = made(tmp_path, camera="camera: true")
    env.reset(torch.arange(2))
    draw = env.camera(40, 30)
    env.step(torch.zeros(2, 2))
    assert draw(1).shape == (30, 40, 3)
    assert draw(1).float().mean() == 1.0
    with pytest.raises(RewardsmithError, match="no camera 'side'"):
        env.camera(40, 30, "side")


def test_without_a_picture(tmp_path: Path):
    with pytest.raises(RewardsmithError, match="camera: true"):
        made(tmp_path).camera(40, 30)


def test_a_limit_of_its_own_is_named(tmp_path: Path):
    with pytest.raises(SuiteError, match="at step 10, and the task file's horizon is 20"):
        play(made(tmp_path, arguments="arguments: {ends: late}"), 20)


def test_nan_is_unstable_and_nothing_of_it_is_seen(tmp_path: Path):
    steps = play(misbehaving(tmp_path, "nan"), 6)
    assert steps[4].unstable.all()
    assert steps[4].terminated.all()
    assert torch.equal(steps[4].signals["disk_pos"], torch.zeros(2, 2))
    assert all(
        step.observation.isfinite().all() and step.final_observation.isfinite().all() for step in steps
    )
    assert not steps[5].unstable.any()


def test_what_it_prints_and_asks_stays_away(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(SuiteError, match=r"EOFError in .*steered.py"):
        play(misbehaving(tmp_path, "ask"), 6)
    assert capfd.readouterr() == ("", "")


def test_an_error_is_named_with_its_place(tmp_path: Path):
    with pytest.raises(
        SuiteError, match=r"raised ValueError in .*steered.py, line \d+, step: the gripper is stuck"
    ):
        play(misbehaving(tmp_path, "raise"), 6)


@pytest.mark.parametrize(
    ("what", "how"), [("abort", f"signal {int(signal.SIGABRT)}"), ("exit", "ended with 3")]
)
def test_a_crash_is_named(tmp_path: Path, what: str, how: str):
    with pytest.raises(SuiteError, match=how):
        play(misbehaving(tmp_path, what), 6)


def test_a_hang_is_named(tmp_path: Path):
    with pytest.raises(SuiteError, match=r"said nothing for 1\.5 s"):
        play(misbehaving(tmp_path, "hang", patience_s="patience_s: 1.5"), 6)


def test_after_a_crash_others_can_be_made(tmp_path: Path):
    env = made(tmp_path)
    env.reset(torch.arange(2))
    for server in env._servers:
        os.kill(server._process.pid, signal.SIGKILL)
    with pytest.raises(SuiteError, match="signal 9"):
        env.step(torch.zeros(2, 2))
    env.close()
    again = made(tmp_path)
    assert play(again, 3)[-1].observation.shape == (2, 4)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"environment": "environment: tests.steered:Steared-v0"}, "Steared"),
        ({"python": "python: /nowhere/python"}, "cannot start /nowhere/python"),
        ({"action_size": "action_size: 3"}, "takes 2 actions, the file says 3"),
        ({"success": "success: {info: won}"}, r"info has no 'won' after this step; it has \['is_success'\]"),
        ({"native": "native: {says: x, read: {body: hand}}"}, "MuJoCo's `model` and `data`"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, changed: dict[str, str], said: str):
    with pytest.raises(SuiteError, match=said):
        play(made(tmp_path, **changed), 1)


def test_a_wrong_shape_is_named(tmp_path: Path):
    path = task_file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("shape: [2]", "shape: [3]"), encoding="utf-8")
    with pytest.raises(SuiteError, match="disk_vel has 2 numbers, and its shape says 3"):
        TableTask(path).make(2, 1)
