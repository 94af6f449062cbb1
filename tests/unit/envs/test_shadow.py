"""The Shadow hand itself, right and left, and two of them."""

from __future__ import annotations

import math

import mujoco
import pytest
import torch
from torch import Tensor

from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.robots.shadow import BASE_JOINTS, HAND_JOINTS, SHADOW_DEFAULTS, ShadowHand
from rewardsmith_envs.simulators.base import Simulator
from rewardsmith_envs.simulators.scene import load_model
from rewardsmith_envs.tasks.hand_scene import (
    CUBE,
    GOAL,
    GOAL_SIGNALS,
    HAND_PHYSICS,
    OBJECT_SIGNALS,
    RIGHT_ANGLE,
    base_signal,
)
from rewardsmith_envs.tasks.two_hands import TwoHandTask, finger_distance

FLEXING = [
    "WRJ0",
    "THJ0",
    "THJ3",
    *(f"{finger}J{n}" for finger in ("FF", "MF", "RF", "LF") for n in (0, 1, 2)),
]
"""Joints that bend a part of the hand towards the palm."""


def posed(hand: ShadowHand, angles: dict[str, float]) -> tuple[mujoco.MjModel, mujoco.MjData]:  # pyright: ignore[reportAttributeAccessIssue]
    zeros = "0 " * hand.joints
    model = load_model(
        f"<mujoco>{HAND_PHYSICS}{SHADOW_DEFAULTS}{hand.mjcf}"
        f'<keyframe><key name="home" qpos="{zeros}"/></keyframe></mujoco>'
    )
    data = mujoco.MjData(model)  # pyright: ignore[reportAttributeAccessIssue]
    for name, angle in angles.items():
        data.joint(name).qpos = angle
    mujoco.mj_forward(model, data)  # pyright: ignore[reportAttributeAccessIssue]
    return model, data


def tips(data: object, prefix: str = "") -> Tensor:
    points = [data.sensor(f"{prefix}fingertip_pos.{n}").data for n in range(1, 6)]  # pyright: ignore[reportAttributeAccessIssue]
    return torch.tensor([point.tolist() for point in points])


def test_the_open_hand_has_the_published_proportions():
    """From the base along +x to the tips: 0.213 + 0.034 to the palm, a
    knuckle, and 0.045 + 0.025 + 0.026 of finger."""
    _, data = posed(ShadowHand((0.0, 0.0, 0.0)), {})
    reach = 0.213 + 0.034 + 0.045 + 0.025 + 0.026
    expected = [
        [reach + 0.095, -0.033, 0.0],
        [reach + 0.099, -0.011, 0.0],
        [reach + 0.095, 0.011, 0.0],
        [reach + 0.0865, 0.033, 0.0],
    ]
    assert torch.allclose(tips(data)[:4], torch.tensor(expected), atol=1e-4)
    # The thumb's base is 0.029 ahead of the wrist and leans outwards by 45 degrees;
    # its links are 0.038, 0.032 and 0.0275 m long.
    side = (0.038 + 0.032 + 0.0275) * math.sqrt(0.5)
    assert tips(data)[4].tolist() == pytest.approx([0.247 + 0.029 + side, -0.034 - side, 0.0086], abs=1e-4)


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("joint", FLEXING)
def test_positive_angles_flex_towards_the_palm(joint: str, left: bool):
    """The palm of a hand at the base's own orientation looks up, except for the
    thumb's last joint, which bends across the palm."""
    hand = ShadowHand((0.0, 0.0, 0.0), left=left)
    change = tips(posed(hand, {joint: 0.3})[1]) - tips(posed(hand, {})[1])
    moved = change[change.norm(dim=1) > 1e-4]
    across = moved[:, 1] * (-1.0 if left else 1.0)
    assert len(moved)
    assert ((across if joint == "THJ0" else moved[:, 2]) > 0.002).all()


def test_left_is_the_mirror_image_of_right():
    """The same angles, at random: the left fingertips are the right ones
    with y negated, as both hands point along x."""
    right, left = ShadowHand((0.0, 0.0, 0.0)), ShadowHand((0.0, 0.0, 0.0), left=True)
    model, _ = posed(right, {})
    names = [model.joint(n).name for n in range(HAND_JOINTS)]
    low, high = torch.from_numpy(model.jnt_range).unbind(dim=1)
    for seed in range(3):
        drawn = low + (high - low) * torch.rand(HAND_JOINTS, generator=torch.Generator().manual_seed(seed))
        angles = dict(zip(names, drawn.tolist(), strict=True))
        expected = tips(posed(right, angles)[1]) * torch.tensor([1.0, -1.0, 1.0])
        assert torch.allclose(tips(posed(left, angles)[1]), expected, atol=1e-6)
    assert posed(left, {})[0].body_mass.sum() == model.body_mass.sum()


def test_a_moving_base_moves_along_the_axes_of_the_world():
    """Whatever way the hand looks; and the base's joints come before those of the hand."""
    hand = ShadowHand((1.0, 2.0, 0.5), (0.3, -0.4, 1.5), "left_", left=True, reach=0.3)
    model, still = posed(hand, {})
    assert [model.joint(n).name for n in range(BASE_JOINTS)] == [
        f"left_{kind}_{axis}" for kind in ("slide", "hinge") for axis in "xyz"
    ]
    assert model.nq == hand.joints == HAND_JOINTS + BASE_JOINTS
    _, moved = posed(hand, {"left_slide_x": 0.1, "left_slide_z": -0.2})
    assert (
        moved.sensor("left_palm_pos").data - still.sensor("left_palm_pos").data
    ).tolist() == pytest.approx([0.1, 0.0, -0.2])
    assert still.sensor("left_base_pos").data.tolist() == [1.0, 2.0, 0.5]
    _, turned = posed(hand, {"left_hinge_z": 0.5})
    before, after = (data.sensor("left_palm_pos").data - [1.0, 2.0, 0.5] for data in (still, turned))
    assert math.atan2(after[1], after[0]) - math.atan2(before[1], before[0]) == pytest.approx(0.5)
    assert after[2] == pytest.approx(before[2])


class Idle(TwoHandTask):
    """Nothing to do with a cube, one hand on a moving base."""

    name, difficulty, description, success_rule, human_reward = "two-hands-idle", "easy", "", "", ""
    right = ShadowHand((0.0, 0.0, 0.5), (0.0, 0.0, -RIGHT_ANGLE), "right_", reach=0.3)
    left = ShadowHand((0.0, -0.8, 0.5), (0.0, 0.0, RIGHT_ANGLE), "left_", left=True)
    objects = CUBE + GOAL
    object_qpos = (0.0, -0.33, 0.54, 1.0, 0.0, 0.0, 0.0)
    own_signals = (*OBJECT_SIGNALS, *GOAL_SIGNALS, base_signal("right_"))
    horizon, draws = 50, 1

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        sim["mocap_pos"][rows, 0, 0] = draws[:, 0].double()


def test_two_hands_are_moved_by_one_policy():
    """6 + 20 actions of the right hand, whose base moves, then 20
    of the left one, whose base does not."""
    task = Idle()
    env = task.make(2, 1)
    assert isinstance(env, SimulatedEnv)
    env.reset(torch.tensor([1, 2]))
    assert env.action_size == 46
    actions = torch.zeros(2, 46)
    actions[1, 2] = 1.0
    actions[1, 26 + 0] = 1.0
    last = [env.step(actions).signals for _ in range(40)][-1]
    assert last["right_base_pos"][1].tolist() == pytest.approx([0.0, 0.0, 0.8], abs=0.01)
    assert last["right_base_pos"][0].tolist() == pytest.approx([0.0, 0.0, 0.5], abs=0.01)
    assert last["left_joint_pos"][:, 0].tolist() == pytest.approx([-0.1745, 0.14], abs=0.02)
    assert last["right_joint_pos"][:, 0].tolist() == pytest.approx([-0.1745, -0.1745], abs=0.02)
    assert torch.equal(
        env._sim["qpos"][:, task.object_start : task.object_start + 3].float(), last["object_pos"]
    )
    assert (last["object_pos"][:, 2] > 0.5).all()


def test_the_distance_of_all_fingers_by_hand():
    tip = torch.tensor(
        [[[0.0, 0.0, 0.0], [0.0, 0.0, 0.2], [0.3, 0.0, 0.1], [0.0, 0.4, 0.1], [0.0, 0.0, 0.6]]]
    )
    signals = {"left_fingertip_pos": tip, "handle_pos": torch.tensor([[0.0, 0.0, 0.1]])}
    assert float(finger_distance(signals, "left", "handle_pos")) == pytest.approx(0.1 + 0.1 + 0.3 + 0.4 + 0.5)


def test_the_last_two_joints_of_a_finger_share_a_motor():
    """Free of contact they bend alike, to the commanded mean."""
    model, data = posed(ShadowHand((0.0, 0.0, 0.5)), {})
    data.actuator("MFJ0").ctrl = 1.0
    for _ in range(240):
        mujoco.mj_step(model, data)  # pyright: ignore[reportAttributeAccessIssue]
    bent = [float(data.joint(f"MFJ{n}").qpos[0]) for n in (1, 0)]
    assert bent == pytest.approx([1.0, 1.0], abs=0.05)
    assert bent[0] == pytest.approx(bent[1], abs=0.01)
    assert model.nu == 20
