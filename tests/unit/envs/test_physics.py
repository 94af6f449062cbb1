"""Objects obey the conservation of energy and do not pass through
things, in every task that has free bodies."""

from __future__ import annotations

import math

import pytest
import torch

from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import SimulatedTask
from tests.physics import (
    DEPTH_LIMIT_M,
    GAIN_LIMIT_J_KG,
    Watched,
    held_actions,
    scene_of,
    simulated_tasks,
    watched,
)
from tests.physics_objects import Objects, floor
from tests.physics_pairs import mj

TASKS = simulated_tasks()
HEIGHTS_M, THROW_M_S = (0.1, 0.2, 0.3, 0.1), (0.0, 0.0, 0.0, 3.0)
"""Of four worlds: how far above home an object starts, and how fast it is thrown down."""
ASIDE_M = [
    (0.0, 0.0),
    *(
        (r * math.cos(n * math.pi / 4), r * math.sin(n * math.pi / 4))
        for r in (0.15, 0.3, 0.5)
        for n in range(8)
    ),
]
TOLERANCE_J_KG = 0.05
"""The energy that lifts a body by 5 mm: a robot that is struck and
springs back to its place may give that much."""
SUNK_M = 0.005
"""MuJoCo's default contacts, with a time constant of 0.02 s,
give way by 4 mm under a body at rest."""
GRAVITY = 9.81
BALL = """
<mujoco>
  <option timestep=".002" integrator="implicitfast"><flag eulerdamp="disable" autoreset="disable"/></option>
  <worldbody>
    <geom type="plane" size="1 1 .1" pos="0 0 .2"/>
    <body pos="0 0 1"><freejoint/><geom type="{shape}" size="{size}" mass="2"/></body>
    <body pos="3 0 1"><freejoint name="driven"/><geom size=".1"/></body>
  </worldbody>
  <actuator><motor joint="driven" gear="0 0 1 0 0 0"/></actuator>
  <keyframe><key name="home"/></keyframe>
</mujoco>
"""


def ball(shape: str = "sphere", size: str = ".1") -> CpuSimulator:
    return CpuSimulator(BALL.format(shape=shape, size=size), 2, 1, 1)


def touches(sim: CpuSimulator, objects: Objects) -> list[tuple[int, float]]:
    """What objects touch in any world: the other geom, and the
    distance, which is negative inside [m]."""
    sim.forward(torch.ones(sim.num_envs, dtype=torch.bool))
    own = {int(geom) for geoms in objects.geoms for geom in geoms}
    contacts = [sim._batch.get_data(n).contact for n in range(sim.num_envs)]
    pairs = [
        (pair, dist)
        for world in contacts
        for pair, dist in zip(world.geom.tolist(), world.dist.tolist(), strict=True)
    ]
    return [(a if b in own else b, dist) for (a, b), dist in pairs if {a, b} & own]


def lies_on_the_world(task: SimulatedTask) -> bool:
    """Whether objects lie on what does not move, such as a table, when the robot does nothing."""
    sim = Watched(scene_of(task), 1, task.decimation, 1)
    for _ in range(round(0.2 / task.control_dt)):
        sim.step()
    below = sim.model.body_weldid[sim.model.geom_bodyid[[geom for geom, _ in touches(sim, sim.objects)]]]
    return len(below) > 0 and not below.any()


def drop(task: SimulatedTask) -> Watched:
    """Objects in the air above home, or aside where something is in the way there."""
    sim = Watched(scene_of(task), len(HEIGHTS_M), task.decimation, 1)
    home = sim["qpos"].clone()
    for aside in ASIDE_M:
        sim["qpos"][:] = home
        for qpos, qvel in zip(sim.objects.qpos, sim.objects.qvel, strict=True):
            sim["qpos"][:, qpos : qpos + 2] += torch.tensor(aside)
            sim["qpos"][:, qpos + 2] += torch.tensor(HEIGHTS_M)
            sim["qvel"][:, qvel + 2] = -torch.tensor(THROW_M_S, dtype=torch.float64)
        if not touches(sim, sim.objects):
            return sim
    raise AssertionError(f"{task.name}: no free place to drop the objects")


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> SimulatedTask:
    """Every task with an object that moves freely."""
    task = TASKS[request.param]
    if not len(Objects(CpuSimulator(scene_of(task), 1, 1, 1))):
        pytest.skip("nothing moves freely")
    return task


def test_a_dropped_object_gains_no_energy_and_comes_to_rest_on_the_table(task: SimulatedTask):
    sim = drop(task)
    start = sim.objects.energy()
    for _ in range(round(1.5 / task.control_dt)):
        sim.step()
        assert (sim.objects.energy() <= start + TOLERANCE_J_KG).all()
    assert sim.objects.lowest().min() > floor(sim.model) - SUNK_M
    assert not sim.objects.swallowed().any()
    if lies_on_the_world(task):
        assert min(distance for _, distance in touches(sim, sim.objects)) > -SUNK_M
        assert sim.objects.kinetic().max() < TOLERANCE_J_KG


def test_violent_actions_leave_objects_above_the_floor_and_slow(task: SimulatedTask):
    env, sim = watched(task, 4)
    for _, actions in zip(range(100), held_actions(4, env.action_size, 1), strict=False):
        assert not env.step(actions.sign()).unstable.any()
    assert sim.peaks.swallowed == 0
    assert sim.peaks.depth < DEPTH_LIMIT_M
    assert sim.peaks.gain < GAIN_LIMIT_J_KG
    assert sim.peaks.object_speed < math.sqrt(2.0 * GAIN_LIMIT_J_KG)


def test_energy_of_a_falling_and_turning_ball():
    """By hand: m g z + m v^2 / 2 + I w^2 / 2 over m, with I =
    2/5 m r^2 of a ball of radius 0.1 m."""
    sim = ball()
    objects = Objects(sim)
    assert len(objects) == 1, "the other one has a motor"
    sim["qvel"][0, :6] = torch.tensor([0.0, 3.0, 4.0, 0.0, 10.0, 0.0])
    sim.forward(torch.ones(2, dtype=torch.bool))
    assert objects.energy()[:, 0] == pytest.approx([GRAVITY * 1.0 + 12.5 + 0.2 * 0.01 * 100.0, GRAVITY * 1.0])
    assert objects.kinetic()[:, 0] == pytest.approx([12.7, 0.0])


@pytest.mark.parametrize(
    ("shape", "size", "reach"),
    [
        ("sphere", ".1", 0.1),
        ("box", ".1 .2 .3", 0.1 * 0.5 + 0.3 * math.sqrt(0.75)),
        ("capsule", ".1 .3", 0.1 + 0.3 * math.sqrt(0.75)),
        ("cylinder", ".1 .3", 0.1 * 0.5 + 0.3 * math.sqrt(0.75)),
        ("ellipsoid", ".1 .2 .3", math.sqrt((0.1 * 0.5) ** 2 + 0.09 * 0.75)),
    ],
)
def test_lowest_point_of_every_shape_turned_by_30_degrees_about_y(shape: str, size: str, reach: float):
    sim = ball(shape, size)
    sim["qpos"][:, 3:7] = torch.tensor([math.cos(math.pi / 12), 0.0, math.sin(math.pi / 12), 0.0])
    sim.forward(torch.ones(2, dtype=torch.bool))
    assert Objects(sim).lowest()[:, 0] == pytest.approx([1.0 - reach] * 2)
    assert floor(sim.model) == 0.2


def test_an_object_whose_centre_is_below_a_plane_or_inside_a_box_is_swallowed():
    table = '<geom type="box" size=".1 .2 .05" pos=".5 0 .5" quat=".7071 0 0 .7071"/>'
    sim = CpuSimulator(
        BALL.format(shape="sphere", size=".1").replace("<body pos=", f"{table}<body pos=", 1), 4, 1, 1
    )
    sim["qpos"][:, :3] = torch.tensor(
        [[0.0, 0.0, 0.19], [0.65, 0.0, 0.46], [0.5, 0.15, 0.46], [0.65, 0.0, 0.56]]
    )
    sim.forward(torch.ones(4, dtype=torch.bool))
    assert Objects(sim).swallowed()[:, 0].tolist() == [True, True, False, False]


def test_large_scenes_are_solved_with_dense_matrices():
    """With sparse ones, MuJoCo's Newton solver stalls (see the CPU simulator)."""
    bodies = "".join(f'<body pos="{n} 0 .1"><freejoint/><geom size=".1"/></body>' for n in range(11))
    scene = BALL.format(shape="sphere", size=".1").replace("<worldbody>", f"<worldbody>{bodies}")
    assert not mj.mj_isSparse(CpuSimulator(scene, 1, 1, 1).model)
