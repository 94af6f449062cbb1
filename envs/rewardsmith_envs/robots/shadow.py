"""The Shadow Dexterous Hand as MJCF: right or left, on a fixed or moving base, anywhere in a scene.

Joint names, axes, ranges, limits of torque and distances between joints are those of the
manufacturer's technical specification (names as in its older issues, which count from 0); radii and
masses are rounded; stiffness, damping and armature are ours, such that steps of 1/120 s are stable.
Links are capsules, the palm is a box, and weight is compensated. In the frame of the hand z points
along the fingers, x towards the thumb and -y out of the palm; the left hand is the mirror image in
x. Fingers touch what has bit 4 in its ``conaffinity``, never one another: objects, and whatever
else a scene wants to stop hands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Vector = tuple[float, float, float]

HAND_JOINTS = 24
BASE_JOINTS = 6
HAND_ACTIONS = 20
TIPS = ("FF", "MF", "RF", "LF", "TH")
"""Fingers in the order of every fingertip signal: first, middle, ring, little, thumb."""

SHADOW_DEFAULTS = """
<default>
  <default class="shadow">
    <geom type="capsule" contype="4" conaffinity="0" condim="4" friction="1 .02 .001" rgba=".35 .36 .4 1"/>
    <site group="4"/>
    <joint damping=".1" armature=".001"/>
  </default>
</default>
"""
"""Write it into a scene once, before its hands."""


@dataclass(frozen=True)
class _Joint:
    name: str
    axis: Vector
    low: float
    """[rad]"""
    high: float
    force: float
    """Most torque of its actuator [Nm]; 0 where a tendon drives it."""
    kp: float = 3.0


@dataclass(frozen=True)
class _Link:
    """A body with its joints, all through its origin."""

    name: str
    parent: str
    pos: Vector
    """In the frame of the parent [m]."""
    joints: tuple[_Joint, ...]
    length: float
    """Of its capsule, along z [m]."""
    radius: float
    mass: float


def _finger(name: str, parent: str, pos: Vector, spread: float) -> tuple[_Link, ...]:
    """A finger with three parallel joints; the last two share one actuator."""
    aside = _Joint(f"{name}J3", (0.0, spread, 0.0), -0.349, 0.349, 0.9)
    knuckle, middle, distal = (
        _Joint(f"{name}J{n}", (1.0, 0.0, 0.0), 0.0, 1.571, 0.9 * (n == 2)) for n in (2, 1, 0)
    )
    return (
        _Link(f"{name}_proximal", parent, pos, (aside, knuckle), 0.045, 0.0095, 0.022),
        _Link(f"{name}_middle", f"{name}_proximal", (0.0, 0.0, 0.045), (middle,), 0.025, 0.0085, 0.012),
        _Link(f"{name}_distal", f"{name}_middle", (0.0, 0.0, 0.025), (distal,), 0.018, 0.008, 0.01),
    )


_LINKS = (
    _Link(
        "wrist",
        "forearm",
        (0.0, 0.0, 0.213),
        (_Joint("WRJ1", (0.0, 1.0, 0.0), -0.489, 0.14, 4.785, 5.0),),
        0.03,
        0.02,
        0.1,
    ),
    _Link(
        "palm",
        "wrist",
        (0.0, 0.0, 0.034),
        (_Joint("WRJ0", (1.0, 0.0, 0.0), -0.698, 0.489, 2.175, 5.0),),
        0.0,
        0.0,
        0.3,
    ),
    *_finger("FF", "palm", (0.033, 0.0, 0.095), -1.0),
    *_finger("MF", "palm", (0.011, 0.0, 0.099), -1.0),
    *_finger("RF", "palm", (-0.011, 0.0, 0.095), 1.0),
    _Link(
        "LF_metacarpal",
        "palm",
        (-0.033, 0.0, 0.0207),
        (_Joint("LFJ4", (0.5736, 0.0, 0.8192), 0.0, 0.785, 0.9),),
        0.066,
        0.011,
        0.03,
    ),
    *_finger("LF", "LF_metacarpal", (0.0, 0.0, 0.0658), 1.0),
    _Link(
        "TH_proximal",
        "palm",
        (0.034, -0.0086, 0.029),
        (
            _Joint("THJ4", (0.0, 0.0, -1.0), -1.047, 1.047, 2.372),
            _Joint("THJ3", (1.0, 0.0, 0.0), 0.0, 1.222, 1.45),
        ),
        0.038,
        0.012,
        0.026,
    ),
    _Link(
        "TH_middle",
        "TH_proximal",
        (0.0, 0.0, 0.038),
        (
            _Joint("THJ2", (1.0, 0.0, 0.0), -0.209, 0.209, 0.99),
            _Joint("THJ1", (0.0, -1.0, 0.0), -0.524, 0.524, 0.99),
        ),
        0.032,
        0.011,
        0.018,
    ),
    _Link(
        "TH_distal",
        "TH_middle",
        (0.0, 0.0, 0.032),
        (_Joint("THJ0", (0.0, -1.0, 0.0), 0.0, 1.571, 0.81),),
        0.0185,
        0.009,
        0.012,
    ),
)
_TIP_HEIGHT = {"FF": 0.026, "MF": 0.026, "RF": 0.026, "LF": 0.026, "TH": 0.0275}
"""End of the finger in the frame of its last link [m]."""
_THUMB_TURN = 0.7854
"""The base of the thumb leans outwards, about y [rad]."""
_COUPLED_FORCE = 2 * 0.7245
"""Most torque of the actuator that bends the last two joints of a finger, half of it each [Nm]."""


@dataclass(frozen=True)
class ShadowHand:
    """One hand in a scene.

    At the base's own orientation the forearm lies along +x, with the palm up. A moving base has
    three slides and three hinges along and about x, y and z of the world, ahead of the joints of
    the hand in ``qpos`` and of its actuators in ``ctrl``. Actuators: base (6), WRJ1, WRJ0, of each
    finger J3, J2 and the mean of J1 and J0, with LFJ4 before LFJ3, then THJ4 to THJ0.
    """

    pos: Vector
    """Of the base, where the forearm begins, 0.307 m before the middle of the palm [m]."""
    euler: Vector = (0.0, 0.0, 0.0)
    """Turns of the base about its x, y and z, one after another [rad]."""
    prefix: str = ""
    """Of all names: ``right_`` makes the sensors ``right_palm_pos``, ..."""
    left: bool = False
    reach: float = 0.0
    """How far the base moves to each side along each axis [m]; 0: it stands still."""
    turn: float = 0.6
    """How far a moving base turns to each side about each axis [rad]."""

    @property
    def joints(self) -> int:
        """Joints, and so numbers in ``qpos``."""
        return HAND_JOINTS + (BASE_JOINTS if self.reach else 0)

    @property
    def mjcf(self) -> str:
        """Sections of an MJCF document: bodies, tendons, actuators and sensors."""
        parts = (
            "<worldbody>",
            *self._base(),
            "</worldbody><tendon>",
            *self._tendons(),
            "</tendon><actuator>",
            *self._actuators(),
            "</actuator><sensor>",
            *self._sensors(),
            "</sensor>",
        )
        return "\n".join(parts)

    def _base(self) -> Iterator[str]:
        p = self.prefix
        yield f'<body name="{p}mover" pos="{_text(self.pos)}" childclass="shadow">'
        if self.reach:
            for kind, limit, damping in (("slide", self.reach, 5.0), ("hinge", self.turn, 0.5)):
                for letter, axis in zip("xyz", ("1 0 0", "0 1 0", "0 0 1"), strict=True):
                    extent = (
                        f'range="{-limit} {limit}" damping="{damping}" '
                        f'armature="{0.1 if kind == "slide" else 0.01}"'
                    )
                    yield f'<joint name="{p}{kind}_{letter}" type="{kind}" axis="{axis}" {extent}/>'
        yield f'<body name="{p}base" euler="{_text(self.euler)}" gravcomp="1">'
        yield f'<body name="{p}forearm" xyaxes="0 -1 0 0 0 -1" gravcomp="1">'
        yield '<geom fromto="0 0 .04 0 0 .19" size=".035" mass="1.4" contype="0"/>'
        yield from self._children("forearm")
        yield "</body></body></body>"

    def _children(self, parent: str) -> Iterator[str]:
        for link in _LINKS:
            if link.parent == parent:
                yield from self._body(link)

    def _body(self, link: _Link) -> Iterator[str]:
        p = self.prefix
        turn = (
            f' euler="0 {-_THUMB_TURN if self.left else _THUMB_TURN} 0"' if link.name == "TH_proximal" else ""
        )
        yield f'<body name="{p}{link.name}" pos="{_text(self._mirrored(link.pos))}"{turn} gravcomp="1">'
        for joint in link.joints:
            axis = _text(self._mirrored_axis(joint.axis))
            spring = ' stiffness=".05"' if not joint.force else ""
            yield f'<joint name="{p}{joint.name}" axis="{axis}" range="{joint.low} {joint.high}"{spring}/>'
        if link.name == "palm":
            yield (
                f'<geom type="box" pos="{_text(self._mirrored((0.011, 0.0, 0.047)))}" size=".033 .011 '
                f'.047" mass="{link.mass}"/>'
            )
            yield f'<site name="{p}palm" pos="0 -.011 .06" xyaxes="0 0 1 -1 0 0"/>'
        else:
            yield f'<geom fromto="0 0 0 0 0 {link.length}" size="{link.radius}" mass="{link.mass}"/>'
        if link.name.endswith("_distal"):
            tip = link.name[:2]
            yield f'<site name="{p}{tip}_tip" pos="0 0 {_TIP_HEIGHT[tip]}"/>'
            yield (
                f'<site name="{p}{tip}_skin" type="capsule" fromto="0 0 0 0 0 {link.length}" '
                f'size="{link.radius + 0.003}"/>'
            )
        yield from self._children(link.name)
        yield "</body>"

    def _tendons(self) -> Iterator[str]:
        p = self.prefix
        for finger in TIPS[:4]:
            pair = "".join(f'<joint joint="{p}{finger}J{n}" coef=".5"/>' for n in (1, 0))
            yield f'<fixed name="{p}{finger}J0">{pair}</fixed>'

    def _actuators(self) -> Iterator[str]:
        p = self.prefix
        if self.reach:
            for kind, limit, gains in (
                ("slide", self.reach, 'kp="600" kv="60" forcerange="-60 60"'),
                ("hinge", self.turn, 'kp="60" kv="6" forcerange="-15 15"'),
            ):
                for letter in "xyz":
                    yield f'<position joint="{p}{kind}_{letter}" ctrlrange="{-limit} {limit}" {gains}/>'
        for joint in (joint for link in _LINKS for joint in link.joints):
            span = f'ctrlrange="{joint.low} {joint.high}"'
            if joint.force:
                limit = f'kp="{joint.kp}" forcerange="{-joint.force} {joint.force}"'
                yield f'<position name="{p}{joint.name}" joint="{p}{joint.name}" {span} {limit}/>'
            elif joint.name.endswith("J0"):
                limit = f'kp="6" forcerange="{-_COUPLED_FORCE} {_COUPLED_FORCE}"'
                yield f'<position name="{p}{joint.name}" tendon="{p}{joint.name}" {span} {limit}/>'

    def _sensors(self) -> Iterator[str]:
        p = self.prefix
        for kind, name in (("framepos", "pos"), ("framequat", "quat"), ("framelinvel", "lin_vel")):
            yield f'<{kind} name="{p}palm_{name}" objtype="site" objname="{p}palm"/>'
        for kind, name in (("framepos", "pos"), ("framelinvel", "lin_vel")):
            for n, finger in enumerate(TIPS, start=1):
                yield f'<{kind} name="{p}fingertip_{name}.{n}" objtype="site" objname="{p}{finger}_tip"/>'
        for n, finger in enumerate(TIPS, start=1):
            yield f'<touch name="{p}fingertip_force.{n}" site="{p}{finger}_skin"/>'
        yield f'<framepos name="{p}base_pos" objtype="xbody" objname="{p}base"/>'

    def _mirrored(self, point: Vector) -> Vector:
        return (-point[0], point[1], point[2]) if self.left else point

    def _mirrored_axis(self, axis: Vector) -> Vector:
        """A mirrored turn has the mirrored axis and the opposite sense."""
        return (axis[0], -axis[1], -axis[2]) if self.left else axis


def _text(vector: Vector) -> str:
    return " ".join(f"{number:g}" for number in vector)
