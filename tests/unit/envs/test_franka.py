"""The arm against MuJoCo's own kinematics."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
import torch

from rewardsmith_envs.robots.franka import CartesianFranka
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import ASSETS, any_apart


@pytest.fixture
def sim() -> CpuSimulator:
    sim = CpuSimulator(ASSETS / "franka_reach.xml", 3, 4, 1)
    generator = torch.Generator().manual_seed(0)
    sim["qpos"][:, :7] += torch.rand(3, 7, generator=generator).double() * 0.4 - 0.2
    sim.forward(torch.ones(3, dtype=torch.bool))
    return sim


def test_home_matches_the_dh_table():
    """Distance from base to tool at the home joints, from the
    manufacturer's table computed by hand elsewhere."""
    sim = CpuSimulator(ASSETS / "franka_reach.xml", 1, 4, 1)
    assert sim["sensordata"][0, sim.sensor("tcp_pos")].tolist() == pytest.approx([0.45, 0.0, 0.30], abs=2e-3)


def test_jacobian_equals_mujocos(sim: CpuSimulator):
    robot = CartesianFranka(sim)
    ours = robot._jacobian_transposed().mT
    for n in range(3):
        data = mujoco.MjData(sim.model)  # pyright: ignore[reportAttributeAccessIssue]
        data.qpos[:] = sim["qpos"][n].numpy()
        mujoco.mj_forward(sim.model, data)  # pyright: ignore[reportAttributeAccessIssue]
        linear, angular = np.zeros((3, sim.model.nv)), np.zeros((3, sim.model.nv))
        mujoco.mj_jacSite(sim.model, data, linear, angular, sim.index("site", "tcp"))  # pyright: ignore[reportAttributeAccessIssue]
        expected = np.concatenate((linear[:, :7], angular[:, :7]))
        assert np.allclose(ours[n].numpy(), expected, atol=1e-5)


def test_an_action_moves_the_tool_that_way():
    sim = CpuSimulator(ASSETS / "franka_reach.xml", 4, 4, 1)
    robot = CartesianFranka(sim)
    tcp = sim.sensor("tcp_pos")
    before = sim["sensordata"][:, tcp].clone()
    actions = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    for _ in range(5):
        robot.act(actions)
        sim.step()
    moved = sim["sensordata"][:, tcp] - before
    for axis in range(3):
        assert int(moved[axis].abs().argmax()) == axis
        assert moved[axis, axis] > 0.05
    assert moved[3].abs().max() < 2e-3, "gravity is compensated: the arm stays where it is"


def test_the_tool_keeps_its_orientation():
    sim = CpuSimulator(ASSETS / "franka_reach.xml", 1, 4, 1)
    robot = CartesianFranka(sim)
    quaternion = sim.sensor("tcp_quat")
    before = sim["sensordata"][0, quaternion].clone()
    for _ in range(15):
        robot.act(torch.tensor([[0.3, 1.0, -0.2]]))
        sim.step()
    cosine = float((sim["sensordata"][0, quaternion] * before).sum().abs())
    assert 2 * np.arccos(min(1.0, cosine)) < 0.12  # rad


def test_any_apart_takes_the_farthest_where_none_is_far_enough():
    options = torch.tensor([[[0.01, 0.0], [0.02, 0.0]], [[0.01, 0.0], [0.5, 0.0]]])
    assert any_apart(options, torch.zeros(2, 2), 0.1).tolist() == [
        pytest.approx([0.02, 0.0]),
        pytest.approx([0.5, 0.0]),
    ]


def test_the_fourth_action_opens_and_closes_the_gripper():
    sim = CpuSimulator(ASSETS / "franka_lift.xml", 3, 8, 1)
    robot = CartesianFranka(sim, gripper=True)
    assert robot.action_size == 4
    for _ in range(10):
        robot.act(torch.tensor([[0.0, 0.0, 0.0, grip] for grip in (-1.0, 0.0, 1.0)]))
        sim.step()
    opening = sim["sensordata"][:, sim.sensor("finger_opening")][:, 0]
    assert torch.allclose(opening, torch.tensor([0.0, 0.02, 0.04], dtype=torch.float64), atol=2e-3)


def test_without_a_gripper_the_fingers_stay():
    sim = CpuSimulator(ASSETS / "franka_drawer.xml", 1, 4, 1)
    robot = CartesianFranka(sim)
    robot.act(torch.ones(1, 3))
    sim.step()
    assert float(sim["sensordata"][0, sim.sensor("finger_opening")]) == pytest.approx(0.0, abs=2e-3)
