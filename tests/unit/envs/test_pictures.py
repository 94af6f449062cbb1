"""Pictures of environments, really drawn, without a display."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith_envs import ASSETS
from rewardsmith_envs.simulators import opengl
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.simulators.looks import decorate
from rewardsmith_envs.simulators.scene import load_model, load_spec

SCENE = """
<mujoco><option><flag autoreset="disable"/></option>
  <worldbody>
    <light pos="0 0 5"/><geom type="plane" size="5 5 .1"/>
    {camera}
    <body name="goal" mocap="true" pos="0 0 .5"><geom type="box" size=".4 .05 .1" rgba="1 0 0 1"/></body>
    <body><joint type="slide"/><geom size=".1" mass="1"/></body>
  </worldbody>
  <keyframe><key name="home"/></keyframe>
</mujoco>"""
TWO_CAMERAS = SCENE.format(
    camera='<camera name="top" pos="0 0 3"/><camera name="side" pos="0 -3 .5" xyaxes="1 0 0 0 0 1"/>'
)


def roll(task: Task, seeds: list[int], steps: int, *, watched: bool) -> tuple[list[Tensor], list[Tensor]]:
    env = task.make(len(seeds), 1)
    draw = env.camera(64, 48)
    observations, pictures = [env.reset(torch.tensor(seeds))], []
    for number in range(steps):
        pictures += [draw(index) for index in range(len(seeds))] if watched else []
        observations.append(env.step(torch.full((len(seeds), env.action_size), 0.5 - number % 2)).observation)
    return observations, pictures


def redness(picture: Tensor) -> Tensor:
    red, green, blue = picture.int().unbind(dim=2)
    return (red > green + 80) & (red > blue + 80)


@pytest.mark.usefixtures("opengl")
def test_the_same_states_give_the_same_pictures_and_watching_changes_nothing(reach: Task):
    seen, first = roll(reach, [3, 4], 4, watched=True)
    _, second = roll(reach, [3, 4], 4, watched=True)
    unseen, _ = roll(reach, [3, 4], 4, watched=False)
    assert all(map(torch.equal, seen, unseen))
    assert all(map(torch.equal, first, second))
    assert (first[0].shape, first[0].dtype) == ((48, 64, 3), torch.uint8)
    assert not torch.equal(first[0], first[1]), "another environment"
    assert not torch.equal(first[0], first[2]), "a step later"
    assert float(first[0].float().std()) > 20, "something is in the picture"


@pytest.mark.usefixtures("opengl")
def test_an_environment_looks_the_same_in_any_batch(reach: Task):
    _, (first, second) = roll(reach, [3, 4], 1, watched=True)
    _, (alone,) = roll(reach, [4], 1, watched=True)
    assert torch.equal(second, alone)
    assert not torch.equal(first, alone)


@pytest.mark.usefixtures("opengl")
@pytest.mark.parametrize("name", TASKS.names())
def test_every_task_can_be_seen(name: str):
    env = TASKS.load(name).make(1, 1)
    env.reset(torch.tensor([0]))
    assert env.camera(32, 24)(0).float().std() > 5


@pytest.mark.usefixtures("opengl")
def test_cameras_of_the_scene_come_first_and_go_by_name():
    sim = CpuSimulator(TWO_CAMERAS, 1, 1, 1)
    first, top, side = (sim.camera(64, 48, name)(0) for name in ("", "top", "side"))
    assert torch.equal(first, top)
    assert not torch.equal(top, side)
    with pytest.raises(UsageError, match=r"unknown camera 'sid'\. Did you mean 'side'\? Allowed: side, top"):
        sim.camera(64, 48, "sid")


@pytest.mark.usefixtures("opengl")
def test_a_goal_that_moves_or_turns_is_seen_to():
    sim = CpuSimulator(TWO_CAMERAS, 2, 1, 1)
    sim["mocap_pos"][1, 0, 0] = 0.5
    draw = sim.camera(64, 48, "side")
    columns = [redness(draw(index)).float().sum(dim=0) for index in range(2)]
    middle = [float((column * torch.arange(64)).sum() / column.sum()) for column in columns]
    assert middle[0] == pytest.approx(31.5, abs=1)
    assert middle[1] > middle[0] + 5


@pytest.mark.usefixtures("opengl")
def test_the_view_follows_a_robot_that_walks():
    sim = CpuSimulator(ASSETS / "ant.xml", 2, 1, 1)
    sim["qpos"][1, :2] = torch.tensor([20.0, 10.0])
    draw = sim.camera(64, 48, "")
    near, far = draw(0)[16:32, 24:40].float(), draw(1)[16:32, 24:40].float()
    assert (near - far).abs().mean() < 10, "the robot is in the middle of both"


def test_what_only_the_eye_needs_leaves_bodies_and_joints_alone():
    for scene in (ASSETS / "franka_push.xml", ASSETS / "ant.xml", TWO_CAMERAS):
        plain, spec = load_model(scene), load_spec(scene)
        decorate(spec, 64, 48)
        seen = spec.compile()
        for count in ("nq", "nv", "nbody", "ngeom", "nsite", "nmocap", "ncam"):
            assert getattr(seen, count) == getattr(plain, count), count
        assert (seen.nlight, seen.vis.global_.offwidth) == (1, 64)


def test_the_next_kind_of_opengl_is_tried_and_an_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    find, tried = opengl.context_class.__wrapped__, []
    monkeypatch.setattr(opengl, "_CHOICES", ("egl", "osmesa"))
    monkeypatch.setattr(opengl, "_complaint", lambda kind: tried.append(kind) or f"no {kind} here")
    with pytest.raises(
        opengl.RenderingError, match=r"egl: no egl here; osmesa: no osmesa here.*libosmesa6.*libegl1"
    ):
        find()
    assert tried == ["egl", "osmesa"]
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    with pytest.raises(opengl.RenderingError, match=r"works \(osmesa: no osmesa here\)"):
        find()


def test_a_kind_that_does_not_work_is_found_out_in_a_child(monkeypatch: pytest.MonkeyPatch):
    assert "invalid value for environment variable MUJOCO_GL: nonsense" in str(opengl._complaint("nonsense"))
    monkeypatch.setattr(opengl, "_TINY_PICTURE", "import os; os.abort()")
    assert opengl._complaint("egl") == "ended with -6"
    monkeypatch.setattr(opengl, "_TINY_PICTURE", "import time; time.sleep(60)")
    monkeypatch.setattr(opengl, "_PATIENCE_S", 0.1)
    assert opengl._complaint("egl") == "no answer within 0.1 s"
