"""Signals that all Franka tasks share, one place for their shapes, units and frames."""

from __future__ import annotations

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.franka_facts import MAX_OPENING_M, MAX_STEP_M
from rewardsmith_envs.tasks.commands import commands

ARM_SIGNALS = (
    Signal(
        "tcp_pos", (3,), "m", "world", "tool centre point, between the fingertips", Role.EFFECTOR, -0.5, 0.9
    ),
    Signal("tcp_quat", (4,), "quat", "world", "orientation of the tool, w first", Role.EFFECTOR, -1.0, 1.0),
    Signal(
        "tcp_lin_vel", (3,), "m/s", "world", "velocity of the tool centre point", Role.EFFECTOR, -3.0, 3.0
    ),
    Signal("joint_pos", (7,), "rad", "joint", "arm joint angles, base to wrist", Role.JOINT, -3.1, 3.8),
    Signal("joint_vel", (7,), "rad/s", "joint", "arm joint velocities, base to wrist", Role.JOINT, -6.0, 6.0),
)
_STEP = f"commanded step of the tool along x, y, z (1 is {MAX_STEP_M:g} m)"
ACTION_SIGNALS = commands(3, "world", _STEP)
GRIPPER_SIGNAL = Signal(
    "finger_opening",
    (),
    "m",
    "gripper",
    f"distance of each fingertip from the middle, 0 (closed) to {MAX_OPENING_M:g}",
    Role.GRIPPER,
    -0.01,
    0.05,
)
GRASP_ACTION_SIGNALS = commands(4, "world", f"{_STEP} and gripper (-1 closed, 1 open)")
CUBE_SIGNALS = (
    Signal(
        "cube_pos",
        (3,),
        "m",
        "world",
        "centre of the cube (side 0.05 m; 0.025 high when on the table)",
        Role.OBJECT,
        -0.5,
        0.9,
    ),
    Signal("cube_quat", (4,), "quat", "world", "orientation of the cube, w first", Role.OBJECT, -1.0, 1.0),
    Signal("cube_lin_vel", (3,), "m/s", "world", "velocity of the cube", Role.OBJECT, -3.0, 3.0),
    Signal("cube_ang_vel", (3,), "rad/s", "world", "angular velocity of the cube", Role.OBJECT, -30.0, 30.0),
)
CUBE_FACTS = (
    "The cube weighs 0.1 kg; friction is high, with a coefficient of 1.0 on the table and 1.5 at the "
    "fingertips.",
)
GOAL_SIGNAL = Signal("goal_pos", (3,), "m", "world", "the goal of this episode", Role.GOAL, -0.5, 0.9)
