"""Environments that go on elsewhere in the simulator, on the CPU; with
mujoco-warp, see ``test_warp_rearranged.py``."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith_envs import ASSETS
from rewardsmith_envs.simulators.base import FIELDS
from rewardsmith_envs.simulators.cpu import CpuSimulator

N = 5
MOVED = torch.tensor([4, 1, 3])
"""The second of them stays in its place."""


def pushing(seed: int = 0, steps: int = 25) -> CpuSimulator:
    """Humanoids that fall about: contacts, friction, limits and
    a solver that starts where it was."""
    sim = CpuSimulator(ASSETS / "humanoid.xml", N, 4, 1)
    drive(sim, inputs(sim, steps, seed), torch.arange(N))
    return sim


def inputs(sim: CpuSimulator, steps: int, seed: int) -> Tensor:
    low, high = sim.control_range
    share = torch.rand(
        (steps, N, len(low)), generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return low + share * (high - low)


def drive(sim: CpuSimulator, plan: Tensor, rows: Tensor) -> None:
    for ctrl in plan:
        sim["ctrl"][: len(rows)] = ctrl[rows]
        sim.step()


def same(moved: CpuSimulator, twin: CpuSimulator, rows: Tensor = MOVED) -> bool:
    return all(torch.equal(moved[field][: len(rows)], twin[field][rows]) for field in FIELDS)


def test_they_go_on_to_the_bit():
    moved, twin = pushing(), pushing()
    assert torch.equal(moved._state, twin._state)
    assert moved["qvel"].abs().max() > 0.01
    moved.rearrange(MOVED, 4)
    assert moved.num_envs == 4
    assert {moved[field].shape[0] for field in FIELDS} == {4}
    plan = inputs(twin, 15, 1)
    for ctrl in plan:
        drive(moved, ctrl[None], MOVED)
        drive(twin, ctrl[None], torch.arange(N))
        assert same(moved, twin)


def test_they_look_the_same_before_the_next_step():
    moved, twin = pushing(), pushing()
    moved.rearrange(MOVED, 3)
    assert all(torch.equal(moved[field], twin[field][MOVED]) for field in FIELDS if field != "sensordata")
    late = ("touch", "force", "torque", "accelerometer")
    early = [
        c
        for n in range(twin.model.nsensor)
        if not any(word in twin.model.sensor(n).name for word in late)
        for c in _columns(twin, n)
    ]
    assert early
    assert torch.equal(moved["sensordata"][:, early], twin["sensordata"][MOVED][:, early])


def _columns(sim: CpuSimulator, number: int) -> range:
    sensor = sim.model.sensor(number)
    return range(int(sensor.adr[0]), int(sensor.adr[0]) + int(sensor.dim[0]))


def test_the_solver_starts_where_it_was():
    """What it starts from is a part of the state: without that, the last digits differ."""
    moved, cold, twin = pushing(), pushing(), pushing()
    for sim in (moved, cold):
        sim.rearrange(MOVED, 3)
    cold._batch.bind("qacc_warmstart")[:] = 0.0
    plan = inputs(twin, 1, 2)
    for sim, rows in ((moved, MOVED), (cold, MOVED), (twin, torch.arange(N))):
        drive(sim, plan, rows)
    assert torch.equal(moved["qvel"], twin["qvel"][MOVED])
    assert not torch.equal(cold["qvel"], twin["qvel"][MOVED])
    assert torch.allclose(cold["qvel"], twin["qvel"][MOVED], atol=1e-9)


def test_new_ones_are_at_home_once_they_are_reset():
    moved, fresh = pushing(), CpuSimulator(ASSETS / "humanoid.xml", N, 4, 1)
    moved.rearrange(torch.tensor([3]), 4)
    new = torch.tensor([False, True, True, True])
    moved.reset(new)
    assert moved.forward(new)
    assert torch.equal(moved["qpos"][1:], fresh["qpos"][:3])
    assert torch.equal(moved["site_xmat"][1:], fresh["site_xmat"][:3])
    plan = inputs(fresh, 8, 3)
    for ctrl in plan:
        moved["ctrl"][1:] = ctrl[:3]
        fresh["ctrl"][:] = ctrl
        moved.step()
        fresh.step()
        assert torch.equal(moved["qpos"][1:], fresh["qpos"][:3])


def test_those_that_nobody_needs_stand_still():
    sim = pushing()
    sim.rearrange(torch.arange(2), 2)
    before = sim._all["qpos"][2:].clone()
    sim.step()
    assert torch.equal(sim._all["qpos"][2:], before)
    sim.rearrange(torch.tensor([1, 0]), 5)
    assert sim["qpos"].shape[0] == 5


def test_none_may_go_on():
    sim = pushing()
    sim.rearrange(torch.zeros(0, dtype=torch.int64), 3)
    sim.reset(torch.ones(3, dtype=torch.bool))
    assert torch.equal(sim["qpos"], CpuSimulator(ASSETS / "humanoid.xml", 3, 4, 1)["qpos"])
