"""shadow-lift-underarm: lift a heavy pot with two hands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import scatter_body, spread
from rewardsmith_envs.tasks.hand_scene import GOAL_SIGNALS, OBJECT_SIGNALS, RIGHT_ANGLE
from rewardsmith_envs.tasks.two_hands import TwoHandTask

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_WALLS = 8
_RISE_M = 0.385
"""From where the pot stands to its goal: it starts at 0.45 m in the papers'
table, 0.015 m deep, and the goal is 0.4 m above."""
_AT_GOAL_M, _AWAY_M, _LOW_M = 0.05, 0.2, 0.3
"""Success, hand off its handle, and pot fallen: Eureka and RF-Agent, appendices."""
_STANDING_M = 0.465
"""Height of the pot's middle on the table of 0.4 m."""


def _walls() -> Iterator[str]:
    """A ring of boxes, 0.21 m across and 0.12 m high."""
    for n in range(_WALLS):
        turn = 2.0 * math.pi * n / _WALLS
        place = f"{0.1 * math.cos(turn):.4f} {0.1 * math.sin(turn):.4f} .002"
        yield f'<geom class="pot" size=".005 .0435 .06" pos="{place}" euler="0 0 {turn:.4f}" mass=".25"/>'


def _handle(side: str, sign: int) -> Iterator[str]:
    """A bar along x with two brackets to the wall, and room for fingers between."""
    for x in (-0.04, 0.04):
        yield f'<geom class="handle" fromto="{x} {0.105 * sign} .06 {x} {0.15 * sign} .06" mass=".02"/>'
    yield f'<geom class="handle" fromto="-.04 {0.15 * sign} .06 .04 {0.15 * sign} .06" mass=".06"/>'
    yield f'<site name="{side}_handle" pos="0 {0.15 * sign} .06" group="4"/>'


_POT = f"""
<default>
  <default class="pot"><geom type="box" contype="2" conaffinity="7" condim="4"
    friction="1 .02 .001" rgba=".75 .3 .25 1"/></default>
  <default class="handle">
    <geom type="capsule" size=".009" contype="2" conaffinity="7" condim="4"
      friction="3 .02 .001" rgba=".25 .25 .28 1"/>
  </default>
</default>
<worldbody>
  <camera name="view" pos="1.4 -.9 1.05" xyaxes=".3 1.4 0 -.532 .114 2.05"/>
  <geom name="table" class="table" size=".15 .15 .2" pos="0 -.6 .2"/>
  <body name="object" pos="0 -.6 {_STANDING_M}">
    <freejoint name="object"/>
    <geom class="pot" size=".07 .07 .005" pos="0 0 -.06" mass=".8"/>
    {" ".join((*_walls(), *_handle("right", 1), *_handle("left", -1)))}
    <body name="lid" pos="0 0 .067">
      <joint name="lid" type="slide" axis="0 0 1" range="0 .06"/>
      <geom class="handle" type="cylinder" size=".108 .005" mass=".95"/>
      <geom class="handle" type="sphere" size=".015" pos="0 0 .018" mass=".05"/>
    </body>
  </body>
  <body name="goal" mocap="true" pos="0 -.6 {_STANDING_M + _RISE_M}">
    <geom class="marker" type="cylinder" size=".105 .062" pos="0 0 0" rgba=".2 .8 .3 .25"/>
  </body>
</worldbody>
<sensor>
  <framepos name="object_pos" objtype="xbody" objname="object"/>
  <framequat name="object_quat" objtype="xbody" objname="object"/>
  <framelinvel name="object_lin_vel" objtype="xbody" objname="object"/>
  <frameangvel name="object_ang_vel" objtype="xbody" objname="object"/>
  <framepos name="right_handle_pos" objtype="site" objname="right_handle"/>
  <framepos name="left_handle_pos" objtype="site" objname="left_handle"/>
  <framepos name="goal_pos" objtype="xbody" objname="goal"/>
</sensor>
"""


class ShadowLiftUnderarm(TwoHandTask):
    """Bi-DexHands' LiftUnderarm with a pot of primitives; size, mass, poses and rules are theirs.

    The pot has 3 kg, its lid 1 kg on a slide of 0.06 m. A goal that was met once counts as met. The
    point between palm and fingers that a handle's distance is measured from starts where it does
    there. There every episode starts in the same state; here the pot stands up to 0.01 m aside.
    """

    name = "shadow-lift-underarm"
    difficulty = "hard"
    latched = True
    description = (
        "A pot with a lid (0.21 m wide, 4 kg) stands on a table 0.4 m high. Two horizontal bars, "
        "one on its +y and one on its -y side, are its handles, with room for fingers between bar "
        "and pot. Two Shadow hands wait beside it, palms up and a bit lower than the bars: the "
        "right hand on the +y side, its fingers pointing to -y and ending under the bar, the left "
        "hand on the -y side, pointing to +y. Each has a base that moves along x, y and z and "
        "turns up to 0.3 rad about them, and 20 motors for wrist, fingers and thumb. Take the "
        "right handle with the right hand, the left handle with the left hand, and lift the pot "
        "together, so that its middle comes to goal_pos, 0.385 m higher. The episode ends early "
        "when a palm is 0.2 m or more away from its handle or the middle of the pot falls to 0.3 "
        "m above the ground, and at the latest after 500 control steps of 1/60 s."
    )
    success_rule = f"pot within {_AT_GOAL_M} m of its goal at any step of the episode"
    own_signals = (
        *OBJECT_SIGNALS,
        Signal(
            "right_handle_pos",
            (3,),
            "m",
            "world",
            "middle of the bar for the right hand",
            Role.OBJECT,
            -5.0,
            5.0,
        ),
        Signal(
            "left_handle_pos",
            (3,),
            "m",
            "world",
            "middle of the bar for the left hand",
            Role.OBJECT,
            -5.0,
            5.0,
        ),
        GOAL_SIGNALS[0],
    )
    right = ShadowHand((0.0, -0.023, 0.45), (0.0, 0.0, -RIGHT_ANGLE), "right_", reach=0.45, turn=0.3)
    left = ShadowHand((0.0, -1.177, 0.45), (0.0, 0.0, RIGHT_ANGLE), "left_", left=True, reach=0.45, turn=0.3)
    objects = _POT
    own_facts = (
        "1 kg of the pot's 4 kg is the lid, which slides up by 0.06 m at most.",
        "The bars are 0.018 m thick and 0.036 m away from the wall; friction of hands has a coefficient of "
        "3.0 at bars and lid and of 1.0 at the pot.",
        f"An episode ends early when a palm_pos is {_AWAY_M:g} m or more away from its handle_pos or "
        f"object_pos is {_LOW_M:g} m high or lower.",
    )
    object_qpos = (0.0, -0.6, _STANDING_M, 1.0, 0.0, 0.0, 0.0, 0.0)
    horizon = 500
    draws = 3
    contacts = 76
    constraints = 448
    human_reward = """\
def compute_reward(right_palm_pos, left_palm_pos, right_handle_pos, left_handle_pos, object_pos, goal_pos):
    right_gap = torch.norm(right_palm_pos - right_handle_pos, dim=-1)
    left_gap = torch.norm(left_palm_pos - left_handle_pos, dim=-1)
    held = (right_gap < 0.08) & (left_gap < 0.08)
    lift = torch.where(held, 3.0 * (0.385 - torch.norm(goal_pos - object_pos, dim=-1)),
                       torch.zeros_like(right_gap))
    reach = 0.2 - right_gap - left_gap
    return reach + lift, {"reach": reach, "lift": lift}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The pot up to 0.01 m aside and turned by up to 0.05 rad."""
        start = self.object_start
        planar = spread(draws[:, :2], (-0.01, -0.61), (0.01, -0.59))
        scatter_body(sim, rows, start, planar, 0.1 * draws[:, 2] - 0.05)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """The middle of the pot within 0.05 m of the goal."""
        return (signals["object_pos"] - signals["goal_pos"]).norm(dim=1) < _AT_GOAL_M

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The pot is down, or a hand is off its handle."""
        over = signals["object_pos"][:, 2] <= _LOW_M
        for side in ("right", "left"):
            over = over | (
                (signals[f"{side}_palm_pos"] - signals[f"{side}_handle_pos"]).norm(dim=1) >= _AWAY_M
            )
        return over


TASK = ShadowLiftUnderarm()
