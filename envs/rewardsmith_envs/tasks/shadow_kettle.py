"""shadow-kettle: bring the spout of a kettle over a bucket, as for pouring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.robots.shadow import ShadowHand
from rewardsmith_envs.tasks.base import scatter_body, spread
from rewardsmith_envs.tasks.hand_scene import RIGHT_ANGLE, TABLE, TABLE_FACTS, body_sensors, body_signals
from rewardsmith_envs.tasks.two_hands import TwoHandTask

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_LOW_M = 0.2
"""Failure: height of the bucket."""

OBJECTS = f"""
{TABLE}
<worldbody>
  <body name="kettle" childclass="object" pos="0 -.15 .6">
    <freejoint name="kettle"/>
    <geom type="cylinder" size=".05 .05" pos="0 0 .05" mass=".4" rgba=".75 .3 .3 1"/>
    <geom type="capsule" size=".011" fromto="0 .045 .05 0 .14 .12" mass=".03" rgba=".75 .3 .3 1"/>
    <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto="0 -.045 .1 0 -.11 .1" mass=".01"/>
    <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto="0 -.11 .1 0 -.11 .02" mass=".02"/>
    <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto="0 -.11 .02 0 -.045 .02" mass=".01"/>
    <site name="spout" group="4" pos="0 .14 .12"/>
    <site name="kettle_handle" group="4" pos="0 -.11 .06"/>
    <body name="lid" pos="0 0 .1">
      <joint name="lid" type="slide" axis="0 0 1" range="0 .032" damping=".5" armature=".01"/>
      <geom type="cylinder" size=".04 .004" pos="0 0 .006" mass=".03" rgba=".3 .3 .33 1"/>
      <geom type="sphere" size=".01" pos="0 0 .02" mass=".01" rgba=".3 .3 .33 1"/>
    </body>
  </body>
  <body name="bucket" childclass="object" pos="0 .15 .6">
    <freejoint name="bucket"/>
    <geom size=".064 .064 .004" pos="0 0 .004" mass=".15" rgba=".3 .5 .7 1"/>
    <geom size=".004 .064 .046" pos=".06 0 .054" mass=".03" rgba=".3 .5 .7 1"/>
    <geom size=".004 .064 .046" pos="-.06 0 .054" mass=".03" rgba=".3 .5 .7 1"/>
    <geom size=".056 .004 .046" pos="0 .06 .054" mass=".03" rgba=".3 .5 .7 1"/>
    <geom size=".056 .004 .046" pos="0 -.06 .054" mass=".03" rgba=".3 .5 .7 1"/>
    <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto="0 .064 .092 0 .125 .092" mass=".01"/>
    <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto="0 .125 .092 0 .125 .02" mass=".02"/>
    <geom type="capsule" size=".008" rgba=".3 .3 .33 1" fromto="0 .125 .02 0 .064 .02" mass=".01"/>
    <site name="opening" group="4" pos="0 0 .1"/>
    <site name="bucket_handle" group="4" pos="0 .125 .056"/>
  </body>
</worldbody>
<sensor>
  {body_sensors("kettle")}
  {body_sensors("bucket")}
  <framepos name="spout_pos" objtype="site" objname="spout"/>
  <framepos name="kettle_handle_pos" objtype="site" objname="kettle_handle"/>
  <framepos name="bucket_handle_pos" objtype="site" objname="bucket_handle"/>
  <framepos name="opening_pos" objtype="site" objname="opening"/>
</sensor>
"""
"""Over the wall of the bucket, the tip of an upright kettle's spout is
0.06 m above the opening: it has to be tilted."""


class ShadowKettle(TwoHandTask):
    """The papers' Kettle, or PourWater (from Bi-DexHands); there is no water.

    Kettle, bucket, table and start poses are our own. Their success: spout less than 0.05 m from a
    point of the bucket that they call its handle; here the point is the middle of its opening,
    because the left hand holds the handle. Their failure: the bucket is no higher than 0.2 m, so
    off the table.
    """

    name, difficulty = "shadow-kettle", "hard"
    description = (
        "Two Shadow hands, palms towards each other and thumbs up, reach over a table from the "
        "side of negative x, each on a base that moves and turns; y points to the left, z up. "
        "Next to the right hand stands a kettle, its handle, a vertical bar, towards that hand "
        "and its spout towards the middle of the table. Next to the left hand stands an open "
        "bucket, 0.13 m wide and 0.1 m high, with a vertical bar as its handle towards that hand. "
        "Hold both by their handles, lift the kettle and tilt it so that the tip of the spout is "
        "in the middle of the bucket's opening, as for pouring water. An episode lasts 125 "
        "control steps of 1/60 s; it ends early when the bucket falls off the table."
    )
    success_rule = (
        "tip of the spout less than 0.05 m from the middle of the bucket's opening, at any step "
        "of the episode"
    )
    right = ShadowHand((-0.4, -0.36, 0.67), (-RIGHT_ANGLE, 0.0, 0.0), "right_", reach=0.3, turn=1.0)
    left = ShadowHand((-0.4, 0.38, 0.67), (RIGHT_ANGLE, 0.0, 0.0), "left_", left=True, reach=0.3, turn=1.0)
    objects = OBJECTS
    object_qpos = (0.0, -0.15, 0.6, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.6, 1.0, 0.0, 0.0, 0.0)
    own_signals = (
        *body_signals("kettle", "middle of the bottom of the kettle (0.6 high when on the table)"),
        *body_signals("bucket", "middle of the bottom of the bucket (0.6 high when on the table)"),
        Signal("spout_pos", (3,), "m", "world", "tip of the kettle's spout", Role.OBJECT, -5.0, 5.0),
        Signal(
            "kettle_handle_pos", (3,), "m", "world", "middle of the kettle's handle", Role.OBJECT, -5.0, 5.0
        ),
        Signal(
            "bucket_handle_pos", (3,), "m", "world", "middle of the bucket's handle", Role.OBJECT, -5.0, 5.0
        ),
        Signal("opening_pos", (3,), "m", "world", "middle of the bucket's opening", Role.GOAL, -5.0, 5.0),
    )
    own_facts = (
        *TABLE_FACTS,
        "The kettle weighs 0.51 kg with its loose lid and is 0.1 m wide and 0.1 m high; the bucket weighs "
        "0.31 kg.",
        "Bars of handles are 0.016 m thick; friction everywhere has a coefficient of 1.0.",
        "The tip of the spout is 0.12 m above the bottom of the kettle, the opening 0.1 m above that of the "
        "bucket.",
        f"An episode ends early when bucket_pos is {_LOW_M:g} m high or lower.",
    )
    latched = True
    contacts, constraints = 72, 440
    horizon, draws = 125, 6
    human_reward = """\
def compute_reward(right_fingertip_pos, left_fingertip_pos, kettle_handle_pos, bucket_handle_pos,
                   kettle_pos, spout_pos, opening_pos):
    right_gap = torch.norm(right_fingertip_pos - kettle_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    left_gap = torch.norm(left_fingertip_pos - bucket_handle_pos.unsqueeze(1), dim=-1).mean(dim=-1)
    apart = torch.norm(spout_pos - opening_pos, dim=-1)
    hold = torch.exp(-10.0 * right_gap) + 0.5 * torch.exp(-10.0 * left_gap)
    lift = 2.0 * (right_gap < 0.08).float() * torch.clamp(kettle_pos[:, 2] - 0.6, 0.0, 0.06) / 0.06
    pour = 4.0 * torch.exp(-10.0 * apart)
    return hold + lift + pour, {"hold": hold, "lift": lift, "pour": pour}
"""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Kettle and bucket within 0.015 m of their places along x and y, turned by up to 0.15 rad.

        The papers' starts do not vary.
        """
        start = self.object_start
        scatter_body(
            sim,
            rows,
            start,
            spread(draws[:, :2], (-0.015, -0.165), (0.015, -0.135)),
            0.3 * (draws[:, 2] - 0.5),
        )
        scatter_body(
            sim,
            rows,
            start + 8,
            spread(draws[:, 3:5], (-0.015, 0.135), (0.015, 0.165)),
            0.3 * (draws[:, 5] - 0.5),
        )

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """The tip of the spout is in the opening."""
        return (signals["spout_pos"] - signals["opening_pos"]).norm(dim=1) < 0.05

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The bucket is off the table."""
        return signals["bucket_pos"][:, 2] <= _LOW_M


TASK = ShadowKettle()
