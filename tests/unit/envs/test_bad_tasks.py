"""A task that does not fit its scene is refused when it is
loaded, with the element and the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from rewardsmith_envs import ASSETS
from rewardsmith_envs.simulators.base import Simulator
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.simulators.scene import SceneError
from rewardsmith_envs.tasks.cartpole import Cartpole
from rewardsmith_envs.tasks.franka_lift import FrankaLift

CARTPOLE = (ASSETS / "cartpole.xml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in CARTPOLE
    return CARTPOLE.replace(old, new)


def refusal(task: Cartpole) -> str:
    with pytest.raises(SceneError) as caught:
        task.make(2, 1)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('solver="Newton"', 'solver="PGS"', ['<option solver="PGS">', "both simulators", 'solver="Newton"']),
        (
            'iterations="5"',
            'iterations="5" noslip_iterations="3"',
            ["<option noslip_iterations>", "smaller timestep"],
        ),
        ('autoreset="disable"', 'autoreset="enable"', ["autoreset", "non-finite"]),
        ('name="home"', 'name="start"', ["no <key name='home'>", "start"]),
        ("<geom type", "<gem type", ["gem", "line"]),
        ('joint="pole"/>', 'joint="poll"/>', ["poll"]),
        ('name="pole_vel"', 'name="pole_speed"', ["no sensor named 'pole_vel'", "'pole_speed'", "Add it"]),
        (
            '<jointvel name="pole_vel" joint="pole"/>',
            '<subtreecom name="pole_vel" body="pole"/>',
            ["'pole_vel'", "shape ()", "gives 3 numbers"],
        ),
        ('timestep=".00833333333"', 'timestep=".01"', ["control_dt is 0.0166667 s", "2 steps", "0.02 s"]),
    ],
)
def test_a_bad_scene_is_refused_with_its_element_and_file(
    tmp_path: Path, old: str, new: str, words: list[str]
):
    file = tmp_path / "bad_cartpole.xml"
    file.write_text(changed(old, new), encoding="utf-8")
    task = Cartpole()
    task.scene = str(file)
    message = refusal(task)
    assert "bad_cartpole.xml" in message
    for word in words:
        assert word in message


def test_a_missing_file_is_named():
    task = Cartpole()
    task.scene = "nowhere.xml"
    assert "nowhere.xml" in refusal(task)


def test_a_missing_site_is_named(tmp_path: Path):
    for file in ASSETS.glob("*.xml"):
        text = (
            file.read_text(encoding="utf-8")
            .replace('<site name="tcp"', '<site name="tool"')
            .replace('objname="tcp"', 'objname="tool"')
        )
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    task = FrankaLift()
    task.scene = str(tmp_path / "franka_lift.xml")
    with pytest.raises(SceneError, match=r"franka_lift\.xml has no site named 'tcp'\. It has: 'tool'"):
        task.make(1, 1)


@pytest.mark.parametrize(
    ("name", "owner"), [("actions", "the robot"), ("pole_angle", "the sensor 'pole_angle'")]
)
def test_a_wrong_shape_in_the_signal_table_is_named(name: str, owner: str):
    task = Cartpole()
    task.signals = tuple(replace(s, shape=(4,)) if s.name == name else s for s in Cartpole.signals)
    message = refusal(task)
    assert f"task cartpole: the signal {name!r} has shape (4,)" in message
    assert f"{owner} of {ASSETS / 'cartpole.xml'} gives 1 numbers" in message


@pytest.mark.parametrize("method", ["success", "failed", "true_score"])
def test_a_verdict_of_the_wrong_shape_is_named(method: str):
    class Wrong(Cartpole):
        pass

    setattr(Wrong, method, lambda self, signals, *more: torch.zeros(len(signals["cart_pos"]), 1))
    message = refusal(Wrong())
    assert f"{method}() gives (2, 1) float32, not (num_envs,) = (2,)" in message


def test_a_start_pose_that_is_not_finite_is_named():
    class Wrong(Cartpole):
        def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
            sim["qpos"][rows, 1] = float("nan")

    assert "the signal 'pole_angle' is not finite at the start pose of" in refusal(Wrong())


def test_a_scene_may_be_a_text_and_include_the_assets():
    scene = (ASSETS / "franka_reach.xml").read_text(encoding="utf-8")
    assert CpuSimulator(scene, 1, 4, 1)["qpos"].shape == (1, 9)
    with pytest.raises(SceneError, match=r"the scene text '<mujoco>.*no scene that MuJoCo can load"):
        CpuSimulator('<mujoco> <include file="missing.xml"/> </mujoco>', 1, 4, 1)


def test_a_world_that_explodes_without_becoming_non_finite_is_lost():
    env = Cartpole().make(2, 1)
    env._sim["qvel"][0, 1] = 1e6  # pyright: ignore[reportAttributeAccessIssue]
    step = env.step(torch.zeros(2, 1))
    assert step.unstable.tolist() == [True, False]
    assert all(value[0].abs().max() == 0 for value in step.signals.values())
