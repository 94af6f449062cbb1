"""shadow-block-stack: two blocks, one on top of the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import scatter_body, spread
from rewardsmith_envs.tasks.hand_scene import TABLE, TABLE_FACTS, body_sensors, body_signals, goals
from rewardsmith_envs.tasks.two_hands import TwoHandTask, finger_distance

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_AWAY_M = 0.75
"""Failure: what the distances from the fingertips of a hand to its block add up to."""

OBJECTS = f"""
{TABLE}
<worldbody>
  <body name="right_cube" childclass="object" pos="0 -.15 .625">
    <freejoint name="right_cube"/>
    <geom size=".025 .025 .025" mass=".1" rgba=".9 .35 .25 1"/>
  </body>
  <body name="left_cube" childclass="object" pos="0 .15 .625">
    <freejoint name="left_cube"/>
    <geom size=".025 .025 .025" mass=".1" rgba=".25 .45 .9 1"/>
  </body>
  <body name="goal" mocap="true" pos="0 0 .625">
    <geom class="marker" type="box" size=".025 .025 .025"/>
    <geom class="marker" type="box" size=".025 .025 .025" pos="0 0 .05"/>
    <site name="right_goal" group="4"/>
    <site name="left_goal" group="4" pos="0 0 .05"/>
  </body>
</worldbody>
<sensor>
  {body_sensors("right_cube")}
  {body_sensors("left_cube")}
  <framepos name="right_goal_pos" objtype="site" objname="right_goal"/>
  <framepos name="left_goal_pos" objtype="site" objname="left_goal"/>
</sensor>
"""


class ShadowBlockStack(TwoHandTask):
    """The papers' BlockStack (from Bi-DexHands) with our own blocks, table and start poses.

    Their success: both blocks less than 0.07 m from their places, and ``50 * (0.05 - dz) > 1`` for
    the height error ``dz`` of the upper one, which is ``dz < 0.03`` m. Their failure: the distances
    from the fingertips of a hand to its block add up to 0.75 m.
    """

    name, difficulty = "shadow-block-stack", "medium"
    description = (
        "Two Shadow hands, palms down, reach over a table from the side of negative x, each on a "
        "base that moves and turns; y points to the left, z up. Below the right hand lies a red "
        "block, below the left hand a blue one, both cubes with sides of 0.05 m. Midway between "
        "them they are to be stacked: the right hand brings the red block to its place on the "
        "table, the left hand the blue one to its place on top of it. An episode lasts 250 "
        "control steps of 1/60 s; it ends early when the fingers of a hand are too far from its "
        "block."
    )
    success_rule = (
        "both blocks less than 0.07 m from their places and the upper one's height less than "
        "0.03 m off, at any step of the episode"
    )
    right = ShadowHand((-0.385, -0.15, 0.735), (math.pi, 0.0, 0.0), "right_", reach=0.2, turn=0.3)
    left = ShadowHand((-0.385, 0.15, 0.735), (math.pi, 0.0, 0.0), "left_", left=True, reach=0.2, turn=0.3)
    objects = OBJECTS
    object_qpos = (0.0, -0.15, 0.625, 1.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.625, 1.0, 0.0, 0.0, 0.0)
    own_signals = (
        *body_signals("right_cube", "centre of the right hand's block (0.625 high when on the table)"),
        *body_signals("left_cube", "centre of the left hand's block (0.625 high when on the table)"),
        *goals(
            "where the centre of the right hand's block must go",
            "where the centre of the left hand's block must go",
        ),
    )
    own_facts = (
        *TABLE_FACTS,
        "Each block weighs 0.1 kg; friction everywhere has a coefficient of 1.0.",
        "An episode ends early when the distances from the five fingertips of a hand to its block add up to "
        f"{_AWAY_M:g} m.",
    )
    latched = True
    contacts, constraints = 56, 360
    horizon, draws = 250, 6
    human_reward = """\
def compute_reward(right_fingertip_pos, left_fingertip_pos, right_cube_pos, left_cube_pos,
                   right_goal_pos, left_goal_pos):
    right_gap = torch.norm(right_fingertip_pos - right_cube_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    left_gap = torch.norm(left_fingertip_pos - left_cube_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    lower_off = torch.norm(right_cube_pos - right_goal_pos, dim=-1)
    upper_off = torch.norm(left_cube_pos - left_goal_pos, dim=-1)
    hold = torch.exp(-10.0 * right_gap) + torch.exp(-10.0 * left_gap)
    lower = 2.0 * torch.exp(-10.0 * lower_off)
    lift = 2.0 * torch.clamp(left_cube_pos[:, 2] - 0.625, 0.0, 0.05) / 0.05
    upper = 2.0 * torch.exp(-10.0 * upper_off)
    stacked = 5.0 * ((lower_off < 0.07) & (upper_off < 0.05)).float()
    parts = {"hold": hold, "lower": lower, "lift": lift, "upper": upper, "stacked": stacked}
    return hold + lower + lift + upper + stacked, parts
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Each block within 0.015 m of its place along x and y, turned by up to 0.3 rad.

        The papers' starts do not vary.
        """
        start = self.object_start
        scatter_body(
            sim,
            rows,
            start,
            spread(draws[:, :2], (-0.015, -0.165), (0.015, -0.135)),
            0.6 * (draws[:, 2] - 0.5),
        )
        scatter_body(
            sim,
            rows,
            start + 7,
            spread(draws[:, 3:5], (-0.015, 0.135), (0.015, 0.165)),
            0.6 * (draws[:, 5] - 0.5),
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Both blocks are in their places."""
        lower = signals["right_cube_pos"] - signals["right_goal_pos"]
        upper = signals["left_cube_pos"] - signals["left_goal_pos"]
        return (lower.norm(dim=1) < 0.07) & (upper.norm(dim=1) < 0.07) & (upper[:, 2].abs() < 0.03)

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """A hand left its block."""
        right, left = (
            finger_distance(signals, "right", "right_cube_pos"),
            finger_distance(signals, "left", "left_cube_pos"),
        )
        return (right >= _AWAY_M) | (left >= _AWAY_M)


TASK = ShadowBlockStack()
