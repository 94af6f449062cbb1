"""Many environments of a task, as Gymnasium has them."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from rewardsmith.contracts import Capabilities, Step, Task
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.gym import TaskEnv, TaskVectorEnv
from rewardsmith.reward.past import Past
from rewardsmith.training.streams import environment_seeds
from tests.point import POINT, Point, PointEnv
from tests.unit.gym.conftest import PROGRESS, compiled

N = 3
RIGHT = np.ones((N, 1), np.float32)
FAR = "\ndef compute_reward(goal_pos):\n    far = {}\n    return far, {{'far': far}}\n"


class NativePointEnv(PointEnv):
    def step(self, actions: torch.Tensor) -> Step:
        step = super().step(actions)
        return Step(**{**vars(step), "native": step.signals["tool_pos"][:, 0].double()})


class NativePoint(Point):
    capabilities = Capabilities(native="where the point is; success is not in it")
    env = NativePointEnv


def assert_alike(ours: Any, theirs: Any, where: str = "infos") -> None:
    """All that Gymnasium's own vector environment tells, ours tells alike."""
    if isinstance(theirs, dict):
        for name, value in theirs.items():
            assert_alike(ours[name], value, f"{where}[{name!r}]")
    elif theirs.dtype == np.object_:
        for one, other in zip(ours, theirs, strict=True):
            assert (one is None) == (other is None), where
            np.testing.assert_array_equal(one, other, where)
    else:
        assert ours.dtype.kind == theirs.dtype.kind, where
        np.testing.assert_array_equal(ours, theirs.astype(ours.dtype), where)


def test_episodes_start_anew_in_the_same_step_as_in_gymnasiums_own():
    """Up to the last step of the first episode and with it, one by one, to the bit."""
    ours = TaskVectorEnv(POINT, "human", N, signals=True)
    theirs = SyncVectorEnv(
        [lambda: TaskEnv(POINT, "human", signals=True)] * N, autoreset_mode=AutoresetMode.SAME_STEP
    )
    assert ours.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    for space in ("observation_space", "action_space", "single_observation_space", "single_action_space"):
        assert getattr(ours, space) == getattr(theirs, space)
    np.testing.assert_array_equal(ours.reset(seed=4)[0], theirs.reset(seed=4)[0])
    for number in range(1, POINT.horizon + 1):
        actions = np.full((N, 1), 0.1 * (number % 5), np.float32)
        mine, other = ours.step(actions), theirs.step(actions)
        for one, two in zip(mine[1:4], other[1:4], strict=True):
            np.testing.assert_array_equal(one, two.astype(one.dtype))
        assert (mine[1].dtype, mine[2].dtype) == (np.float32, np.bool_)
        assert_alike(mine[4], other[4])
        if number < POINT.horizon:
            np.testing.assert_array_equal(mine[0], other[0])
            assert "final_obs" not in mine[4]
        assert mine[3].all() == (number == POINT.horizon)


def test_the_end_of_an_episode_by_hand():
    env = TaskVectorEnv(POINT, num_envs=N)
    env.reset(seed=0)
    before = [env.step(RIGHT) for _ in range(POINT.horizon - 1)]
    assert not any(step[3].any() for step in before)
    after, rewards, terminated, truncated, infos = env.step(RIGHT)
    assert truncated.all()
    assert not terminated.any()
    final = np.stack(infos["final_obs"])
    np.testing.assert_allclose(final[:, 0], before[-1][0][:, 0] + 0.1, atol=1e-6)
    np.testing.assert_array_equal(final[:, 1], before[-1][0][:, 1])
    assert (after[:, 0] < 0.5).all()  # at a start
    met = np.abs(final[:, 0] - final[:, 1]) < 0.05
    for told in (infos, infos["final_info"]):
        np.testing.assert_array_equal(told["success"], met)
        np.testing.assert_array_equal(told["true_score"], met)
    np.testing.assert_array_equal(rewards, met)


def test_only_episodes_that_ended_have_final_observations():
    class Early(PointEnv):
        def reset(self, seeds: torch.Tensor, *, stagger: bool = False) -> torch.Tensor:
            first = super().reset(seeds)
            self.state["age"] = torch.arange(N)
            return first

    class Odd(Point):
        env = Early

    env = TaskVectorEnv(Odd(), num_envs=N)
    env.reset(seed=0)
    *_, infos = [env.step(RIGHT) for _ in range(POINT.horizon - 2)][-1]
    assert infos["_final_obs"].tolist() == infos["_final_info"].tolist() == [False, False, True]
    assert [final is None for final in infos["final_obs"]] == [True, True, False]
    assert infos["final_info"]["_success"].tolist() == [False, False, True]
    assert infos["_success"].all()


def test_seeds():
    one, two = TaskVectorEnv(POINT, num_envs=N), TaskVectorEnv(POINT, num_envs=N)
    starts = [one.reset(seed=5)[0], one.reset()[0], one.reset()[0]]
    np.testing.assert_array_equal(starts, [two.reset(seed=5)[0], two.reset()[0], two.reset()[0]])
    assert len({tuple(row) for start in starts for row in start}) == 3 * N
    np.testing.assert_array_equal(two.reset(seed=[5, 6, 7])[0], starts[0])
    np.testing.assert_array_equal(two.reset(seed=np.int64(5))[0], starts[0])  # pyright: ignore[reportArgumentType]
    np.testing.assert_array_equal(TaskEnv(POINT).reset(seed=6)[0], starts[0][1])
    listed = [one.reset(seed=[9, 1, 9])[0], one.reset()[0]]
    np.testing.assert_array_equal(listed, [two.reset(seed=[9, 1, 9])[0], two.reset()[0]])
    np.testing.assert_array_equal(listed[0][0], listed[0][2])
    with pytest.raises(UsageError, match="2 seeds for 3 environments"):
        one.reset(seed=[1, 2])
    assert (TaskVectorEnv(POINT, num_envs=N).reset()[0] != TaskVectorEnv(POINT, num_envs=N).reset()[0]).all()


def test_a_mask_is_refused_in_words():
    env = TaskVectorEnv(POINT, num_envs=N)
    env.reset(seed=0, options={})
    with pytest.raises(UsageError, match="Leave it out to reset all"):
        env.reset(options={"reset_mask": np.ones(N, np.bool_)})


def test_it_is_the_task_to_the_bit(push: Task):
    """Over two episodes: observations, rewards of a program, signals, and what ended."""
    env = gymnasium.make_vec(
        "rewardsmith.gym:rewardsmith/franka-push-v0", num_envs=N, reward="human", signals=True
    )
    raw, program = push.make(N, 1), compiled(push.human_reward, push)
    first, _ = env.reset(seed=11)
    np.testing.assert_array_equal(first, raw.reset(environment_seeds("gymnasium", [11, 12, 13], 1)))
    chance = torch.Generator().manual_seed(0)
    for _ in range(2 * push.horizon):
        actions = torch.rand((N, 3), generator=chance) * 2 - 1
        observation, reward, terminated, truncated, infos = env.step(actions.numpy())
        step = raw.step(actions)
        np.testing.assert_array_equal(observation, step.observation)
        np.testing.assert_array_equal(reward, program(step.signals)[0])
        np.testing.assert_array_equal(terminated, step.terminated)
        np.testing.assert_array_equal(truncated, step.truncated)
        np.testing.assert_array_equal(infos["success"], step.success)
        np.testing.assert_array_equal(infos["signals"]["cube_pos"], step.signals["cube_pos"])
        if truncated.any():
            np.testing.assert_array_equal(np.stack(infos["final_obs"]), step.final_observation)


def test_a_program_reads_the_past_of_each_episode_as_in_training():
    env, raw, past = TaskVectorEnv(POINT, PROGRESS, N), POINT.make(N, 1), Past()
    env.reset(seed=0)
    raw.reset(environment_seeds("gymnasium", range(N), 1))
    program, first = compiled(PROGRESS, POINT), torch.ones(N, dtype=torch.bool)
    for _ in range(2 * POINT.horizon + 1):
        _, reward, _, truncated, _ = env.step(RIGHT)
        step = raw.step(torch.ones(N, 1))
        expected, _ = program(past.read(program.parameters, step.signals, first))
        np.testing.assert_array_equal(reward, expected)
        assert not first.any() or not reward.any()
        first = torch.from_numpy(truncated)


def test_a_native_reward_is_the_steps():
    env = TaskVectorEnv(NativePoint(), "native", N, signals=True)
    env.reset(seed=0)
    _, rewards, *_, infos = env.step(RIGHT)
    assert rewards.dtype == np.float32
    np.testing.assert_array_equal(rewards, infos["signals"]["tool_pos"][:, 0])


def test_a_reward_that_is_no_number_ends_it():
    env = TaskVectorEnv(POINT, FAR.format("torch.log(goal_pos[:, 0] - 9.0)"), N)
    env.reset(seed=0)
    with pytest.raises(RewardsmithError, match=r"the reward program became nan in environment 0\. Bound"):
        env.step(RIGHT)


def test_a_reward_of_another_shape_is_refused():
    with pytest.raises(UsageError, match="sum without dim takes all environments together"):
        TaskVectorEnv(POINT, FAR.format("goal_pos.sum()"), N)
    env = TaskVectorEnv(POINT, FAR.format("goal_pos"), N)
    env.reset(seed=0)
    with pytest.raises(RewardsmithError, match=r"a total of shape \(3, 1\) for 3 environments, not \(3,\)"):
        env.step(RIGHT)


def test_what_it_gives_is_the_users():
    """Nothing that was given changes later, and nothing that the user writes into it comes back."""
    env, untouched = TaskVectorEnv(POINT, "human", N, signals=True), TaskVectorEnv(POINT, "human", N)
    kept, _ = env.reset(seed=0)
    untouched.reset(seed=0)
    copy = kept.copy()
    for _ in range(3):
        given = env.step(RIGHT)
        given[0][:] = given[1][:] = given[4]["signals"]["tool_pos"][:] = 77.0
        given[2][:] = given[3][:] = True
        untouched.step(RIGHT)
    np.testing.assert_array_equal(kept, copy)
    np.testing.assert_array_equal(env.step(RIGHT)[0], untouched.step(RIGHT)[0])


def test_gymnasiums_statistics_count_its_episodes():
    env = RecordEpisodeStatistics(TaskVectorEnv(POINT, "human", N))
    env.reset(seed=0)
    *_, infos = [env.step(RIGHT) for _ in range(POINT.horizon)][-1]
    assert infos["episode"]["l"].tolist() == [POINT.horizon] * N


def test_pictures_of_all(opengl: None, reach: Task):
    env = TaskVectorEnv(reach, num_envs=2, render_mode="rgb_array", width=64, height=48)
    env.reset(seed=0)
    pictures = env.render()
    assert pictures is not None
    assert [picture.shape for picture in pictures] == [(48, 64, 3)] * 2
    assert (pictures[0] != pictures[1]).any()
    assert TaskVectorEnv(POINT).render() is None
    env.close()


def test_no_environments_are_refused():
    with pytest.raises(UsageError, match="num_envs is 0; give at least 1"):
        TaskVectorEnv(POINT, num_envs=0)
