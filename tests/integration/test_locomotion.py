"""Robots that walk, fly and balance: hand-written controllers reach a good
metric, and signals mean what their table says."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step, VecEnv
from rewardsmith.registry import TASKS
from rewardsmith_envs import ASSETS
from rewardsmith_envs.simulators.cpu import CpuSimulator

COUNT = 16


def started(name: str, count: int = COUNT) -> VecEnv:
    env = TASKS.load(name).make(count, 2)
    env.reset(torch.arange(count))
    return env


def still(env: VecEnv) -> Tensor:
    return torch.zeros(env.num_envs, env.action_size)


def episode(name: str, control: Callable[[Mapping[str, Tensor]], Tensor], count: int = COUNT) -> list[Step]:
    env = started(name, count)
    steps = [env.step(still(env))]
    for _ in range(TASKS.load(name).horizon - 1):
        steps.append(env.step(control(steps[-1].signals)))
    return steps


def rest(signals: Mapping[str, Tensor]) -> Tensor:
    return torch.zeros_like(signals["actions"])


def after_writing(name: str, values: dict[int, float]) -> Step:
    """One step after numbers were written into ``qpos`` of the second of two environments."""
    env = started(name, 2)
    for column, value in values.items():
        env._sim["qpos"][1, column] = value  # pyright: ignore[reportAttributeAccessIssue]
    return env.step(still(env))


def hover(signals: Mapping[str, Tensor]) -> Tensor:
    """Tilted rotors push it to the goal; more thrust on one side
    than on the other keeps it level."""
    push = 4.0 * (signals["goal_pos"] - signals["base_pos"]).clamp(-1.0, 1.0) - 3.0 * signals["base_lin_vel"]
    ahead, left = (push[:, :2] / 9.81).clamp(-0.5, 0.5).unbind(dim=1)
    turn = -2.0 * signals["base_quat"][:, 1:3] - 0.2 * signals["base_ang_vel"][:, :2]
    thrust = 0.1 * (9.81 + push[:, 2])
    roll, pitch = turn.unbind(dim=1)
    thrusts = torch.stack(
        (thrust + roll - pitch, thrust + roll + pitch, thrust - roll + pitch, thrust - roll - pitch), dim=1
    )
    return torch.cat((torch.stack((-left, ahead), dim=1).repeat(1, 4) / 0.5236, thrusts - 1.0), dim=1)


def level_out(signals: Mapping[str, Tensor]) -> Tensor:
    """Raise the plate where the ball is and where it goes: there the
    knees are stretched, the others bent."""
    angle = torch.tensor([0.0, 2.0944, 4.1888])
    outward = torch.stack((angle.cos(), angle.sin()))
    return -(1.5 * signals["ball_pos"][:, :2] + signals["ball_lin_vel"][:, :2]) @ outward


def test_a_hover_controller_stays_near_the_goal():
    steps = episode("quadcopter", hover)
    assert not any(step.terminated.any() for step in steps)
    assert (steps[-1].signals["goal_pos"] - steps[-1].signals["base_pos"]).norm(dim=1).max() < 0.05
    assert steps[-1].true_score.mean() > -0.5


def test_a_crash_counts_three_metres_for_the_rest():
    """Without thrust it is on the ground within a second, nearer to
    the goal than many a good flight starts."""
    off = torch.cat((torch.zeros(8), -torch.ones(4)))
    steps = episode("quadcopter", lambda signals: off.expand(COUNT, -1))
    ended = torch.stack([step.terminated for step in steps]).int().argmax(dim=0)
    for env, end in enumerate(ended.tolist()):
        assert 5 < end < 50
        flown = [
            float((step.signals["base_pos"][env] - torch.tensor([0.0, 0.0, 1.0])).norm())
            for step in steps[: end + 1]
        ]
        expected = -(sum(flown) + 3.0 * (250 - len(flown))) / 250
        assert float(steps[end].true_score[env]) == pytest.approx(expected, abs=1e-4)
        assert expected < -2.5


def test_no_step_counts_less_than_the_worst():
    """Nor does a world that the simulator loses: nothing is known of it."""
    env = started("anymal", 3)
    env._sim["qvel"][1, 0] = 50.0  # pyright: ignore[reportAttributeAccessIssue]
    env._sim["qpos"][2, 0] = float("nan")  # pyright: ignore[reportAttributeAccessIssue]
    step = env.step(still(env))
    assert step.unstable.tolist() == [False, False, True]
    assert step.true_score[0] > -6.0
    assert step.true_score[1:].tolist() == [-6.0, -6.0]
    assert env.step(still(env)).true_score[2] > -6.0


def test_full_thrust_lifts_a_quadcopter_and_tilted_rotors_push_it_sideways():
    """By hand: 8 N on 0.4 kg are 20 m/s^2, less 9.81; tilted rotors on a tilted body turn them."""
    env = started("quadcopter", 2)
    env._sim["qpos"][:, 7:] = 0.0  # pyright: ignore[reportAttributeAccessIssue]
    actions = still(env)
    actions[:, 8:] = 1.0
    step = env.step(actions)
    assert torch.allclose(step.signals["base_lin_vel"][:, 2], torch.full((2,), 0.02 * 10.19), rtol=0.02)
    actions[1, 1:8:2] = 1.0
    *_, before, step = [env.step(actions) for _ in range(15)]
    gained = step.signals["base_lin_vel"] - before.signals["base_lin_vel"]
    tilt = step.signals["joint_pos"][1, 1::2]
    assert torch.allclose(tilt, torch.full((4,), 0.5236), atol=0.06)
    assert gained[0].tolist() == pytest.approx([0.0, 0.0, 0.02 * 10.19], abs=0.005)
    pitch = 2.0 * step.signals["base_quat"][1, 2].asin()
    assert pitch.abs() < 0.3
    assert float(gained[1, 0]) == pytest.approx(0.02 * 20.0 * float((tilt.mean() + pitch).sin()), abs=0.01)
    assert gained[1, 1].abs() < 0.01


@pytest.mark.parametrize("place", [{2: 0.29}, {0: 3.1}, {1: -3.1}, {2: 4.1}])
def test_a_lost_quadcopter_ends_its_episode(place: dict[int, float]):
    assert after_writing("quadcopter", place).terminated.tolist() == [False, True]


def test_an_anymal_at_rest_scores_its_command():
    steps = episode("anymal", rest)
    assert not any(step.terminated.any() for step in steps)
    assert steps[-1].truncated.all()
    ordered = torch.cat(
        (steps[0].signals["goal_lin_vel"][:, :2], steps[0].signals["goal_ang_vel"][:, 2:]), dim=1
    )
    assert ordered.abs().max(dim=0).values.tolist() == pytest.approx([2.0, 1.0, 1.0], abs=0.35)
    assert torch.allclose(steps[-1].true_score, -ordered.square().sum(dim=1), atol=0.05)


def test_the_base_sees_velocities_in_its_own_frame():
    """An anymal that lies turned by 90 degrees to the left and
    moves along the world's y moves forward."""
    env = started("anymal", 1)
    env._sim["qpos"][0, 3:7] = torch.tensor([0.5**0.5, 0.0, 0.0, 0.5**0.5])  # pyright: ignore[reportAttributeAccessIssue]
    env._sim["qvel"][0, :2] = torch.tensor([0.0, 1.5])  # pyright: ignore[reportAttributeAccessIssue]
    signals = env.step(still(env)).signals
    assert signals["base_lin_vel"][0].tolist() == pytest.approx([0.0, 1.5, 0.0], abs=0.25)
    assert signals["body_lin_vel"][0].tolist() == pytest.approx([1.5, 0.0, 0.0], abs=0.25)


def test_the_base_turns_about_its_own_axes():
    """Rodrigues' formula by hand: a body's vector is the world's,
    turned back by the body's orientation."""
    env = started("anymal")
    generator = torch.Generator().manual_seed(0)
    signals = [env.step(torch.rand(still(env).shape, generator=generator) - 0.5).signals for _ in range(20)][
        -1
    ]
    w, axis = signals["base_quat"][:, :1], signals["base_quat"][:, 1:]
    for kind in ("lin", "ang"):
        world = signals[f"base_{kind}_vel"]
        half = torch.linalg.cross(axis, world)
        expected = world - 2.0 * w * half + 2.0 * torch.linalg.cross(axis, half)
        assert world.norm(dim=1).min() > 0.02
        assert torch.allclose(signals[f"body_{kind}_vel"], expected, atol=1e-4)


ON_ITS_BACK = {2: 0.085, 3: 0.0, 4: 1.0, 5: 0.0, 6: 0.0}
ON_ITS_KNEES = {2: 0.338} | dict.fromkeys((8, 11, 14, 17), 0.0) | {9: -2.2, 12: 2.2, 15: -2.2, 18: 2.2}


@pytest.mark.parametrize(
    ("pose", "felt", "unfelt"), [(ON_ITS_BACK, "base", "knee"), (ON_ITS_KNEES, "knee", "base")]
)
def test_an_anymal_on_its_back_or_its_knees_has_fallen(pose: dict[int, float], felt: str, unfelt: str):
    step = after_writing("anymal", pose)
    assert step.terminated.tolist() == [False, True]
    assert step.signals[f"{felt}_contact"][1].max() > 1.0
    assert step.signals[f"{unfelt}_contact"][1].max() == 0.0
    assert step.signals[f"{felt}_contact"][0].max() == 0.0


def test_a_base_on_the_ground_feels_its_weight():
    sim = CpuSimulator(ASSETS / "anymal.xml", 1, 4, 1)
    for column, value in ON_ITS_BACK.items():
        sim["qpos"][0, column] = value
    sim.forward(torch.ones(1, dtype=torch.bool))
    for _ in range(150):
        sim.step()
    assert float(sim["sensordata"][0, sim.sensor("base_contact")]) == pytest.approx(32.2 * 9.81, rel=0.02)


def test_joint_torques_are_those_of_the_servos():
    """85 Nm/rad towards the command less 2 Nms/rad, cut at 80 Nm, as
    measured before the last of four physics steps."""
    env = started("anymal")
    signals = [env.step(still(env)).signals for _ in range(60)][-1]
    standing = torch.tensor([0.03, 0.4, -0.8, 0.03, -0.4, 0.8, -0.03, 0.4, -0.8, -0.03, -0.4, 0.8])
    expected = 85.0 * (standing - signals["joint_pos"]) - 2.0 * signals["joint_vel"]
    assert expected.abs().max() > 5.0
    assert torch.allclose(signals["joint_torque"], expected, atol=0.5)


def test_a_levelling_controller_keeps_the_ball():
    steps = episode("ball-balance", level_out)
    assert steps[-1].true_score.tolist() == [500.0] * COUNT
    assert not any(step.terminated.any() for step in steps)
    resting = steps[-1].signals["ball_pos"] - steps[-1].signals["plate_pos"]
    assert torch.allclose(resting[:, 2], torch.full((COUNT,), 0.1), atol=0.01)


def test_a_plate_at_rest_loses_most_balls():
    steps = episode("ball-balance", rest, 64)
    kept = ~torch.stack([step.terminated for step in steps]).any(dim=0)
    assert kept.float().mean() < 0.2


def test_a_ball_on_the_ground_ends_the_episode():
    assert after_writing("ball-balance", {13: 1.0, 15: 0.14}).terminated.tolist() == [False, True]


LYING = {3: 0.5**0.5, 4: 0.0, 5: -(0.5**0.5), 6: 0.0}


def test_a_humanoid_that_is_low_has_fallen_and_scores_its_way():
    assert after_writing("humanoid", LYING | {2: 0.79}).terminated.tolist() == [False, True]
    assert after_writing("humanoid", LYING | {2: 0.82}).terminated.tolist() == [False, False]
    env = started("humanoid", 1)
    fall = next(step for step in (env.step(still(env)) for _ in range(500)) if step.terminated.all())
    assert fall.signals["base_pos"][0, 2] < 0.8
    assert fall.true_score.abs() > 1e-3
    assert torch.equal(fall.true_score, fall.signals["base_pos"][:, 0] / 16.0)


def test_the_humanoids_human_reward_knows_the_joint_limits():
    source = TASKS.load("humanoid").human_reward
    low, high = (
        ast.literal_eval(text) for text in re.findall(r"torch\.tensor\((\[.*?\])\)", source, re.DOTALL)
    )
    limits = torch.from_numpy(CpuSimulator(ASSETS / "humanoid.xml", 1, 4, 1).model.jnt_range[1:])
    assert torch.allclose(torch.tensor([low, high]).double().T, limits, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "first", "every"),
    [("humanoid", 0, 1), ("anymal", 0, 1), ("quadcopter", 0, 1), ("ball-balance", 1, 2)],
)
def test_every_action_moves_its_own_joint(name: str, first: int, every: int):
    """Environments from one seed, each with one action of its own; the joint of
    that action moves most, and the same way."""
    env = TASKS.load(name).make(22, 2)
    env.reset(torch.full((22,), 3))
    driven = min(21, env.action_size, env.action_size - 4 if name == "quadcopter" else 21)
    actions = still(env)
    actions[range(driven), range(driven)] = 0.5
    step = env.step(actions)
    moved = (step.signals["joint_pos"] - step.signals["joint_pos"][-1:])[:driven, first::every]
    assert moved.argmax(dim=1).tolist() == list(range(driven))
