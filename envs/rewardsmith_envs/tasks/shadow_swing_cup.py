"""shadow-swing-cup: two hands turn a cup with two handles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.rotations import rotation_error
from rewardsmith_envs.tasks.base import scatter_body, spread
from rewardsmith_envs.tasks.hand_scene import (
    RIGHT_ANGLE,
    TABLE,
    TABLE_FACTS,
    body_sensors,
    body_signals,
    goals,
)
from rewardsmith_envs.tasks.two_hands import TwoHandTask

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_LOW_M = 0.3
"""Failure: height of the cup."""


def _wall() -> str:
    """Eight boxes in a ring of radius 0.048 m."""
    turns = [n * math.pi / 4 for n in range(8)]
    return "".join(
        f'<geom size=".004 .0205 .056" pos="{0.048 * math.cos(turn):.5f} {0.048 * math.sin(turn):.5f} .064" '
        f'euler="0 0 {turn:.5f}" mass=".02" rgba=".8 .6 .3 1"/>'
        for turn in turns
    )


def _handle(side: str, out: int, colour: str) -> str:
    """A vertical bar on two arms, 0.115 m from the axis of the cup.

    ``out`` is the sign of its y.
    """
    near, far = out * 0.05, out * 0.115
    return f"""
    <geom type="capsule" size=".008" fromto="0 {near} .1 0 {far} .1" mass=".01" rgba="{colour}"/>
    <geom type="capsule" size=".008" fromto="0 {far} .1 0 {far} .03" mass=".02" rgba="{colour}"/>
    <geom type="capsule" size=".008" fromto="0 {far} .03 0 {near} .03" mass=".01" rgba="{colour}"/>
    <site name="{side}_handle" group="4" pos="0 {far} .065"/>
"""


OBJECTS = f"""
{TABLE}
<worldbody>
  <body name="cup" childclass="object" pos="0 0 .6">
    <freejoint name="cup"/>
    <geom type="cylinder" size=".05 .004" pos="0 0 .004" mass=".8" rgba=".8 .6 .3 1"/>
    {_wall()}
    {_handle("right", -1, ".9 .35 .25 1")}
    {_handle("left", 1, ".25 .45 .9 1")}
    <body name="lid" pos="0 0 .12">
      <joint name="lid" type="slide" axis="0 0 1" range="0 .108" damping=".5" armature=".01"/>
      <geom type="cylinder" size=".045 .004" pos="0 0 .004" mass=".03" rgba=".3 .3 .33 1"/>
    </body>
  </body>
  <body name="goal" mocap="true" pos="0 0 .6" quat=".70710678 0 0 .70710678">
    <geom class="marker" type="capsule" size=".008" fromto="0 .115 .1 0 .115 .03" rgba=".25 .45 .9 .4"/>
    <geom class="marker" type="capsule" size=".008" fromto="0 -.115 .1 0 -.115 .03" rgba=".9 .35 .25 .4"/>
    <site name="right_goal" group="4" pos="0 -.115 .065"/>
    <site name="left_goal" group="4" pos="0 .115 .065"/>
  </body>
</worldbody>
<sensor>
  {body_sensors("cup")}
  <framepos name="right_handle_pos" objtype="site" objname="right_handle"/>
  <framepos name="left_handle_pos" objtype="site" objname="left_handle"/>
  <framequat name="goal_quat" objtype="xbody" objname="goal"/>
  <framepos name="right_goal_pos" objtype="site" objname="right_goal"/>
  <framepos name="left_goal_pos" objtype="site" objname="left_goal"/>
</sensor>
"""


class ShadowSwingCup(TwoHandTask):
    """The papers' SwingCup (from Bi-DexHands) with our own cup, table and start poses.

    The goal is a quarter turn about z.

    Their success: orientation less than 0.785 rad from the goal. Their failure: the cup is no
    higher than 0.3 m, so off the table.
    """

    name, difficulty = "shadow-swing-cup", "hard"
    description = (
        "Two Shadow hands, palms towards each other and thumbs up, reach over a table from the "
        "side of negative x, each on a base that moves and turns; y points to the left, z up. "
        "Between them stands a cup with two handles, vertical bars 0.115 m from its axis, the red "
        "one towards the right hand and the blue one towards the left hand. Hold the cup by both "
        "handles and swing it round: it must stand upright with its handles a quarter turn "
        "further counterclockwise, seen from above, the red one ahead. An episode lasts 150 "
        "control steps of 1/60 s; it ends early when the cup falls off the table."
    )
    success_rule = "orientation of the cup less than 0.785 rad from the goal, at any step of the episode"
    right = ShadowHand((-0.45, -0.28, 0.67), (-RIGHT_ANGLE, 0.0, 0.0), "right_", reach=0.3, turn=0.6)
    left = ShadowHand((-0.45, 0.28, 0.67), (RIGHT_ANGLE, 0.0, 0.0), "left_", left=True, reach=0.3, turn=0.6)
    objects = OBJECTS
    object_qpos = (0.0, 0.0, 0.6, 1.0, 0.0, 0.0, 0.0, 0.0)
    own_signals = (
        *body_signals("cup", "middle of the bottom of the cup (0.6 high when on the table)"),
        Signal("right_handle_pos", (3,), "m", "world", "middle of the red handle", Role.OBJECT, -5.0, 5.0),
        Signal("left_handle_pos", (3,), "m", "world", "middle of the blue handle", Role.OBJECT, -5.0, 5.0),
        Signal(
            "goal_quat", (4,), "quat", "world", "wanted orientation of the cup, w first", Role.GOAL, -1.0, 1.0
        ),
        *goals(
            "where the red handle is after a quarter turn in place",
            "where the blue handle is after a quarter turn in place",
        ),
    )
    own_facts = (
        *TABLE_FACTS,
        "The cup weighs 1.07 kg with its loose lid and is 0.104 m wide and 0.12 m high; bars of handles are "
        "0.016 m thick.",
        "Friction everywhere has a coefficient of 1.0.",
        f"An episode ends early when cup_pos is {_LOW_M:g} m high or lower.",
    )
    latched = True
    contacts, constraints = 68, 424
    horizon, draws = 150, 3
    human_reward = """\
def compute_reward(right_fingertip_pos, left_fingertip_pos, right_handle_pos, left_handle_pos,
                   cup_quat, goal_quat):
    right_gap = torch.norm(right_fingertip_pos - right_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    left_gap = torch.norm(left_fingertip_pos - left_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    same = torch.clamp(torch.abs(torch.sum(cup_quat * goal_quat, dim=-1)), 0.0, 1.0)
    error = 2.0 * torch.acos(same)
    hold = torch.exp(-10.0 * right_gap) + torch.exp(-10.0 * left_gap)
    turn = 4.0 * (1.0 - error / 3.1416)
    return hold + turn, {"hold": hold, "turn": turn}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Cup within 0.015 m of its place along x and y, turned by up to 0.15 rad.

        The papers' starts do not vary.
        """
        planar, yaw = spread(draws[:, :2], (-0.015, -0.015), (0.015, 0.015)), 0.3 * (draws[:, 2] - 0.5)
        scatter_body(sim, rows, self.object_start, planar, yaw)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """The cup is turned."""
        return rotation_error(signals["cup_quat"], signals["goal_quat"]) < 0.785

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The cup is off the table."""
        return signals["cup_pos"][:, 2] <= _LOW_M


TASK = ShadowSwingCup()
