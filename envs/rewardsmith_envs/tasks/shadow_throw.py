"""What the tasks share in which the right hand throws an egg and the left hand catches it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith_envs.robots.shadow import Vector
from rewardsmith_envs.tasks.base import spread
from rewardsmith_envs.tasks.hand_scene import GOAL_SIGNALS, OBJECT_SIGNALS
from rewardsmith_envs.tasks.two_hands import TwoHandTask

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_CATCH_RADIUS_M = 0.03
"""Success: Eureka, section on Bi-DexHands, and RF-Agent, appendix, for
Over, CatchUnderarm and CatchAbreast alike."""

_EGG = """
<worldbody>
  <body name="object" pos="0 0 1">
    <freejoint name="object"/>
    <geom class="object" type="ellipsoid" size=".03 .03 .04" mass=".075"/>
  </body>
  <body name="goal" mocap="true" pos="{goal}"><geom class="marker" type="ellipsoid"
    size=".03 .03 .04"/></body>
</worldbody>
<sensor>
  <framepos name="object_pos" objtype="body" objname="object"/>
  <framequat name="object_quat" objtype="body" objname="object"/>
  <framelinvel name="object_lin_vel" objtype="body" objname="object"/>
  <frameangvel name="object_ang_vel" objtype="body" objname="object"/>
  <framepos name="goal_pos" objtype="xbody" objname="goal"/>
  <framequat name="goal_quat" objtype="xbody" objname="goal"/>
</sensor>
"""
"""An egg of the papers' size; 500 kg/m^3, as there, make 75 g. The goal is its ghost."""


class ThrowTask(TwoHandTask):
    """An egg stands on the fingers of the right hand; the goal is a pose above those of the left.

    As in the papers the goal's orientation is drawn anew in every episode, counts for their reward
    and not for success, and a goal that was met once counts as met. There every episode starts in
    the same state; here the egg stands up to 0.01 m aside.
    """

    latched = True
    draws = 2 + 2
    contacts = 24
    constraints = 160
    start: Vector
    """Where the middle of the egg starts [m]."""
    goal: Vector
    """Where it must go [m]."""
    floor_m: float
    """Height of the egg that ends the episode."""
    own_signals = OBJECT_SIGNALS + GOAL_SIGNALS
    success_rule = f"egg within {_CATCH_RADIUS_M} m of its goal at any step of the episode"
    human_reward = """\
def compute_reward(object_pos, object_quat, goal_pos, goal_quat):
    distance = torch.norm(object_pos - goal_pos, dim=-1)
    agreement = torch.abs(torch.sum(object_quat * goal_quat, dim=-1))
    angle = 2.0 * torch.acos(torch.clamp(agreement, max=0.999999))
    near = torch.exp(-10.0 * distance)
    turned = torch.exp(-0.2 * angle)
    return near * turned, {"near": near, "turned": turned}
"""
    """Bi-DexHands' exp(-0.2 (50 distance + angle)), as a product."""

    def __init__(self) -> None:
        """Put egg and goal into the scene."""
        self.own_facts = (
            "Friction of the egg at the hands has a coefficient of 1.0.",
            f"An episode ends early when object_pos is {self.floor_m:g} m high or lower.",
            *self.own_facts,
        )
        self.objects = _EGG.format(goal=" ".join(map(str, self.goal)))
        self.object_qpos = (*self.start, 1.0, 0.0, 0.0, 0.0)
        super().__init__()

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """The egg up to 0.01 m aside.

        A goal turned about y, then about x, each by up to half a turn.
        """
        from rewardsmith_envs.rotations import about, multiply

        sim["qpos"][rows, self.object_start : self.object_start + 2] += spread(
            draws[:, :2], (-0.01, -0.01), (0.01, 0.01)
        )
        first, second = (math.pi * (2.0 * draws[:, 2:] - 1.0)).unbind(dim=1)
        sim["mocap_quat"][rows, 0] = multiply(about(0, second), about(1, first)).to(sim["mocap_quat"].dtype)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Within 0.03 m of the goal, turned any way."""
        return (signals["object_pos"] - signals["goal_pos"]).norm(dim=1) < _CATCH_RADIUS_M

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The egg is dropped."""
        return signals["object_pos"][:, 2] <= self.floor_m
