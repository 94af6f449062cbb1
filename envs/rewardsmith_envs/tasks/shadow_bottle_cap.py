"""shadow-bottle-cap: hold a bottle with one hand and unscrew its cap with the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import spread
from rewardsmith_envs.tasks.hand_scene import OBJECT_SIGNALS, RIGHT_ANGLE
from rewardsmith_envs.tasks.two_hands import TwoHandTask

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_OPEN_M = 0.03
"""Success. This and the limits below: Eureka and RF-Agent, appendices, BottleCap."""
_LOW_M, _RIGHT_AWAY_M, _LEFT_AWAY_M = 0.5, 0.5, 0.2
_TRAVEL_M = 0.064
"""The whole way of the cap, and here the lead of its thread: one turn opens it."""
_LEAN = -0.7
"""The bottle leans over the left palm, about y [rad]."""

_BOTTLE = f"""
<default>
  <default class="bottle"><geom type="capsule" contype="2" conaffinity="7" condim="4"
    friction="3 .02 .001" rgba=".3 .6 .75 1"/></default>
</default>
<worldbody>
  <camera name="view" pos=".9 -1.15 1" xyaxes="0.486 0.874 -0.000 -0.369 0.205 0.906"/>
  <geom name="table" class="table" size=".15 .15 .05" pos="0 -.6 .05"/>
  <body name="object" pos=".011 -.62 .509">
    <freejoint name="object"/>
    <geom class="bottle" fromto="0 0 -.091 0 0 .05" size=".035" mass=".36"/>
    <geom class="bottle" fromto="0 0 .06 0 0 .105" size=".015" mass=".04"/>
    <body name="cap" pos="0 0 .13">
      <joint name="cap_opening" type="slide" axis="0 0 1" range="0 {_TRAVEL_M}" damping=".5"/>
      <joint name="cap_turn" axis="0 0 1" armature=".00005" damping=".0002" frictionloss=".002"/>
      <geom class="bottle" type="cylinder" size=".02 .02" mass=".03" rgba=".85 .25 .2 1"/>
      <geom class="marker" type="box" size=".003 .002 .02" pos=".019 0 0" mass="0" rgba="1 1 1 1"/>
    </body>
  </body>
</worldbody>
<equality>
  <joint joint1="cap_opening" joint2="cap_turn"
    polycoef="0 {_TRAVEL_M / (2.0 * math.pi):.6f} 0 0 0" solimp=".9999 .9999 .001"/>
</equality>
<sensor>
  <framepos name="object_pos" objtype="xbody" objname="object"/>
  <framequat name="object_quat" objtype="xbody" objname="object"/>
  <framelinvel name="object_lin_vel" objtype="xbody" objname="object"/>
  <frameangvel name="object_ang_vel" objtype="xbody" objname="object"/>
  <framepos name="cap_pos" objtype="xbody" objname="cap"/>
  <jointpos name="cap_opening" joint="cap_opening"/>
  <jointvel name="cap_opening_vel" joint="cap_opening"/>
</sensor>
"""
"""The bottle is 0.276 m high, as there, and 0.07 m wide; the cap has a steep thread: turning lifts
it, and pulling turns it.

The armature keeps the weight of the cap's turn within the reach of the solver, which scales a
coupling by the sum of both joints' weights. """


class ShadowBottleCap(TwoHandTask):
    """Bi-DexHands' BottleCap with a bottle of primitives.

    Poses, way of the cap and rules are theirs, and a goal once met counts as met.

    There the cap turns and slides freely, so that pulling alone opens it; here a thread couples
    both. There friction is 100 and the bottle sticks to the hand; here it is 3, so that the hand
    must close. There every episode starts in one state; here the bottle lies up to 0.005 m aside.
    """

    name = "shadow-bottle-cap"
    difficulty = "medium"
    latched = True
    description = (
        "A bottle (0.28 m high, 0.07 m wide, 0.43 kg) lies leaning in the open left hand, whose "
        "palm looks up and to +x, its fingers to -y. At its top is a screw cap, 0.04 m wide; the "
        "thread is so steep that one turn, or a pull along the axis of the bottle, takes the cap "
        "0.064 m up. The right hand waits above, palm down, its fingers pointing to +y and up. z "
        "points up. Each hand has a base that moves up to 0.12 m along x, y and z and turns up to "
        "0.3 rad about them, and 20 motors for wrist, fingers and thumb. Close the left hand "
        "around the bottle so that it stays there, take the cap with the fingers of the right "
        "hand, and open it. The episode ends early when the cap is 0.5 m or less above the "
        "ground, when the right palm is 0.5 m or more away from the cap or the left palm 0.2 m or "
        "more from the middle of the bottle, and at the latest after 125 control steps of 1/60 s."
    )
    success_rule = f"cap opened by more than {_OPEN_M} m at any step of the episode"
    own_signals = (
        *OBJECT_SIGNALS,
        Signal("cap_pos", (3,), "m", "world", "middle of the cap", Role.OBJECT, -5.0, 5.0),
        Signal(
            "cap_opening",
            (),
            "m",
            "bottle",
            "how far the cap is up, 0 (closed) to 0.064",
            Role.OBJECT,
            -0.05,
            0.12,
        ),
        Signal(
            "cap_opening_vel",
            (),
            "m/s",
            "bottle",
            "speed of the cap along the bottle, up when positive",
            Role.OBJECT,
            -10.0,
            10.0,
        ),
    )
    own_facts = (
        "Friction of bottle and cap at the hands has a coefficient of 3.0.",
        "The cap is a cylinder 0.04 m wide and high, and cap_pos is its middle.",
        f"An episode ends early when cap_pos is {_LOW_M:g} m high or lower, right_palm_pos {_RIGHT_AWAY_M:g} "
        f"m or more away from it, or left_palm_pos {_LEFT_AWAY_M:g} m or more away from object_pos.",
    )
    right = ShadowHand((0.0, -1.0035, 0.5254), (0.5, math.pi, RIGHT_ANGLE), "right_", reach=0.12, turn=0.3)
    left = ShadowHand(
        (0.0, -0.303, 0.45),
        (0.0, RIGHT_ANGLE + _LEAN, -RIGHT_ANGLE),
        "left_",
        left=True,
        reach=0.12,
        turn=0.3,
    )
    objects = _BOTTLE
    object_qpos = (0.011, -0.62, 0.509, math.cos(_LEAN / 2.0), 0.0, math.sin(_LEAN / 2.0), 0.0, 0.0, 0.0)
    horizon = 125
    contacts = 52
    constraints = 320
    draws = 3
    human_reward = """\
def compute_reward(right_fingertip_pos, left_palm_pos, object_pos, cap_pos, cap_opening):
    fingers = torch.sum(torch.norm(right_fingertip_pos - cap_pos[:, None], dim=-1), dim=-1)
    hold = -torch.norm(left_palm_pos - object_pos, dim=-1)
    grasp = 2.0 - fingers
    opening = torch.where(fingers <= 0.3, 30.0 * cap_opening, torch.zeros_like(fingers))
    return grasp + hold + opening, {"grasp": grasp, "hold": hold, "opening": opening}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The bottle up to 0.005 m aside."""
        start = self.object_start
        sim["qpos"][rows, start : start + 3] += spread(draws, (-0.005,) * 3, (0.005,) * 3)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Open by more than 0.03 m."""
        return signals["cap_opening"] > _OPEN_M

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The bottle slips, or a hand is away."""
        right = (signals["right_palm_pos"] - signals["cap_pos"]).norm(dim=1) >= _RIGHT_AWAY_M
        left = (signals["left_palm_pos"] - signals["object_pos"]).norm(dim=1) >= _LEFT_AWAY_M
        return (signals["cap_pos"][:, 2] <= _LOW_M) | right | left


TASK = ShadowBottleCap()
