"""The two tasks of turning a block in a hand: goals that
follow one another, and the Allegro hand."""

from __future__ import annotations

import math

import mujoco
import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.robots.shadow import HAND_JOINTS
from rewardsmith_envs.simulators.scene import load_model
from rewardsmith_envs.tasks.allegro_hand import AllegroHand
from rewardsmith_envs.tasks.in_hand import InHandTask
from rewardsmith_envs.tasks.shadow_hand import ShadowHandTask

HANDS = [AllegroHand(), ShadowHandTask()]


@pytest.fixture(params=HANDS, ids=[task.name for task in HANDS])
def task(request: pytest.FixtureRequest) -> InHandTask:
    return request.param


def environment(task: InHandTask, count: int) -> SimulatedEnv:
    env = task.make(count, 1)
    assert isinstance(env, SimulatedEnv)
    env.reset(torch.arange(count) * 31 + 7)
    return env


def idle(env: SimulatedEnv) -> Step:
    return env.step(torch.zeros(env.num_envs, env.action_size))


def turn_the_block(env: SimulatedEnv, task: InHandTask, row: int) -> None:
    """Hold the block still above the fingers, as it is wanted."""
    pose, motion = slice(task.joints, task.joints + 7), slice(task.joints, task.joints + 6)
    place = env._sim["sensordata"][row, env._sim.sensor("goal_pos")] + torch.tensor([0.0, 0.0, 0.2])
    env._sim["qpos"][row, pose] = torch.cat((place, env._sim["mocap_quat"][row, 0]))
    env._sim["qvel"][row, motion] = 0.0


def goals(env: SimulatedEnv) -> Tensor:
    return env._sim["mocap_quat"][:, 0].clone()


def test_a_reached_goal_counts_once_and_brings_another(task: InHandTask):
    """In one environment of three; the other two go on to the bit as if nothing had happened."""
    env, twin = environment(task, 3), environment(task, 3)
    first = goals(env)
    turn_the_block(env, task, 1)
    step, other = idle(env), idle(twin)
    assert step.success.tolist() == [False, True, False]
    assert step.true_score.tolist() == [0.0, 1.0, 0.0]
    assert not step.terminated.any()
    assert torch.equal(step.signals["goal_quat"], first.float())
    second = goals(env)
    assert (second != first).any(dim=1).tolist() == [False, True, False]
    columns = slice(-4 - env.action_size - 4, -4 - env.action_size)  # goal_quat, actions, the turn to be made
    assert torch.equal(step.observation[:, columns], second.float())
    after = idle(env)
    assert after.success.tolist() == [False, False, False]
    assert after.true_score.tolist() == [0.0, 1.0, 0.0]
    assert torch.equal(goals(env), second)
    others = torch.tensor([0, 2])
    assert torch.equal(step.observation[others], other.observation[others])
    assert torch.equal(after.observation[others], idle(twin).observation[others])


def test_a_dropped_block_ends_the_episode_and_the_count(task: InHandTask):
    env = environment(task, 2)
    start = goals(env)
    turn_the_block(env, task, 0)
    idle(env)
    env._sim["qpos"][0, task.joints] += 0.3
    step = idle(env)
    assert step.terminated.tolist() == [True, False]
    assert step.true_score.tolist() == [1.0, 0.0]
    assert idle(env).true_score.tolist() == [0.0, 0.0]
    assert not torch.equal(goals(env)[0], start[0])


def test_goals_depend_on_seed_episode_and_number_only(task: InHandTask):
    """Reached at other times, beside other neighbours, after other
    motions: the same goals in the same order."""

    def first_goals(env: SimulatedEnv, row: int, pause: int) -> Tensor:
        env.reset(torch.tensor([5, 99])[: env.num_envs].roll(row))
        chance = torch.Generator().manual_seed(pause)
        found = [goals(env)[row]]
        for _ in range(4):
            for _ in range(pause):
                env.step(torch.rand(env.num_envs, env.action_size, generator=chance))
            turn_the_block(env, task, row)
            assert idle(env).success[row]
            found.append(goals(env)[row])
        return torch.stack(found)

    quick, slow = first_goals(environment(task, 1), 0, 0), first_goals(environment(task, 2), 1, 3)
    assert torch.equal(quick, slow)
    steps = 2.0 * (quick[1:] * quick[:-1]).sum(dim=1).abs().clamp(max=1.0).acos()
    assert steps.min() > 0.49


def test_a_near_goal_is_moved_away(task: InHandTask):
    """Draws of one half mean no turn at all: the last goal, if that is the block's
    own orientation, plus a quarter turn about z."""
    env = environment(task, 2)
    env._sim["mocap_quat"][:, 0] = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    task.aim(env._sim, torch.arange(2), torch.full((2, 2), 0.5))
    half = math.sqrt(0.5)
    assert torch.allclose(
        goals(env), torch.tensor([[half, 0.0, 0.0, half], [1.0, 0.0, 0.0, 0.0]]).double(), atol=1e-7
    )


def test_the_block_stays_in_an_idle_hand(task: InHandTask):
    """2 s with all joints in the middle of their range, from 32 starts."""
    env = environment(task, 32)
    steps = [idle(env) for _ in range(120)]
    assert not any(step.terminated.any() for step in steps)
    last = steps[-1].signals
    assert ((last["object_pos"] - last["goal_pos"]).norm(dim=1) < 0.06).all()
    assert last["object_lin_vel"].norm(dim=1).median() < 0.01


def test_forces_are_felt_where_a_finger_presses():
    """The block leans on curled fingers when the wrist drops them;
    without contact there is no force."""
    env = environment(ShadowHandTask(), 4)
    env._sim["qpos"][:, HAND_JOINTS + 2] += 0.15
    assert (idle(env).signals["fingertip_force"] == 0.0).all()
    env.reset(torch.arange(4))
    bent = torch.ones(4, env.action_size)
    bent[:, :2] = 0.0
    pressed = torch.stack([env.step(bent).signals["fingertip_force"] for _ in range(60)]).amax(dim=0)
    assert (pressed.amax(dim=1) > 0.3).all()


def test_the_allegro_hand_has_the_published_proportions():
    """From knuckle to tip 0.0164 + 0.054 + 0.0384 + 0.0267; the outer fingers lean
    out by 5 degrees; the palm is tipped by 0.3 rad."""
    model = load_model(AllegroHand.scene)
    data = mujoco.MjData(model)  # pyright: ignore[reportAttributeAccessIssue]
    mujoco.mj_kinematics(model, data)  # pyright: ignore[reportAttributeAccessIssue]
    ahead = torch.tensor([math.cos(0.3), 0.0, -math.sin(0.3)])
    lean, length = 0.0873, 0.1355
    for name, side in (("index", -1.0), ("middle", 0.0), ("ring", 1.0)):
        across = torch.tensor([0.0, side * (0.0435 + length * math.sin(lean)), 0.0])
        far = length * math.cos(lean) - 0.0015 if side else length + 0.0007
        expected = torch.tensor([0.0, 0.0, 0.5]) + ahead * far + across
        assert data.site(f"{name}_tip").xpos.tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_the_allegro_hand_closes_on_positive_angles():
    """Every joint of a finger but its first raises the tip out of
    the palm, and thumb and fingers meet."""
    model = load_model(AllegroHand.scene)
    data = mujoco.MjData(model)  # pyright: ignore[reportAttributeAccessIssue]
    up = torch.tensor([math.sin(0.3), 0.0, math.cos(0.3)])

    def tip(name: str, **angles: float) -> Tensor:
        data.qpos[:] = model.qpos0
        for joint, angle in angles.items():
            data.joint(joint).qpos = angle
        mujoco.mj_kinematics(model, data)  # pyright: ignore[reportAttributeAccessIssue]
        return torch.tensor(data.site(f"{name}_tip").xpos.tolist())

    for name in ("index", "middle", "ring"):
        for number in (1, 2, 3):
            assert (tip(name, **{f"{name}{number}": 0.3}) - tip(name)) @ up > 0.005
    closed = {
        "middle1": 1.0,
        "middle2": 1.0,
        "middle3": 0.5,
        "thumb0": 1.3,
        "thumb1": 0.4,
        "thumb2": 0.6,
        "thumb3": 0.6,
    }
    gap = (tip("thumb", **closed) - tip("middle", **closed)).norm()
    assert gap < 0.5 * (tip("thumb") - tip("middle")).norm()
