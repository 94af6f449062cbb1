"""What every task must do."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Device, Step, Task, VecEnv
from rewardsmith.registry import TASKS, TRAINERS
from rewardsmith.reward.guard import Guard
from rewardsmith.settings import preset_settings
from tests import documented
from tests.training import preset_of

N = 6


@pytest.fixture(params=[*TASKS.names(), documented.NAME])
def task(request: pytest.FixtureRequest) -> Task:
    """Every registered task, and the one that the documentation makes."""
    return documented.task() if request.param == documented.NAME else TASKS.load(request.param)


def seeds(count: int = N) -> Tensor:
    return torch.arange(count) * 1_000 + 17


def actions(env: VecEnv, steps: int) -> Tensor:
    return torch.rand((steps, env.num_envs, env.action_size), generator=torch.Generator().manual_seed(5)) * 2.4 - 1.2


def roll(env: VecEnv, plan: Tensor) -> list[Step]:
    return [env.step(action) for action in plan]


def test_sheet_is_complete(task: Task):
    assert len(task.description) > 100
    assert task.group in ("manipulation", "locomotion", "control", "dexterous", "bimanual")
    assert task.difficulty in ("easy", "medium", "hard")
    assert re.search(r"\d (m|rad|s|m/s)\b", task.success_rule)
    assert len({signal.name for signal in task.signals}) == len(task.signals)
    for signal in task.signals:
        assert signal.meaning
        assert signal.frame
        assert signal.low < signal.high


def test_the_writers_description_does_not_tell_the_threshold(task: Task):
    thresholds = [] if task.success_rule.startswith("metric: ") else re.findall(r"[\d.]+ (?:m|rad)\b", task.success_rule)
    assert not any(threshold in task.description for threshold in thresholds)


def test_same_seeds_give_the_same_future(task: Task):
    one, two = task.make(N, 1), task.make(N, 2)
    first, second = one.reset(seeds()), two.reset(seeds())
    assert torch.equal(first, second)
    for a, b in zip(roll(one, actions(one, 12)), roll(two, actions(two, 12)), strict=True):
        assert torch.equal(a.observation, b.observation)
        assert all(torch.equal(a.signals[name], b.signals[name]) for name in a.signals)


def test_a_used_environment_starts_like_a_new_one(task: Task):
    used, new = task.make(N, 1), task.make(N, 1)
    used.reset(seeds() + 1, stagger=True)
    roll(used, actions(used, 40))
    assert torch.equal(used.reset(seeds()), new.reset(seeds()))
    for a, b in zip(roll(used, actions(used, 12)), roll(new, actions(new, 12)), strict=True):
        assert torch.equal(a.observation, b.observation)


def test_a_batch_equals_its_members_alone(task: Task):
    """Over a whole episode, so that resets are covered too."""
    batch = task.make(3, 1)
    batch.reset(seeds(3), stagger=True)
    plan = actions(batch, task.horizon + 5)
    together = roll(batch, plan)
    for member in range(3):
        alone = task.make(1, 1)
        alone.reset(seeds(3)[member : member + 1], stagger=True)
        for a, b in zip(together, roll(alone, plan[:, member : member + 1]), strict=True):
            assert torch.equal(a.observation[member], b.observation[0])
            assert bool(a.truncated[member]) == bool(b.truncated[0])


def same(a: Step, b: Step, ours: list[int], theirs: list[int]) -> bool:
    """Whether environments of two steps are the same to the bit."""
    fields = ("observation", "true_score", "sparse", "success", "terminated", "truncated", "unstable")
    pairs = [(getattr(a, name), getattr(b, name)) for name in fields] + [(a.signals[name], b.signals[name]) for name in b.signals]
    return all(torch.equal(one[ours], other[theirs]) for one, other in pairs)


def test_some_go_on_while_others_come(task: Task):
    """The third and the first stay, in this order, and one comes; then the new one stays alone, and three come."""
    env, twin = task.make(4, 1), task.make(4, 1)
    assert torch.equal(env.reset(seeds(4), stagger=True), twin.reset(seeds(4), stagger=True))
    plan = actions(twin, 24)
    roll(env, plan[:6])
    roll(twin, plan[:6])
    late = task.make(1, 1)
    new = seeds(1) + 5
    assert torch.equal(env.exchange(torch.tensor([2, 0]), new, stagger=True), late.reset(new, stagger=True))
    assert env.num_envs == 3
    for action in plan[6:14]:
        step, before, other = env.step(action[[2, 0, 1]]), twin.step(action), late.step(action[[1]])
        assert same(step, before, [0, 1], [2, 0])
        assert same(step, other, [2], [0])
    later = task.make(3, 1)
    assert torch.equal(env.exchange(torch.tensor([2]), seeds(3) + 9), later.reset(seeds(3) + 9))
    for action in plan[14:]:
        step, before, other = env.step(action), late.step(action[[0]]), later.step(action[1:])
        assert same(step, before, [0], [0])
        assert same(step, other, [1, 2, 3], [0, 1, 2])


def test_fewer_may_start_than_were_made(task: Task):
    env, few = task.make(4, 1), task.make(2, 1)
    env.reset(seeds(4) + 3, stagger=True)
    roll(env, actions(env, 5))
    assert torch.equal(env.reset(seeds(2)), few.reset(seeds(2)))
    assert env.num_envs == 2
    for action in actions(few, 8):
        assert same(env.step(action), few.step(action), [0, 1], [0, 1])
    assert env.reset(seeds(4)).shape == (4, env.observation_size)
    assert env.step(torch.zeros(4, env.action_size)).true_score.shape == (4,)


def test_signals_match_their_table(task: Task):
    env = task.make(N, 1)
    env.reset(seeds())
    for step in roll(env, actions(env, task.horizon)):
        assert not step.unstable.any()
        assert set(step.signals) == {signal.name for signal in task.signals}
        for signal in task.signals:
            value = step.signals[signal.name]
            assert value.shape == (N, *signal.shape), signal.name
            assert value.dtype == torch.float32
            assert value.min() >= signal.low, signal.name
            assert value.max() <= signal.high, signal.name
            if signal.unit == "quat":
                assert torch.allclose(value.norm(dim=-1), torch.ones(N), atol=1e-4)


def test_observation_has_its_declared_size(task: Task):
    env = task.make(N, 1)
    assert env.reset(seeds()).shape == (N, env.observation_size)
    step = env.step(torch.zeros(N, env.action_size))
    assert step.observation.shape == (N, env.observation_size)
    assert step.observation.dtype == torch.float32


def test_velocities_are_the_derivatives_of_positions(task: Task):
    """An independent look at the meaning of the signals: over a control step, positions change by the mean velocity."""
    env = task.make(N, 1)
    env.reset(seeds())
    steps = roll(env, 0.3 * actions(env, 1).expand(12, -1, -1))[4:]
    pairs = [(signal.name, velocity) for signal in task.signals for velocity in _velocities(task, signal.name)]
    assert pairs
    for position, velocity in pairs:
        pos = torch.stack([step.signals[position].view(N, -1) for step in steps])
        vel = torch.stack([step.signals[velocity].view(N, -1) for step in steps])
        change, mean = pos.diff(dim=0) / task.control_dt, (vel[1:] + vel[:-1]) / 2
        fits = (change - mean).abs() <= 0.1 + 0.3 * mean.abs()
        assert fits.float().mean() > 0.8, f"{velocity} is not the derivative of {position}"


def _velocities(task: Task, position: str) -> list[str]:
    names = {signal.name for signal in task.signals}
    stem = position.removesuffix("_pos").removesuffix("_angle").removesuffix("_opening")
    return [name for name in (f"{stem}_lin_vel", f"{stem}_vel") if name in names and name != position]


def test_success_is_false_at_reset(task: Task):
    env = task.make(500, 2)
    env.reset(seeds(500))
    step = env.step(torch.zeros(500, env.action_size))
    assert not step.success.any()


def test_true_score_is_success_or_a_metric(task: Task):
    env = task.make(N, 1)
    env.reset(seeds())
    step = env.step(torch.zeros(N, env.action_size))
    assert step.true_score.shape == (N,)
    assert step.true_score.dtype == torch.float32
    if not task.success_rule.startswith("metric: "):
        assert torch.equal(step.true_score, step.success.float())


def test_signals_do_not_reveal_success(task: Task):
    assert not any(word in signal.name for signal in task.signals for word in ("success", "score", "reward", "done"))


def test_episodes_end_once_at_the_horizon_or_before_and_start_elsewhere(task: Task):
    """Truncation is the horizon and nothing else; an episode that ends earlier, ended by itself."""
    env = task.make(N, 1)
    start = env.reset(seeds())
    age = torch.zeros(N, dtype=torch.int64)
    observed = []
    for step in roll(env, torch.zeros(task.horizon, N, env.action_size)):
        age += 1
        assert torch.equal(step.truncated, (age == task.horizon) & ~step.terminated)
        age[step.truncated | step.terminated] = 0
        observed.append(step.observation)
    ended = age < task.horizon
    assert ended.all()
    assert not torch.equal(observed[-1], start)


def test_staggered_episodes_end_at_different_times(task: Task):
    env = task.make(64, 1)
    env.reset(seeds(64), stagger=True)
    steps = roll(env, torch.zeros(task.horizon, 64, env.action_size))
    ends = torch.stack([step.truncated | step.terminated for step in steps])
    assert ends.any(dim=0).all()
    assert torch.stack([step.truncated for step in steps]).sum(dim=1).max() < 16
    if not any(step.terminated.any() for step in steps):
        assert ends.sum(dim=0).tolist() == [1] * 64


def test_actions_beyond_the_range_are_clipped(task: Task):
    big, one = task.make(1, 1), task.make(1, 1)
    big.reset(seeds(1))
    one.reset(seeds(1))
    a = big.step(torch.full((1, big.action_size), 50.0))
    b = one.step(torch.full((1, one.action_size), 1.0))
    assert torch.equal(a.observation, b.observation)
    assert a.signals["actions"].max() == 1.0


def test_a_broken_world_is_reset_counted_and_alone(task: Task):
    healthy, broken = task.make(3, 1), task.make(3, 1)
    healthy.reset(seeds(3))
    broken.reset(seeds(3))
    broken._sim["qpos"][1, 0] = float("nan")  # pyright: ignore[reportAttributeAccessIssue]
    still = torch.zeros(3, healthy.action_size)
    expected, step = healthy.step(still), broken.step(still)
    assert step.unstable.tolist() == [False, True, False]
    assert step.terminated.tolist() == [False, True, False]
    assert not step.truncated.any()
    assert all(value.isfinite().all() for value in step.signals.values())
    assert step.observation.isfinite().all()
    assert torch.equal(step.observation[[0, 2]], expected.observation[[0, 2]])
    assert not broken.step(still).unstable.any()


def test_the_simulator_is_out_of_reach_of_a_reward(task: Task):
    """Writing to every signal of a step changes nothing in the next one."""
    touched, untouched = task.make(2, 1), task.make(2, 1)
    touched.reset(seeds(2))
    untouched.reset(seeds(2))
    still = torch.zeros(2, touched.action_size)
    for value in touched.step(still).signals.values():
        value.fill_(123.0)
    untouched.step(still)
    assert torch.equal(touched.step(still).observation, untouched.step(still).observation)


@pytest.mark.slow
def test_the_human_reward_is_acceptable(task: Task, guard: Guard):
    assert guard.check(task.human_reward, task).text == "accepted"


@pytest.mark.parametrize("trainer", TRAINERS.names())
@pytest.mark.parametrize("device", get_args(Device))
def test_presets_name_settings_of_their_trainer(task: Task, trainer: str, device: Device):
    preset = preset_settings(TRAINERS.load(trainer).Settings, task, trainer, device)
    assert preset.device == device
    assert preset.env_steps >= preset.epoch_steps


def test_a_trainer_that_a_task_does_not_know_keeps_its_defaults(task: Task):
    assert task.preset("somebody's own", "cpu") == {}


def test_minibatches_of_the_preset_are_whole(task: Task):
    assert preset_of(task).envs % preset_of(task).minibatches == 0
