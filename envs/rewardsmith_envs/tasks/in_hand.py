"""What both tasks of turning a block in one hand share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rewardsmith.contracts import Preset, Role, Signal
from rewardsmith_envs.rotations import about, conjugate, multiply, rotation_error
from rewardsmith_envs.tasks.base import SimulatedTask
from rewardsmith_envs.tasks.commands import commands
from rewardsmith_envs.tasks.hand_scene import HAND_PHYSICS, OBJECT_SIGNALS
from rewardsmith_envs.tasks.presets import PAPERS_PPO, ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.simulators.base import Simulator

_ABOVE_M, _APART_RAD, _LOST_M = 0.03, 0.5, 0.24
"""How far the block starts above its place, two goals differ at
least, and the block may come away."""
START_DRAWS = 5
"""Random numbers of a start beside those of the joints."""

TARGET_SIGNALS = (
    Signal(
        "goal_pos",
        (3,),
        "m",
        "world",
        "where in the hand the centre of the block belongs; it never moves",
        Role.GOAL,
        -1.0,
        1.0,
    ),
    Signal(
        "goal_quat",
        (4,),
        "quat",
        "world",
        "wanted orientation of the block, w first; each success brings another",
        Role.GOAL,
        -1.0,
        1.0,
    ),
)

HUMAN_REWARD = """\
def compute_reward(object_pos, object_quat, goal_pos, goal_quat, actions):
    w = goal_quat[:, :1] * object_quat[:, 1:] - object_quat[:, :1] * goal_quat[:, 1:]
    vector = w - torch.cross(object_quat[:, 1:], goal_quat[:, 1:], dim=-1)
    angle = 2.0 * torch.asin(torch.clamp(torch.norm(vector, dim=-1), max=1.0))
    distance = -10.0 * torch.norm(object_pos - goal_pos, dim=-1)
    rotation = 1.0 / (angle + 0.1)
    effort = -0.0002 * torch.sum(actions ** 2, dim=-1)
    return distance + rotation + effort, {"distance": distance, "rotation": rotation, "effort": effort}
"""
"""The papers' own reward, with its constants; the bonus of 250 for a goal is in the settings."""


def in_hand_scene(hand: str, home: str, middle: tuple[float, float, float], half: float) -> str:
    """A hand, a block above it and the ghost that shows the wanted orientation.

    Args:
        hand: Sections of an MJCF document.
        home: Joint positions and controls of the hand, as attributes of a key whose ``qpos`` lacks
            its end.
        middle: Where in the hand the block belongs [m].
        half: Half an edge of the block [m].
    """
    x, y, z = middle
    patch = '<geom class="marker" type="box" mass="0" pos="{}" size="{}" rgba="{} 1"/>'
    faces = "".join(
        patch.format(_along(axis, half), _along(axis, 0.05 * half, 0.6 * half), colour)
        for axis, colour in enumerate((".85 .2 .2", ".2 .7 .25", ".2 .35 .85"))
    )
    return f"""
<mujoco model="in-hand">
{HAND_PHYSICS}{hand}
<worldbody>
  <camera name="overview" pos="{x:g} {y - 0.34:g} {z + 0.29:g}" xyaxes="1 0 0 0 .626 .78"/>
  <site name="middle" pos="{x:g} {y:g} {z:g}" group="4"/>
  <body name="object" pos="{x:g} {y:g} {z:g}">
    <freejoint name="object"/>
    <geom class="object" size="{half} {half} {half}" mass=".1"/>{faces}
  </body>
  <body name="goal" mocap="true" pos="{x + 0.11:g} {y:g} {z + 0.12:g}">
    <geom class="marker" type="box" size="{half} {half} {half}" rgba=".85 .55 .2 1"/>{faces}
  </body>
</worldbody>
<sensor>
  <framepos name="object_pos" objtype="body" objname="object"/>
  <framequat name="object_quat" objtype="body" objname="object"/>
  <framelinvel name="object_lin_vel" objtype="body" objname="object"/>
  <frameangvel name="object_ang_vel" objtype="body" objname="object"/>
  <framepos name="goal_pos" objtype="site" objname="middle"/>
  <framequat name="goal_quat" objtype="xbody" objname="goal"/>
</sensor>
<keyframe><key name="home" {home} {x:g} {y:g} {z + _ABOVE_M:g} 1 0 0 0"/></keyframe>
</mujoco>
"""


def hand_training(hidden: tuple[int, ...], env_steps: int) -> Preset:
    """The papers' PPO for hands: 16384 environments, horizon 8, minibatches of 32768."""
    return ppo(
        PAPERS_PPO,
        env_steps=env_steps,
        envs=16_384,
        rollout=8,
        hidden=hidden,
        minibatches=4,
        mini_epochs=5,
        learning_rate=5e-4,
        kl_target=0.016,
        goal_bonus=250.0,
        goal_smoothing=0.1,
    )


class InHandTask(SimulatedTask):
    """Turn a block in the hand to one orientation after another (Isaac Gym's hands).

    As there: a goal is reached within 0.1 rad, 250 is added to every reward at that step, a block
    0.24 m away from its place ends the episode, an episode has 600 steps of 1/60 s, and the curve
    of a training is a running mean of weight 0.1.
    """

    group = "dexterous"
    difficulty = "hard"
    horizon = 600
    decimation = 2
    control_dt = 1.0 / 60.0
    on_cpu = False
    contacts = 32
    constraints = 192
    goal_draws = 2
    cpu_preset = ppo(
        env_steps=1_000_000,
        learning_rate=5e-4,
        kl_target=0.016,
        discount=0.99,
        hidden=(256, 128),
        goal_bonus=250.0,
        goal_smoothing=0.1,
    )
    human_reward = HUMAN_REWARD

    joints: int
    """Joints of the hand, the first numbers of ``qpos``."""

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Joints bent by up to 0.1 rad.

        The block within 0.01 m, turned anyhow about x and y, and the goal turned alike for now.
        """
        numbers = draws.double()
        turn = _turned(numbers[:, 3:START_DRAWS])
        sim["qpos"][rows, : self.joints] += 0.1 * numbers[:, START_DRAWS:]
        sim["qpos"][rows, self.joints : self.joints + 3] += 0.02 * numbers[:, :3] - 0.01
        sim["qpos"][rows, self.joints + 3 : self.joints + 7] = turn
        sim["mocap_quat"][rows, 0] = turn

    def aim(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """A turn about y and then x, as in Isaac Gym.

        One that is near to the last goal gets a quarter turn about z.

        So no goal is met where the one before it was.
        """
        goal = _turned(draws.double())
        quarter = about(2, goal.new_full((len(goal),), math.pi / 2))
        far = rotation_error(goal, sim["mocap_quat"][rows, 0]) >= _APART_RAD
        sim["mocap_quat"][rows, 0] = goal.where(far[:, None], multiply(quarter, goal))

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Every signal but the earlier command, flat, and the turn that is still to be made."""
        left = multiply(signals["object_quat"], conjugate(signals["goal_quat"]))
        return (*(value.flatten(1) for name, value in signals.items() if name != "previous_actions"), left)

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Within 0.1 rad of the wanted orientation."""
        return rotation_error(signals["object_quat"], signals["goal_quat"]) <= 0.1

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The block left the hand."""
        return (signals["object_pos"] - signals["goal_pos"]).norm(dim=1) >= _LOST_M


def block_facts(half: float) -> tuple[str, ...]:
    """Sentences about the block and the orientations that are wanted.

    Args:
        half: Half an edge of the block [m].
    """
    return (
        f"The block has edges of {2.0 * half:g} m and weighs 0.1 kg; friction at the hand has a coefficient "
        "of 1.0.",
        f"It starts {_ABOVE_M:g} m above its place in the hand, turned anyhow about x and y.",
        f"Each wanted orientation is at least {_APART_RAD:g} rad away from the one before it.",
        f"An episode ends early when object_pos is {_LOST_M:g} m or more away from goal_pos.",
    )


def action_signals(count: int) -> tuple[Signal, ...]:
    """What the hand was told."""
    return commands(count, "joint", "targets within the ranges of the joints")


BLOCK_SIGNALS = (*OBJECT_SIGNALS, *TARGET_SIGNALS)


def _turned(draws: Tensor) -> Tensor:
    """Any turn about y and then any about x, from uniform numbers ``(n, 2)`` to ``(n, 4)``."""
    angles = math.pi * (2.0 * draws - 1.0)
    return multiply(about(0, angles[:, 0]), about(1, angles[:, 1]))


def _along(axis: int, value: float, rest: float = 0.0) -> str:
    """A vector with ``value`` along one axis and ``rest`` along the others."""
    return " ".join(f"{value if n == axis else rest:g}" for n in range(3))
