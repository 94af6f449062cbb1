"""The engine over the GPU simulator: on warp's CPU device it must
do what it does over the CPU simulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.tasks.base import SimulatedTask
from rewardsmith_envs.tasks.cartpole import Cartpole
from rewardsmith_envs.tasks.franka_push import FrankaPush
from tests.on_warp import warp_simulator

pytestmark = pytest.mark.slow
N = 4


class ShortCartpole(Cartpole):
    horizon = 25


class ShortPush(FrankaPush):
    horizon = 8
    contacts, constraints = 16, 64


class Stops(Cartpole):
    """A goal that is met at once and followed by the next: the pole's angle to hold."""

    horizon = 20
    goal_draws = 1

    def aim(self, sim, rows: Tensor, draws: Tensor) -> None:
        sim["qpos"][rows, 1] = draws[:, 0].double() - 0.5

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        return signals["pole_angle"].abs() > 0.3


def over_warp(task: SimulatedTask, num_envs: int = N) -> SimulatedEnv:
    return SimulatedEnv(
        task, warp_simulator(task.scene, num_envs, task.decimation, task.contacts, task.constraints)
    )


def seeds() -> Tensor:
    return torch.arange(N) * 1_000 + 17


def plan(env: SimulatedEnv, steps: int) -> Tensor:
    return (
        torch.rand((steps, env.num_envs, env.action_size), generator=torch.Generator().manual_seed(5)) * 2.0
        - 1.0
    )


def roll(env: SimulatedEnv, actions: Tensor) -> Iterator[Step]:
    return (env.step(action) for action in actions)


@pytest.fixture(scope="module")
def carts() -> SimulatedEnv:
    return over_warp(ShortCartpole())


def same_course(warp: SimulatedEnv, task: SimulatedTask, actions: Tensor, tolerance: float) -> float:
    """Compare with the CPU simulator, step by step, over two
    episodes; the best true score of any step."""
    cpu = task.make(N, 1)
    assert torch.allclose(warp.reset(seeds(), stagger=True), cpu.reset(seeds(), stagger=True), atol=tolerance)
    ended, best = 0, 0.0
    for a, b in zip(roll(warp, actions), (cpu.step(action) for action in actions), strict=True):
        assert torch.allclose(a.observation, b.observation, atol=tolerance)
        assert torch.allclose(a.true_score, b.true_score, atol=tolerance)
        for name in b.signals:
            assert torch.allclose(a.signals[name], b.signals[name], atol=tolerance), name
        for one, other in (
            (a.success, b.success),
            (a.truncated, b.truncated),
            (a.terminated, b.terminated),
            (a.unstable, b.unstable),
        ):
            assert torch.equal(one, other)
        ended += int((a.truncated | a.terminated).sum())
        best = max(best, float(b.true_score.max()))
    assert ended >= 2 * N
    return best


def test_carts_live_through_the_same_episodes(carts: SimulatedEnv):
    assert same_course(carts, ShortCartpole(), plan(carts, 60), 2e-4) == ShortCartpole.horizon


def test_arms_live_through_the_same_episodes():
    """Little motion, high above the cube. Whether a cube touches the table at the
    very first moment is a matter of rounding: 1 mm."""
    env = over_warp(ShortPush())
    actions = plan(env, 20) * 0.2 + torch.tensor([0.0, 0.0, 0.4])
    same_course(env, ShortPush(), actions, 0.1)


def test_episodes_of_many_goals_go_on_as_on_the_cpu():
    env = over_warp(Stops())
    assert same_course(env, Stops(), plan(env, 45), 1e-3) > 1


def test_same_seeds_give_the_same_future(carts: SimulatedEnv):
    actions = plan(carts, 40)
    first = carts.reset(seeds(), stagger=True)
    futures = [step.observation for step in roll(carts, actions)]
    assert torch.equal(carts.reset(seeds(), stagger=True), first)
    for before, after in zip(futures, roll(carts, actions), strict=True):
        assert torch.equal(before, after.observation)


def test_a_batch_equals_its_members_alone(carts: SimulatedEnv):
    actions = plan(carts, 40)
    alone = over_warp(ShortCartpole(), 1)
    carts.reset(seeds())
    alone.reset(seeds()[2:3])
    for a, b in zip(roll(carts, actions), roll(alone, actions[:, 2:3]), strict=True):
        assert torch.equal(a.observation[2], b.observation[0])


@pytest.mark.parametrize("value", [float("nan"), 1e9])
def test_a_broken_world_is_reset_counted_and_alone(carts: SimulatedEnv, value: float):
    actions = plan(carts, 12)
    carts.reset(seeds())
    healthy = [step.observation for step in roll(carts, actions)]
    carts.reset(seeds())
    carts._sim["qvel"][1, 0] = value
    steps = list(roll(carts, actions))
    assert [step.unstable.tolist() for step in steps[:2]] == [[False, True, False, False], [False] * 4]
    assert steps[0].terminated.tolist() == [False, True, False, False]
    assert all(signal.isfinite().all() for step in steps for signal in step.signals.values())
    for expected, step in zip(healthy, steps, strict=True):
        assert step.observation.isfinite().all()
        assert torch.equal(step.observation[[0, 2, 3]], expected[[0, 2, 3]])


def test_the_simulator_is_out_of_reach_of_a_reward(carts: SimulatedEnv):
    actions = plan(carts, 6)
    carts.reset(seeds())
    untouched = [step.observation for step in roll(carts, actions)]
    carts.reset(seeds())
    for expected, step in zip(untouched, roll(carts, actions), strict=True):
        assert torch.equal(step.observation, expected)
        for value in step.signals.values():
            value.fill_(123.0)


def test_a_picture_shows_the_chosen_world(carts: SimulatedEnv, opengl: None):
    cpu = ShortCartpole().make(N, 1)
    assert isinstance(cpu, SimulatedEnv)
    for env in (carts, cpu):
        env.reset(seeds())
        list(roll(env, plan(env, 15)))
    ours, theirs = carts.camera(64, 48), cpu.camera(64, 48)
    for world in (0, 3):
        assert (ours(world).int() - theirs(world).int()).abs().float().mean() < 0.1
    assert not torch.equal(ours(0), ours(3))
