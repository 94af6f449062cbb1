"""shadow-door-close-outward: pull both leaves of an open door shut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import spread
from rewardsmith_envs.tasks.hand_scene import RIGHT_ANGLE
from rewardsmith_envs.tasks.two_hands import TwoHandTask, finger_distance

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_AWAY_M = 3.0
"""Failure: what the distances from the fingertips of a hand to its handle add up to."""


def _leaf(side: str, y: float) -> str:
    """One leaf, open at a right angle: its hinge is at ``y`` [m].

    Its handle is a vertical bar on the face towards the middle.
    """
    inwards = -1.0 if y > 0.0 else 1.0
    face = 0.07 * inwards
    return f"""
<body name="{side}_leaf" childclass="object" pos="0 {y} .6">
  <joint name="{side}_door" axis="0 0 {inwards}" range="0 1.57" damping="1" frictionloss=".5" armature=".02"/>
  <geom size=".24 .012 .4" pos=".25 0 0" mass="2" rgba=".8 .72 .6 1"/>
  <geom type="capsule" size=".01" rgba=".3 .3 .33 1" fromto=".28 {face} -.1 .28 {face} .1" mass=".1"/>
  <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto=".28 {face} -.1 .28 0 -.1" mass=".02"/>
  <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto=".28 {face} .1 .28 0 .1" mass=".02"/>
  <site name="{side}_handle" group="4" pos=".28 {face} 0"/>
</body>
"""


OBJECTS = f"""
<worldbody>
  <camera name="doorway" pos="-.95 -.55 1.65" xyaxes="0.464 -0.886 0.000 0.571 0.299 0.764"/>
  <geom class="marker" type="box" size=".02 .02 .45" pos="0 .53 .6" rgba=".6 .5 .4 1"/>
  <geom class="marker" type="box" size=".02 .02 .45" pos="0 -.53 .6" rgba=".6 .5 .4 1"/>
  {_leaf("right", -0.5)}
  {_leaf("left", 0.5)}
</worldbody>
<sensor>
  <framepos name="right_handle_pos" objtype="site" objname="right_handle"/>
  <framepos name="left_handle_pos" objtype="site" objname="left_handle"/>
  <jointpos name="right_door_angle" joint="right_door"/>
  <jointpos name="left_door_angle" joint="left_door"/>
  <jointvel name="right_door_vel" joint="right_door"/>
  <jointvel name="left_door_vel" joint="left_door"/>
</sensor>
"""
"""Hinges 1 m apart and handles 0.28 m from them: the handles are less than 0.5 m
apart when both leaves are closed to within 0.77 rad."""


class ShadowDoorCloseOutward(TwoHandTask):
    """The papers' DoorCloseOutward (from Bi-DexHands) with our own door and start poses.

    Their success: handles less than 0.5 m apart along y. Their failure: the distances from the
    fingertips of a hand to its handle add up to 3 m. The leaves swing away from the hands, so that
    the hands have to pull.
    """

    name, difficulty = "shadow-door-close-outward", "hard"
    description = (
        "Two Shadow hands, palms towards each other and thumbs up, each on a base that moves and "
        "turns, look along x through a doorway; y points to the left, z up. The door has two "
        "leaves, hinged at the left and at the right of the doorway. Both stand open at about a "
        "right angle, away from the hands. The handle of each is a vertical bar on the face "
        "towards the middle, 0.28 m from the hinge, with room behind it for the fingers. Pull "
        "both leaves towards the hands until the door is closed: the right hand the right leaf, "
        "the left hand the left one. An episode lasts 250 control steps of 1/60 s; it ends early "
        "when the fingers of a hand are very far from its handle."
    )
    success_rule = "handles less than 0.5 m apart along y, at any step of the episode"
    right = ShadowHand((-0.29, -0.4, 0.6), (-RIGHT_ANGLE, 0.0, 0.0), "right_", reach=0.5)
    left = ShadowHand((-0.29, 0.4, 0.6), (RIGHT_ANGLE, 0.0, 0.0), "left_", left=True, reach=0.5)
    objects = OBJECTS
    object_qpos = (0.0, 0.0)
    own_signals = (
        Signal("right_handle_pos", (3,), "m", "world", "middle of the right handle", Role.OBJECT, -1.0, 1.0),
        Signal("left_handle_pos", (3,), "m", "world", "middle of the left handle", Role.OBJECT, -1.0, 1.0),
        Signal(
            "right_door_angle",
            (),
            "rad",
            "door",
            "turn of the right leaf: 0 wide open, 1.57 closed",
            Role.OBJECT,
            -0.2,
            1.8,
        ),
        Signal(
            "left_door_angle",
            (),
            "rad",
            "door",
            "turn of the left leaf: 0 wide open, 1.57 closed",
            Role.OBJECT,
            -0.2,
            1.8,
        ),
        Signal(
            "right_door_vel",
            (),
            "rad/s",
            "door",
            "speed of the right leaf, positive when closing",
            Role.OBJECT,
            -20.0,
            20.0,
        ),
        Signal(
            "left_door_vel",
            (),
            "rad/s",
            "door",
            "speed of the left leaf, positive when closing",
            Role.OBJECT,
            -20.0,
            20.0,
        ),
    )
    own_facts = (
        "Each leaf is 0.5 m wide, weighs 2.1 kg and turns against 0.5 Nm of friction and 1 Nm per rad/s.",
        "The bar of a handle is 0.02 m thick and 0.2 m long, with 0.048 m of room behind it; friction at the "
        "hands has a coefficient of 1.0.",
        "An episode ends early when the distances from the five fingertips of a hand to its handle add up to "
        f"{_AWAY_M:g} m.",
    )
    latched = True
    contacts, constraints = 48, 296
    horizon, draws = 250, 2
    human_reward = """\
def compute_reward(right_fingertip_pos, left_fingertip_pos, right_handle_pos, left_handle_pos,
                   right_door_angle, left_door_angle):
    right_gap = torch.norm(right_fingertip_pos - right_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    left_gap = torch.norm(left_fingertip_pos - left_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    reach = torch.exp(-5.0 * right_gap) + torch.exp(-5.0 * left_gap)
    apart = torch.abs(left_handle_pos[:, 1] - right_handle_pos[:, 1])
    close = 4.0 * torch.clamp(0.9 - apart, 0.0, 0.5)
    turn = right_door_angle + left_door_angle
    return reach + close + turn, {"reach": reach, "close": close, "turn": turn}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Each leaf up to 0.15 rad from wide open; the papers' starts do not vary."""
        sim["qpos"][rows, self.object_start :] = spread(draws, (0.0, 0.0), (0.15, 0.15)).double()

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """The handles are close together."""
        return (signals["left_handle_pos"] - signals["right_handle_pos"])[:, 1].abs() < 0.5

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """A hand is very far from its handle."""
        right, left = (
            finger_distance(signals, "right", "right_handle_pos"),
            finger_distance(signals, "left", "left_handle_pos"),
        )
        return (right >= _AWAY_M) | (left >= _AWAY_M)


TASK = ShadowDoorCloseOutward()
