"""What every task declares for simulators with buffers of a fixed size is enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from rewardsmith_envs.simulators.base import SPARE
from rewardsmith_envs.simulators.cpu import CpuSimulator
from tests.physics import Watched, held_actions, random_rollout, simulated_tasks, watched
from tests.physics_pairs import Pairs

TASKS = simulated_tasks()
_SOAKED = r"^\| ([a-z-]+) \| .* \| (\d+) of \d+ \| (\d+) of \d+ \|$"
"""A row of the soak's table: task, contacts and rows."""
SCENE = """
<mujoco>
  <option timestep=".002" integrator="implicitfast"><flag eulerdamp="disable" autoreset="disable"/></option>
  <worldbody>
    <geom type="plane" size="1 1 .1"/>
    <body name="lower" pos="0 0 .1"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
    <body name="upper" pos="0 0 {height}"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
    <body name="ghost"><freejoint/><geom type="box" size=".1 .1 .1" contype="0" conaffinity="0"/></body>
  </worldbody>
  {exclude}
  <keyframe><key name="home"/></keyframe>
</mujoco>
"""


@pytest.mark.parametrize("name", TASKS)
def test_random_actions_stay_within_the_budget(name: str):
    task = TASKS[name]
    peaks = random_rollout(task, envs=4, steps=100)
    assert peaks.contacts <= task.contacts, (
        f"set `contacts` of {name} to 1.5 times what benchmarks/physics_soak.py finds"
    )
    assert peaks.rows <= task.constraints, (
        f"set `constraints` of {name} to 1.5 times what benchmarks/physics_soak.py finds"
    )


def test_the_room_is_half_as_much_again_as_the_long_soak_needed():
    """A few hundred random steps show half of what many do, so this reads what many showed."""
    text = (Path(__file__).parents[3] / "results" / "README.md").read_text(encoding="utf-8")
    found = re.findall(_SOAKED, text, re.MULTILINE)
    needed = {name: (int(contacts), int(rows)) for name, contacts, rows in found}
    assert needed.keys() == TASKS.keys()
    for name, (contacts, rows) in needed.items():
        room = TASKS[name].contacts, TASKS[name].constraints
        assert SPARE * contacts <= room[0], f"{name} has room for {room[0]} contacts"
        assert SPARE * rows <= room[1], f"{name} has room for {room[1]} rows"


def test_contacts_and_rows_of_boxes_are_counted():
    """By hand: a box has four contacts with what is below it, and a contact
    of condim 3 has four rows in a pyramid."""
    sim = Watched(SCENE.format(height=0.2999, exclude=""), 2, 3, 1)
    sim["qpos"][0, 9] = 2.0
    sim.forward(torch.ones(2, dtype=torch.bool))
    sim.step()
    assert (sim.peaks.contacts, sim.peaks.rows) == (8, 32)


def test_a_watched_simulator_computes_the_same():
    task = TASKS["franka-push"]
    plain = task.make(2, 1)
    seen, _ = watched(task, 2)
    plain.reset(torch.arange(2), stagger=True)
    for _, actions in zip(range(10), held_actions(2, 3, 0), strict=False):
        assert torch.equal(plain.step(actions).observation, seen.step(actions).observation)


@pytest.mark.parametrize(
    ("height", "exclude", "near"),
    [
        (0.3, "", 2),  # lower on the plane, upper on lower
        (0.9, "", 1),
        (0.15, "", 3),  # the plane, too
        (0.3, '<contact><exclude body1="lower" body2="upper"/></contact>', 1),
    ],
)
def test_pairs_of_geoms_near_each_other(height: float, exclude: str, near: int):
    sim = CpuSimulator(SCENE.format(height=height, exclude=exclude), 1, 1, 1)
    pairs = Pairs(sim)
    sim.forward(torch.ones(1, dtype=torch.bool))
    assert pairs.near().tolist() == [near]
