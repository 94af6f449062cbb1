"""Environments that go on elsewhere in the GPU simulator, on warp's CPU device."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.base import FIELDS
from rewardsmith_envs.simulators.cuda import WarpSimulator
from rewardsmith_envs.tasks.cartpole import Cartpole
from tests.on_warp import warp_simulator

pytestmark = pytest.mark.slow

N = 4
ALL = torch.arange(N)
MOVED = torch.tensor([3, 1])
"""The second of them stays in its place."""


@pytest.fixture(scope="module")
def pair() -> tuple[WarpSimulator, WarpSimulator]:
    made = [warp_simulator("cartpole.xml", N, Cartpole.decimation) for _ in range(2)]
    return made[0], made[1]


@pytest.fixture
def moved_and_twin(pair: tuple[WarpSimulator, WarpSimulator]) -> tuple[WarpSimulator, WarpSimulator]:
    """Two simulators in the same state; that of the first is then rearranged."""
    for sim in pair:
        sim.rearrange(torch.zeros(0, dtype=torch.int64), N)
        sim.reset(torch.ones(N, dtype=torch.bool))
        sim.forward(torch.ones(N, dtype=torch.bool))
        push(sim, 6, ALL)
    moved, twin = pair
    assert all(torch.equal(moved[field], twin[field]) for field in FIELDS)
    assert moved["qvel"].unique(dim=0).shape[0] == N
    return moved, twin


def push(sim: WarpSimulator, steps: int, rows: Tensor) -> None:
    """Every cart its own way."""
    for step in range(steps):
        sim["ctrl"][: len(rows), 0] = torch.linspace(-1.0, 1.0, N)[rows] * (1.0 - step / 20)
        sim.step()


def test_they_go_on_to_the_bit(moved_and_twin: tuple[WarpSimulator, WarpSimulator]):
    moved, twin = moved_and_twin
    moved.rearrange(MOVED, 3)
    assert moved.num_envs == 3
    for field in FIELDS:
        assert moved[field].shape[0] == 3
        assert torch.equal(moved[field][:2], twin[field][MOVED]), field
    for _ in range(10):
        push(moved, 1, MOVED)
        push(twin, 1, ALL)
        assert all(torch.equal(moved[field][:2], twin[field][MOVED]) for field in FIELDS)


def test_the_solver_starts_where_it_was(moved_and_twin: tuple[WarpSimulator, WarpSimulator]):
    moved, twin = moved_and_twin
    ours, theirs = moved._inner, [field.clone() for field in twin._inner]
    assert any(field.abs().sum() > 0 for field in theirs)
    moved.rearrange(MOVED, 3)
    for field, before in zip(ours, theirs, strict=True):
        assert torch.equal(field[:2], before[MOVED])


def test_new_ones_are_at_home_once_they_are_reset(moved_and_twin: tuple[WarpSimulator, WarpSimulator]):
    moved, twin = moved_and_twin
    moved.rearrange(MOVED, N)
    new = torch.tensor([False, False, True, True])
    moved.reset(new)
    moved.forward(new)
    twin.reset(torch.ones(N, dtype=torch.bool))
    twin.forward(torch.ones(N, dtype=torch.bool))
    for _ in range(6):
        for field in FIELDS:
            assert torch.equal(moved[field][2:], twin[field][2:]), field
        push(moved, 1, ALL)
        push(twin, 1, ALL)


def test_all_may_be_needed_again(moved_and_twin: tuple[WarpSimulator, WarpSimulator]):
    moved, twin = moved_and_twin
    moved.rearrange(MOVED, 2)
    moved.step()
    moved.rearrange(torch.tensor([1]), N)
    twin.step()
    assert torch.equal(moved["qpos"][:1], twin["qpos"][[1]])
    assert moved["qpos"].shape[0] == N


def test_an_environment_exchanges_as_it_does_on_the_cpu(pair: tuple[WarpSimulator, WarpSimulator]):
    """Also with themselves: who stays goes on to the bit."""
    task = Cartpole()
    env, twin = (SimulatedEnv(task, sim) for sim in _whole(pair))
    cpu = task.make(N, 1)
    seeds, late = ALL * 1_000 + 17, torch.tensor([99, 100])
    for each in (env, twin, cpu):
        each.reset(seeds, stagger=True)
        for action in _plan(5):
            each.step(action)
    first, expected = (each.exchange(MOVED, late, stagger=True) for each in (env, cpu))
    assert torch.allclose(first, expected, atol=2e-4)
    for action in _plan(20):
        ours, before, theirs = env.step(action), twin.step(action[[2, 1, 3, 0]]), cpu.step(action)
        assert torch.equal(ours.observation[:2], before.observation[MOVED])
        assert torch.equal(ours.sparse[:2], before.sparse[MOVED])
        assert torch.allclose(ours.observation, theirs.observation, atol=2e-3)
        assert torch.allclose(ours.true_score, theirs.true_score, atol=2e-3)


def _whole(pair: tuple[WarpSimulator, WarpSimulator]) -> tuple[WarpSimulator, WarpSimulator]:
    for sim in pair:
        sim.rearrange(torch.zeros(0, dtype=torch.int64), N)
    return pair


def _plan(steps: int) -> Tensor:
    return torch.rand((steps, N, 1), generator=torch.Generator().manual_seed(5)) * 2.0 - 1.0
