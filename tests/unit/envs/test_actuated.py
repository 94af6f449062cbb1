"""Robots whose actions go straight to their actuators."""

from __future__ import annotations

import torch

from rewardsmith_envs import ASSETS
from rewardsmith_envs.robots.actuated import ActuatedRobot
from rewardsmith_envs.robots.base import Joints
from rewardsmith_envs.simulators.cpu import CpuSimulator


def test_actions_span_the_control_range(tmp_path):
    """A joint-position servo with an uneven range beside a motor: the same class serves both."""
    text = (ASSETS / "cartpole.xml").read_text(encoding="utf-8")
    file = tmp_path / "servo.xml"
    file.write_text(
        text.replace("</actuator>", '<position joint="pole" kp="50" kv="5" ctrlrange="-.5 1.5"/></actuator>'),
        encoding="utf-8",
    )
    sim = CpuSimulator(file, 3, 2, 1)
    robot = ActuatedRobot(sim, {"": Joints(slice(0, 2), slice(0, 2))})
    assert robot.action_size == 2
    robot.act(torch.tensor([[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]]))
    assert sim["ctrl"].tolist() == [[-1.0, -0.5], [0.0, 0.5], [1.0, 1.5]]


def test_a_push_moves_the_cart_that_way():
    sim = CpuSimulator(ASSETS / "cartpole.xml", 2, 2, 1)
    robot = ActuatedRobot(sim, {"": Joints(slice(0, 2), slice(0, 2))})
    robot.act(torch.tensor([[1.0], [-1.0]]))
    sim.step()
    # 20 N on 1 kg of cart, and the effective mass of a hinged pole at its
    # lower end: a quarter of 0.3 kg and a bit.
    expected = 20.0 / 1.075 / 60
    assert torch.allclose(
        sim["qvel"][:, 0], torch.tensor([expected, -expected], dtype=torch.float64), rtol=0.03
    )
