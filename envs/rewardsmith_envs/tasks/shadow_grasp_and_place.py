"""shadow-grasp-and-place: one hand puts a block into the bucket that the other holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import scatter_body, spread
from rewardsmith_envs.tasks.hand_scene import TABLE, TABLE_FACTS, body_sensors, body_signals
from rewardsmith_envs.tasks.two_hands import TwoHandTask, finger_distance

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_AWAY_M = 1.5
"""Failure: what the distances from the fingertips of a hand to its thing add up to."""

OBJECTS = f"""
{TABLE}
<worldbody>
  <body name="block" childclass="object" pos="0 -.2 .63">
    <freejoint name="block"/>
    <geom size=".03 .03 .03" mass=".12" rgba=".9 .35 .25 1"/>
  </body>
  <body name="bucket" childclass="object" pos="0 .2 .6">
    <freejoint name="bucket"/>
    <geom size=".11 .11 .004" pos="0 0 .004" mass=".2" rgba=".3 .5 .7 1"/>
    <geom size=".004 .11 .066" pos=".106 0 .074" mass=".06" rgba=".3 .5 .7 1"/>
    <geom size=".004 .11 .066" pos="-.106 0 .074" mass=".06" rgba=".3 .5 .7 1"/>
    <geom size=".102 .004 .066" pos="0 .106 .074" mass=".06" rgba=".3 .5 .7 1"/>
    <geom size=".102 .004 .066" pos="0 -.106 .074" mass=".06" rgba=".3 .5 .7 1"/>
    <geom type="capsule" size=".008" fromto="0 .106 .14 0 .08 .2" mass=".01" rgba=".3 .3 .33 1"/>
    <geom type="capsule" size=".008" fromto="0 -.106 .14 0 -.08 .2" mass=".01" rgba=".3 .3 .33 1"/>
    <geom type="capsule" size=".008" fromto="0 -.08 .2 0 .08 .2" mass=".02" rgba=".3 .3 .33 1"/>
    <site name="bucket_handle" group="4" pos="0 0 .2"/>
  </body>
</worldbody>
<sensor>
  {body_sensors("block")}
  {body_sensors("bucket")}
  <framepos name="bucket_handle_pos" objtype="site" objname="bucket_handle"/>
</sensor>
"""
"""The bar of the handle is so high that a block inside is nearer to it than 0.2 m, and one beside
the bucket on the table is not."""


class ShadowGraspAndPlace(TwoHandTask):
    """The papers' GraspAndPlace (Bi-DexHands) with our own block, bucket, table and start poses.

    Their success: block and handle of the bucket less than 0.2 m apart. Their failure: the
    distances from the fingertips of the right hand to the block, or of the left hand to the handle,
    add up to 1.5 m.
    """

    name, difficulty = "shadow-grasp-and-place", "medium"
    description = (
        "Two Shadow hands, palms down, reach over a table from the side of negative x, each on a "
        "base that moves and turns; y points to the left, z up. Below the right hand lies a red "
        "block with sides of 0.06 m. Below the left hand stands an open bucket, 0.22 m wide and "
        "0.14 m high; its handle is a bar along y over the middle of the opening, 0.06 m above "
        "the rim. The right hand takes the block and puts it into the bucket, while the left hand "
        "holds the bucket by the handle. An episode lasts 500 control steps of 1/60 s; it ends "
        "early when the fingers of the right hand are far from the block or those of the left "
        "hand far from the handle."
    )
    success_rule = "block less than 0.2 m from the bar of the bucket's handle, at any step of the episode"
    right = ShadowHand((-0.385, -0.2, 0.745), (math.pi, 0.0, 0.0), "right_", reach=0.35, turn=0.4)
    left = ShadowHand((-0.385, 0.2, 0.885), (math.pi, 0.0, 0.0), "left_", left=True, reach=0.35, turn=0.4)
    objects = OBJECTS
    object_qpos = (0.0, -0.2, 0.63, 1.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.6, 1.0, 0.0, 0.0, 0.0)
    own_signals = (
        *body_signals("block", "centre of the block (0.63 high when on the table)"),
        *body_signals("bucket", "middle of the bottom of the bucket (0.6 high when on the table)"),
        Signal(
            "bucket_handle_pos",
            (3,),
            "m",
            "world",
            "middle of the bar of the bucket's handle",
            Role.GOAL,
            -5.0,
            5.0,
        ),
    )
    own_facts = (
        *TABLE_FACTS,
        "The block weighs 0.12 kg, the bucket 0.48 kg; the bar of its handle is 0.016 m thick.",
        "Friction everywhere has a coefficient of 1.0.",
        "An episode ends early when the distances from the five right fingertips to the block, or from the "
        f"five left ones to the handle, add up to {_AWAY_M:g} m.",
    )
    latched = True
    contacts, constraints = 56, 368
    horizon, draws = 500, 6
    human_reward = """\
def compute_reward(right_fingertip_pos, left_fingertip_pos, block_pos, bucket_handle_pos):
    right_gap = torch.norm(right_fingertip_pos - block_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    left_gap = torch.norm(left_fingertip_pos - bucket_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    apart = torch.norm(block_pos - bucket_handle_pos, dim=-1)
    grasp = torch.exp(-10.0 * right_gap)
    steady = 0.5 * torch.exp(-10.0 * left_gap)
    lift = 2.0 * (right_gap < 0.08).float() * torch.clamp(block_pos[:, 2] - 0.63, 0.0, 0.2) / 0.2
    bring = 4.0 * torch.exp(-5.0 * apart)
    return grasp + steady + lift + bring, {"grasp": grasp, "steady": steady, "lift": lift, "bring": bring}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Block and bucket within 0.02 m of their places along x and y, turned by up to 0.3 rad.

        The papers' starts do not vary.
        """
        start = self.object_start
        scatter_body(
            sim, rows, start, spread(draws[:, :2], (-0.02, -0.22), (0.02, -0.18)), 0.6 * (draws[:, 2] - 0.5)
        )
        scatter_body(
            sim,
            rows,
            start + 7,
            spread(draws[:, 3:5], (-0.02, 0.18), (0.02, 0.22)),
            0.6 * (draws[:, 5] - 0.5),
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """The block is in the bucket, or held near its handle."""
        return (signals["block_pos"] - signals["bucket_handle_pos"]).norm(dim=1) < 0.2

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The right hand left the block, or the left hand the handle."""
        right, left = (
            finger_distance(signals, "right", "block_pos"),
            finger_distance(signals, "left", "bucket_handle_pos"),
        )
        return (right >= _AWAY_M) | (left >= _AWAY_M)


TASK = ShadowGraspAndPlace()
