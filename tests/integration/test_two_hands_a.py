"""Two-handed tasks that throw, lift and open: start, goal and early end, written
into the state and read after one step of physics."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Step
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.tasks import (
    shadow_bottle_cap,
    shadow_catch_abreast,
    shadow_catch_underarm,
    shadow_lift_underarm,
    shadow_over,
)
from rewardsmith_envs.tasks.two_hands import TwoHandTask

OVER, UNDERARM, ABREAST = shadow_over.TASK, shadow_catch_underarm.TASK, shadow_catch_abreast.TASK
LIFT, BOTTLE = shadow_lift_underarm.TASK, shadow_bottle_cap.TASK
THROWS = [pytest.param(task, id=task.name) for task in (OVER, UNDERARM, ABREAST)]
LYING = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
LEFT = LIFT.right.joints
"""Where the base of the left hand begins in ``qpos``, if both bases move."""


def make(task: TwoHandTask, count: int) -> SimulatedEnv:
    env = task.make(count, 1)
    assert isinstance(env, SimulatedEnv)
    env.reset(torch.arange(count))
    return env


def wait(env: SimulatedEnv) -> Step:
    return env.step(torch.zeros(env.num_envs, env.action_size))


def put(env: SimulatedEnv, row: int, column: int, values: tuple[float, ...]) -> None:
    """Write a part of the state, and let nothing of that world move."""
    env._sim["qpos"][row, column : column + len(values)] = torch.tensor(values).double()
    env._sim["qvel"][row] = 0.0


def put_egg(task: TwoHandTask, env: SimulatedEnv, row: int, place: tuple[float, ...]) -> None:
    put(env, row, task.object_start, (*place, *LYING))


@pytest.mark.parametrize("task", THROWS)
def test_a_throw_succeeds_at_its_goal_and_not_beside_it(task: shadow_over.ThrowTask):
    """Turned any way: the goals' orientations differ, the eggs' do not."""
    x, y, z = task.goal
    env = make(task, 4)
    for row, offset in enumerate((0.0, 0.02, 0.04)):
        put_egg(task, env, row, (x + offset, y, z))
    assert wait(env).success.tolist() == [True, True, False, False]


@pytest.mark.parametrize("task", THROWS)
def test_an_egg_that_was_at_the_goal_may_leave_it(task: shadow_over.ThrowTask):
    """Dropping it then ends the episode, with its success, and the next one starts without."""
    x, y, z = task.goal
    env = make(task, 1)
    put_egg(task, env, 0, (x, y, z))
    assert wait(env).success.item()
    put_egg(task, env, 0, (x, y, z + 0.5))
    assert wait(env).success.item()
    put_egg(task, env, 0, (x + 0.5, y, task.floor_m - 0.01))
    end = wait(env)
    assert end.terminated.item()
    assert end.true_score.item() == 1.0
    assert not wait(env).success.item()


@pytest.mark.parametrize("task", THROWS)
def test_a_throw_ends_when_the_egg_is_low(task: shadow_over.ThrowTask):
    """2 mm is what it falls in one step."""
    env = make(task, 2)
    for row, height in enumerate((task.floor_m - 0.001, task.floor_m + 0.003)):
        put_egg(task, env, row, (0.5, 0.5, height))
    assert wait(env).terminated.tolist() == [True, False]


def test_abreast_ends_when_a_base_has_strayed():
    env = make(ABREAST, 4)
    for row, (column, place) in enumerate(((1, 0.07), (1, 0.13), (LEFT + 2, -0.07), (LEFT + 2, -0.13))):
        put(env, row, column, (place,))
    assert wait(env).terminated.tolist() == [False, True, False, True]


@pytest.mark.parametrize("task", [OVER, UNDERARM])
def test_half_closed_hands_keep_the_egg(task: TwoHandTask):
    env = make(task, 16)
    steps = [wait(env) for _ in range(task.horizon)]
    assert not any(step.terminated.any() or step.success.any() for step in steps)
    assert steps[-1].truncated.all()
    lowest = min(float(step.signals["object_pos"][:, 2].min()) for step in steps)
    assert lowest > 0.52  # on the fingers, which lie at 0.5 m and are 0.01 m thick


@pytest.mark.parametrize("task", THROWS)
def test_the_left_hand_can_keep_an_egg_at_the_goal(task: shadow_over.ThrowTask):
    """The egg is let go 0.01 m above the goal; half closed fingers catch it there."""
    x, y, z = task.goal
    env = make(task, 1)
    put_egg(task, env, 0, (x, y, z + 0.01))
    steps = [wait(env) for _ in range(20)]
    assert not any(step.terminated.any() for step in steps)
    gap = steps[-1].signals["object_pos"] - steps[-1].signals["goal_pos"]
    assert gap.norm() < 0.05


def test_the_pot_stands_on_its_table_with_its_lid_on():
    env = make(LIFT, 4)
    steps = [wait(env) for _ in range(60)]
    assert not any(step.terminated.any() or step.success.any() for step in steps)
    assert torch.allclose(steps[-1].signals["object_pos"][:, 2], torch.tensor(0.465), atol=0.001)
    assert env._sim["qpos"][:, LIFT.object_start + 7].abs().max() < 0.001


def test_a_lift_succeeds_at_its_goal():
    """The hands' bases are written 0.37 m up with the pot, so that nobody is
    far from a handle. Its goal is 0.385 m up."""
    env = make(LIFT, 3)
    for row, height in enumerate((0.37, 0.34, 0.33)):
        put(env, row, 2, (0.37,))
        put(env, row, LEFT + 2, (0.37,))
        put(env, row, LIFT.object_start, (0.0, -0.6, 0.465 + height))
    step = wait(env)
    assert step.success.tolist() == [True, True, False]
    assert not step.terminated.any()


def test_a_lift_ends_when_the_pot_is_down_or_a_hand_is_away():
    env = make(LIFT, 4)
    put(env, 0, LIFT.object_start, (0.4, -0.6, 0.29))
    put(env, 1, 1, (0.15,))
    put(env, 2, LEFT + 1, (-0.15,))
    assert wait(env).terminated.tolist() == [True, True, True, False]


def hands(inward: float, up: float, tilt: float, knuckles: float, tips: float) -> Tensor:
    """Actions of the lift: both bases moved towards the pot and up [m] and leaned back
    [rad]; fingers from -1 (straight) to 1 (bent)."""
    parts: list[Tensor] = []
    for side in (-1.0, 1.0):
        base = torch.tensor([0.0, side * inward, up]) / LIFT.right.reach
        turn = torch.tensor([side * tilt / LIFT.right.turn, 0.0, 0.0])
        straight = torch.tensor([2.0 * 0.489 / 0.629 - 1.0, 2.0 * 0.698 / 1.187 - 1.0])  # the wrist
        finger = torch.tensor([0.0, knuckles, tips])
        thumb = torch.tensor([0.0, -1.0, 0.0, 0.0, -1.0])
        parts += [base, turn, straight, finger, finger, finger, torch.tensor([-1.0]), finger, thumb]
    return torch.cat(parts)


def test_two_hands_can_lift_the_pot():
    """Reach under the bars, hook the fingertips behind them,
    rise, and lean back against the weight."""
    env = make(LIFT, 4)
    plan = [hands(0.08, 0.03, 0.0, -1.0, -1.0)] * 40 + [hands(0.08, 0.03, 0.0, 0.0, 0.9)] * 40
    plan += [hands(0.07, 0.03 + 0.42 * n / 160, 0.3 * n / 160, 0.0, 0.9) for n in range(160)]
    plan += [hands(0.07, 0.45, 0.3, 0.0, 0.9)] * 60
    steps = [env.step(action.expand(4, -1)) for action in plan]
    assert not any(step.terminated.any() for step in steps)
    assert not steps[80].success.any()
    assert steps[-1].success.all()


def test_the_thread_couples_turn_and_way_of_the_cap():
    """Whichever of the two is set in motion takes the other along: 0.064 m a turn."""
    env = make(BOTTLE, 2)
    slide, turn = BOTTLE.object_start + 6, BOTTLE.object_start + 7  # in qvel, where the free bottle takes 6
    env._sim["qvel"][0, turn] = 40.0
    env._sim["qvel"][1, slide] = 5.0
    for _ in range(12):
        wait(env)
    opening, angle = (
        env._sim["qpos"][:, BOTTLE.object_start + 7],
        env._sim["qpos"][:, BOTTLE.object_start + 8],
    )
    assert (opening > 0.02).all()
    assert torch.allclose(opening, angle * 0.064 / (2.0 * math.pi), atol=0.001)


def test_a_cap_is_open_beyond_its_threshold():
    env = make(BOTTLE, 3)
    for row, opening in enumerate((0.033, 0.027, 0.0)):
        put(env, row, BOTTLE.object_start + 7, (opening, opening * 2.0 * math.pi / 0.064))
    step = wait(env)
    assert step.success.tolist() == [True, False, False]
    assert torch.allclose(step.signals["cap_opening"], torch.tensor([0.033, 0.027, 0.0]), atol=0.002)


def test_a_bottle_slips_out_of_a_half_closed_hand_and_not_out_of_a_closed_one():
    env = make(BOTTLE, 8)
    close = torch.zeros(8, env.action_size)
    first = env.action_size // 2 + 6 + 2  # first finger of the left hand, after its base and wrist
    close[4:, [first + 1, first + 2, first + 4, first + 5, first + 7, first + 8, first + 11, first + 12]] = (
        0.8
    )
    ended = torch.stack([env.step(close).terminated for _ in range(BOTTLE.horizon - 1)]).any(dim=0)
    assert ended[:4].sum() >= 3
    assert not ended[4:].any()


def test_opening_ends_when_bottle_or_hands_are_away():
    """The cap is at 0.6 m at the start; the right palm 0.17 m
    from it; the bottle in the left hand."""
    x, y, z, *_ = BOTTLE.object_qpos
    env = make(BOTTLE, 4)
    put(env, 0, BOTTLE.object_start, (x, y, z - 0.12))
    put(env, 1, BOTTLE.object_start, (x, y - 0.2, z))
    put(env, 2, BOTTLE.object_start, (x, y + 0.19, z - 0.07))
    put(env, 2, LEFT + 1, (0.19, -0.07))
    put(env, 2, 1, (-0.19, 0.1))
    step = wait(env)
    assert step.terminated.tolist() == [True, True, True, False]
    assert not step.unstable.any()
