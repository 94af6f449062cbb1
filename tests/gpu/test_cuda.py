"""The GPU simulator on a real GPU: ``python -m pytest -m gpu tests/gpu``.

Last run: never; no GPU was at hand. ``tests/unit/envs/test_warp*.py`` runs the same code, graphs
included, on warp's CPU device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.base import FIELDS
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.simulators.scene import SceneError
from rewardsmith_envs.tasks.base import ASSETS
from rewardsmith_envs.tasks.franka_push import TASK
from tests.on_warp import warp_simulator

if TYPE_CHECKING:
    from rewardsmith_envs.simulators.cuda import WarpSimulator

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")]
N = 64


def on_gpu(*, capture: bool = True, contacts: int = TASK.contacts) -> WarpSimulator:
    return warp_simulator(
        TASK.scene, N, TASK.decimation, contacts, TASK.constraints, device="cuda", capture=capture
    )


@pytest.fixture
def strict() -> Iterator[None]:
    """Torch refuses to wait for the GPU."""
    yield
    torch.cuda.set_sync_debug_mode("default")


def seeds() -> Tensor:
    return torch.arange(N) * 1_000 + 17


def swing(sim: WarpSimulator | CpuSimulator, steps: int) -> None:
    """Every arm its own way, up and away from the cube."""
    for _ in range(steps):
        sim["ctrl"][:, 0] += torch.linspace(-0.03, 0.03, N, device=sim.device)
        sim["ctrl"][:, 1] -= torch.linspace(0.005, 0.02, N, device=sim.device)
        sim.step()


def test_torch_sees_warps_memory_on_the_gpu():
    sim = on_gpu()
    before = {name: sim[name].data_ptr() for name in FIELDS}
    assert all(sim[name].device.type == "cuda" for name in FIELDS)
    start = sim["qpos"].clone()
    swing(sim, 3)
    assert {name: sim[name].data_ptr() for name in FIELDS} == before
    assert (sim["qpos"] - start)[:, :7].abs().max() > 0.01


@pytest.mark.parametrize("capture", [True, False])
def test_arms_move_as_on_the_cpu(capture: bool):
    """With graphs and without: graphs equal kernels launched one by one, and both equal MuJoCo."""
    sim, expected = on_gpu(capture=capture), CpuSimulator(ASSETS / TASK.scene, N, TASK.decimation, 2)
    swing(sim, 20)
    swing(expected, 20)
    for name in FIELDS:
        tolerance = 1e-3 if name == "qvel" else 1e-4
        assert torch.allclose(sim[name].double().cpu(), expected[name], atol=tolerance), name


def test_a_step_of_the_engine_never_waits_for_the_gpu(strict: None):
    """Over two whole episodes, so that resets are among them."""
    env = SimulatedEnv(TASK, on_gpu())
    env.reset(seeds(), stagger=True)
    actions = torch.rand(N, env.action_size, device="cuda") * 2.0 - 1.0
    step = env.step(actions)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    for _ in range(2 * TASK.horizon):
        step = env.step(actions)
    torch.cuda.set_sync_debug_mode("default")
    assert step.observation.isfinite().all()


def test_a_reset_leaves_the_other_worlds_alone():
    sim = on_gpu()
    swing(sim, 5)
    chosen = torch.arange(N, device="cuda") % 2 == 0
    before = {name: sim[name].clone() for name in FIELDS}
    sim.reset(chosen)
    sim.forward(chosen)
    for name in FIELDS:
        assert torch.equal(sim[name][~chosen], before[name][~chosen]), name
    assert torch.equal(sim["qpos"][chosen], sim["qpos"][:1].expand(N // 2, -1))


def test_a_broken_world_is_reset_counted_and_alone():
    env = SimulatedEnv(TASK, on_gpu())
    env.reset(seeds())
    still = torch.zeros(N, env.action_size, device="cuda")
    env.step(still)
    env._sim["qvel"][3, 0] = float("nan")
    step = env.step(still)
    assert step.unstable.nonzero()[:, 0].tolist() == [3]
    assert step.observation.isfinite().all()
    assert not env.step(still).unstable.any()


def press(env: SimulatedEnv) -> None:
    """Every tool down onto the table, for an episode."""
    for _ in range(TASK.horizon):
        env.step(torch.tensor([0.0, 0.0, -1.0], device="cuda").expand(N, 3))
        torch.cuda.synchronize()


def test_too_little_room_is_noticed():
    """Every cube has four contacts with the table, and the fingers have theirs."""
    env = SimulatedEnv(TASK, on_gpu(contacts=4))
    env.reset(seeds())
    with pytest.raises(SceneError, match="the task's `contacts` is 4"):
        press(env)
