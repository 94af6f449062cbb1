"""What scenes with Shadow hands are made of: physics, things to handle, and the signals of both."""

from __future__ import annotations

import math

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import HAND_JOINTS

RIGHT_ANGLE = math.pi / 2

HAND_PHYSICS = """
<compiler angle="radian" autolimits="true"/>
<option timestep=".008333333333" integrator="implicitfast" solver="Newton" iterations="5" ls_iterations="8">
  <flag eulerdamp="disable" autoreset="disable"/>
</option>
<default>
  <default class="world"><geom contype="1" conaffinity="2" rgba=".55 .56 .6 1"/></default>
  <default class="table"><geom type="box" contype="1" conaffinity="6" rgba=".62 .55 .45 1"/></default>
  <default class="object"><geom type="box" contype="2" conaffinity="7" condim="4"
    friction="1 .02 .001" rgba=".85 .55 .2 1"/></default>
  <default class="marker"><geom type="sphere" size=".02" contype="0" conaffinity="0"
    rgba=".2 .8 .3 .5"/></default>
</default>
<worldbody><light pos="0 0 3"/><geom name="ground" class="world" type="plane" size="3 3 .1"/></worldbody>
"""
"""Two physics steps are one control step of 1/60 s. Contact bits: 1 world, 2 objects, 4 hands."""

CUBE = """
<worldbody>
  <body name="object" pos="0 0 1">
    <freejoint name="object"/>
    <geom class="object" size=".025 .025 .025" mass=".1"/>
  </body>
</worldbody>
<sensor>
  <framepos name="object_pos" objtype="body" objname="object"/>
  <framequat name="object_quat" objtype="body" objname="object"/>
  <framelinvel name="object_lin_vel" objtype="body" objname="object"/>
  <frameangvel name="object_ang_vel" objtype="body" objname="object"/>
</sensor>
"""
"""A cube of 5 cm and 100 g with the sensors of :data:`OBJECT_SIGNALS`; it
takes 7 numbers of ``qpos`` and 6 of ``qvel``."""

OBJECT_SIGNALS = (
    Signal("object_pos", (3,), "m", "world", "centre of the object", Role.OBJECT, -5.0, 5.0),
    Signal(
        "object_quat", (4,), "quat", "world", "orientation of the object, w first", Role.OBJECT, -1.0, 1.0
    ),
    Signal("object_lin_vel", (3,), "m/s", "world", "velocity of the object", Role.OBJECT, -20.0, 20.0),
    Signal(
        "object_ang_vel", (3,), "rad/s", "world", "angular velocity of the object", Role.OBJECT, -200.0, 200.0
    ),
)

GOAL = """
<worldbody>
  <body name="goal" mocap="true" pos="0 0 1"><geom class="marker" type="box" size=".025 .025 .025"/></body>
</worldbody>
<sensor>
  <framepos name="goal_pos" objtype="xbody" objname="goal"/>
  <framequat name="goal_quat" objtype="xbody" objname="goal"/>
</sensor>
"""
"""A ghost of the cube: write ``sim["mocap_pos"][rows, 0]`` and ``sim["mocap_quat"][rows, 0]``."""

GOAL_SIGNALS = (
    Signal("goal_pos", (3,), "m", "world", "where the centre of the object must go", Role.GOAL, -5.0, 5.0),
    Signal(
        "goal_quat", (4,), "quat", "world", "wanted orientation of the object, w first", Role.GOAL, -1.0, 1.0
    ),
)


TABLE = """
<worldbody>
  <camera name="table" pos=".62 -.5 1.16" xyaxes="0.581 0.814 -0.000 -0.409 0.292 0.865"/>
  <geom name="table" class="table" size=".4 .5 .02" pos="0 0 .58"/>
</worldbody>
"""
"""A table, with a view onto it. Its top is 0.6 m high; what
falls off it lies on the ground at 0."""
TABLE_FACTS = (
    "The table is 0.6 m high and reaches from -0.4 to 0.4 m along x and from -0.5 to 0.5 m along y.",
)


def body_sensors(name: str) -> str:
    """Sensors of a body, for :func:`body_signals`.

    Its frame is that of its MJCF, wherever its mass is.
    """
    kinds = (
        ("framepos", "pos"),
        ("framequat", "quat"),
        ("framelinvel", "lin_vel"),
        ("frameangvel", "ang_vel"),
    )
    return "".join(
        f'<{kind} name="{name}_{suffix}" objtype="xbody" objname="{name}"/>' for kind, suffix in kinds
    )


def body_signals(name: str, point: str) -> tuple[Signal, ...]:
    """Signals of a body that moves freely.

    Args:
        name: Of the body; the signals are ``{name}_pos``, ``{name}_quat``, ``{name}_lin_vel`` and
            ``{name}_ang_vel``.
        point: What the position is of, such as ``centre of the block``.
    """
    thing = name.replace("_", " ")
    return (
        Signal(f"{name}_pos", (3,), "m", "world", point, Role.OBJECT, -5.0, 5.0),
        Signal(
            f"{name}_quat",
            (4,),
            "quat",
            "world",
            f"orientation of the {thing}, w first",
            Role.OBJECT,
            -1.0,
            1.0,
        ),
        Signal(f"{name}_lin_vel", (3,), "m/s", "world", f"velocity of the {thing}", Role.OBJECT, -20.0, 20.0),
        Signal(
            f"{name}_ang_vel",
            (3,),
            "rad/s",
            "world",
            f"angular velocity of the {thing}",
            Role.OBJECT,
            -200.0,
            200.0,
        ),
    )


def base_signal(prefix: str) -> Signal:
    """Where the base of a hand is, for tasks that need it."""
    meaning = f"base of the {prefix.removesuffix('_')} hand: where its forearm begins"
    return Signal(f"{prefix}base_pos", (3,), "m", "world", meaning, Role.EFFECTOR, -3.0, 3.0)


def goals(right: str, left: str) -> tuple[Signal, Signal]:
    """``right_goal_pos`` and ``left_goal_pos``: what must be there, in words for each."""
    return (
        Signal("right_goal_pos", (3,), "m", "world", right, Role.GOAL, -1.0, 1.0),
        Signal("left_goal_pos", (3,), "m", "world", left, Role.GOAL, -1.0, 1.0),
    )


def hand_signals(prefix: str) -> tuple[Signal, ...]:
    """The signals of one hand."""
    side = f"{prefix.removesuffix('_')} " if prefix else ""
    return (*_palm(prefix, side), *_fingertips(prefix, side), *_joints(prefix, side))


def _palm(prefix: str, side: str) -> tuple[Signal, ...]:
    return (
        Signal(
            f"{prefix}palm_pos", (3,), "m", "world", f"middle of the {side}palm", Role.EFFECTOR, -3.0, 3.0
        ),
        Signal(
            f"{prefix}palm_quat",
            (4,),
            "quat",
            "world",
            f"orientation of the {side}palm, w first; its x axis points along the fingers, z out of the palm",
            Role.EFFECTOR,
            -1.0,
            1.0,
        ),
        Signal(
            f"{prefix}palm_lin_vel",
            (3,),
            "m/s",
            "world",
            f"velocity of the {side}palm",
            Role.EFFECTOR,
            -10.0,
            10.0,
        ),
    )


def _fingertips(prefix: str, side: str) -> tuple[Signal, ...]:
    fingers = f"of the {side}hand: first, middle, ring, little finger, thumb"
    return (
        Signal(
            f"{prefix}fingertip_pos", (5, 3), "m", "world", f"fingertips {fingers}", Role.EFFECTOR, -3.0, 3.0
        ),
        Signal(
            f"{prefix}fingertip_lin_vel",
            (5, 3),
            "m/s",
            "world",
            f"velocities of the fingertips {fingers}",
            Role.EFFECTOR,
            -15.0,
            15.0,
        ),
    )


def _joints(prefix: str, side: str) -> tuple[Signal, ...]:
    order = "wrist (2), first, middle, ring finger (4 each), little finger (5), thumb (5)"
    return (
        Signal(
            f"{prefix}joint_pos",
            (HAND_JOINTS,),
            "rad",
            "joint",
            f"joints of the {side}hand: {order}",
            Role.JOINT,
            -2.0,
            2.5,
        ),
        Signal(
            f"{prefix}joint_vel",
            (HAND_JOINTS,),
            "rad/s",
            "joint",
            "velocities of the same joints",
            Role.JOINT,
            -80.0,
            80.0,
        ),
    )
