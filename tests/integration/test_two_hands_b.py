"""The table and door tasks of two Shadow hands: their goals,
their failures, and objects that lie still."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch

from rewardsmith.contracts import Step
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.shadow_block_stack import TASK as BLOCK_STACK
from rewardsmith_envs.tasks.shadow_door_close_outward import TASK as DOOR
from rewardsmith_envs.tasks.shadow_grasp_and_place import TASK as GRASP_AND_PLACE
from rewardsmith_envs.tasks.shadow_kettle import TASK as KETTLE
from rewardsmith_envs.tasks.shadow_swing_cup import TASK as SWING_CUP
from rewardsmith_envs.tasks.two_hands import TwoHandTask
from tests import hand_scripts

UPRIGHT = (1.0, 0.0, 0.0, 0.0)
Placement = dict[str, tuple[float, ...]]
"""Values of ``qpos`` by joint."""


def turned(axis: int, angle: float) -> tuple[float, ...]:
    quat = [math.cos(angle / 2), 0.0, 0.0, 0.0]
    quat[1 + axis] = math.sin(angle / 2)
    return tuple(quat)


def tilted_kettle(tilt: float, lift: float) -> Placement:
    """A kettle turned about x whose spout, (0, 0.14, 0.12) in its own frame, is
    over the middle of an opening at (0, 0.15, 0.7)."""
    y = 0.15 - (0.14 * math.cos(tilt) - 0.12 * math.sin(tilt))
    z = 0.7 + lift - (0.14 * math.sin(tilt) + 0.12 * math.cos(tilt))
    return {"kettle": (0.0, y, z, *turned(0, tilt)), "bucket": (0.0, 0.15, 0.6, *UPRIGHT)}


BUCKET = (0.0, 0.2, 0.6, *UPRIGHT)
CUBES_AT_HOME = {"right_cube": (0.0, -0.15, 0.625, *UPRIGHT), "left_cube": (0.0, 0.15, 0.625, *UPRIGHT)}
IN_BUCKET = {"right_slide_y": (0.3,), "right_slide_z": (0.1,), "bucket": BUCKET}
"""The right hand over the bucket, so that it does not leave the block."""
STACKING = {"right_slide_y": (0.14,), "left_slide_y": (-0.14,)}
"""Hands over the stack, so that they do not leave the blocks."""


def cubes(right: tuple[float, ...], left: tuple[float, ...]) -> Placement:
    return {"right_cube": (*right, *UPRIGHT), "left_cube": (*left, *UPRIGHT), **STACKING}


@dataclass(frozen=True)
class Case:
    task: TwoHandTask
    script: hand_scripts.Script
    bodies: tuple[str, ...]
    """Joints of the objects."""
    met: tuple[Placement, ...]
    missed: tuple[Placement, ...]
    """Just short of the goal."""
    lost: tuple[Placement, ...]
    kept: tuple[Placement, ...] = field(default=())
    """Just short of failure."""


CASES = (
    Case(
        BLOCK_STACK,
        hand_scripts.block_stack,
        ("right_cube", "left_cube"),
        met=(cubes((0.0, 0.0, 0.625), (0.0, 0.0, 0.675)), cubes((0.0, 0.06, 0.625), (0.0, 0.06, 0.675))),
        missed=(
            # 0.035 m too high
            {"right_cube": (0.0, 0.0, 0.625, *UPRIGHT), "left_cube": (0.0, 0.0, 0.71, *UPRIGHT)},
            cubes((0.0, 0.0, 0.625), (0.0, 0.05, 0.625)),  # beside it on the table
            cubes((0.0, 0.08, 0.625), (0.0, 0.06, 0.675)),  # the lower one is elsewhere
        ),
        lost=(
            {**CUBES_AT_HOME, "right_cube": (0.0, -0.45, 0.625, *UPRIGHT)},
            {**CUBES_AT_HOME, "left_cube": (0.3, 0.15, 0.625, *UPRIGHT)},
        ),
        kept=(CUBES_AT_HOME,),
    ),
    Case(
        GRASP_AND_PLACE,
        hand_scripts.grasp_and_place,
        ("block", "bucket"),
        met=(
            {"block": (0.0, 0.2, 0.638, *UPRIGHT), **IN_BUCKET},
            {"block": (0.07, 0.27, 0.638, *UPRIGHT), **IN_BUCKET},
        ),
        missed=({"block": (0.0, 0.058, 0.63, *UPRIGHT), "bucket": BUCKET},),  # outside, against the wall
        lost=(
            {"block": (0.3, -0.4, 0.63, *UPRIGHT), "bucket": BUCKET},
            {"block": (0.0, -0.2, 0.63, *UPRIGHT), "bucket": (0.3, 0.4, 0.6, *UPRIGHT)},
        ),
        kept=({"block": (0.15, -0.3, 0.63, *UPRIGHT), "bucket": BUCKET},),
    ),
    Case(
        DOOR,
        hand_scripts.door,
        ("right_door", "left_door"),
        # Half of the gap is 0.5 - 0.28 sin(angle) - 0.07 cos(angle):
        # 0.237 m at 0.9 rad, 0.266 m at 0.7 rad.
        met=({"right_door": (0.9,), "left_door": (0.9,)}, {"right_door": (1.5,), "left_door": (0.7,)}),
        missed=({"right_door": (0.7,), "left_door": (0.7,)}, {"right_door": (0.0,), "left_door": (1.5,)}),
        lost=({"right_slide_x": (-0.48,)}, {"left_slide_x": (-0.48,)}),
        kept=({"right_slide_x": (-0.3,), "left_slide_x": (-0.3,)},),
    ),
    Case(
        KETTLE,
        hand_scripts.kettle,
        ("kettle", "bucket"),
        met=(tilted_kettle(-0.7, 0.02),),
        missed=(
            tilted_kettle(0.0, 0.06),
            {"kettle": (0.0, -0.15, 0.6, *UPRIGHT), "bucket": (0.0, 0.15, 0.6, *UPRIGHT)},
        ),
        lost=({"bucket": (0.7, 0.15, 0.19, *UPRIGHT)},),
        kept=({"bucket": (0.7, 0.15, 0.25, *UPRIGHT)}, {"kettle": (0.7, -0.15, 0.1, *UPRIGHT)}),
    ),
    Case(
        SWING_CUP,
        hand_scripts.swing_cup,
        ("cup",),
        met=({"cup": (0.0, 0.0, 0.6, *turned(2, 0.82))}, {"cup": (0.1, 0.0, 0.7, *turned(2, 2.3))}),
        missed=({"cup": (0.0, 0.0, 0.6, *turned(2, 0.75))}, {"cup": (0.0, 0.0, 0.7, *turned(2, -1.57))}),
        lost=({"cup": (0.7, 0.0, 0.29, *UPRIGHT)},),
        kept=({"cup": (0.7, 0.0, 0.35, *UPRIGHT)},),
    ),
)

Make = Callable[[int], tuple[SimulatedEnv, CpuSimulator]]


@pytest.fixture(params=CASES, ids=[case.task.name for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def make(case: Case) -> Make:
    def start(count: int) -> tuple[SimulatedEnv, CpuSimulator]:
        sim = CpuSimulator(case.task.scene, count, case.task.decimation, 1)
        env = SimulatedEnv(case.task, sim)
        env.reset(torch.arange(count) + 5)
        return env, sim

    return start


def place(sim: CpuSimulator, row: int, placement: Placement) -> None:
    for joint, values in placement.items():
        start = int(sim.model.joint(joint).qposadr[0])
        sim["qpos"][row, start : start + len(values)] = torch.tensor(values, dtype=torch.float64)


def step_from(env: SimulatedEnv, sim: CpuSimulator, placements: tuple[Placement, ...]) -> Step:
    """One control step with idle hands, each environment from its own placement."""
    for row, placement in enumerate(placements):
        place(sim, row, placement)
    return env.step(torch.zeros(env.num_envs, env.action_size))


def test_the_goal_is_met_there_and_not_just_short_of_it(case: Case, make: Make):
    env, sim = make(len(case.met) + len(case.missed))
    step = step_from(env, sim, case.met + case.missed)
    assert step.success.tolist() == [True] * len(case.met) + [False] * len(case.missed)
    assert torch.equal(step.true_score, step.success.float())


def test_a_goal_that_was_met_stays_met(case: Case, make: Make):
    env, sim = make(1)
    home = sim["qpos"].clone()
    assert step_from(env, sim, case.met[:1]).terminated.tolist() == [False]
    sim["qpos"][:] = home
    sim["qvel"][:] = 0.0
    assert env.step(torch.zeros(1, env.action_size)).success.tolist() == [True]


def test_an_episode_ends_early_beyond_the_threshold_only(case: Case, make: Make):
    env, sim = make(len(case.lost) + len(case.kept))
    step = step_from(env, sim, case.lost + case.kept)
    assert step.terminated.tolist() == [True] * len(case.lost) + [False] * len(case.kept)
    assert not step.unstable.any()


def test_objects_lie_still_while_the_hands_do_nothing(case: Case, make: Make):
    env, sim = make(8)
    starts = [int(sim.model.joint(body).qposadr[0]) for body in case.bodies]
    free = case.task is not DOOR
    before = torch.stack([sim["qpos"][:, start : start + (3 if free else 1)].clone() for start in starts])
    for _ in range(90):
        step = env.step(torch.zeros(8, env.action_size))
        assert not step.terminated.any()
    after = torch.stack([sim["qpos"][:, start : start + (3 if free else 1)] for start in starts])
    assert (after - before).abs().max() < 0.001


def test_a_scripted_motion_meets_the_goal(case: Case):
    """From most of eight starts: a script does not look at what happens."""
    assert hand_scripts.play(case.task, case.script, 8).sum() >= 5
