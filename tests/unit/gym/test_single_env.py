"""One environment of a task, as Gymnasium has it."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.gym import TaskEnv
from tests.point import POINT, Point
from tests.unit.gym.conftest import PROGRESS

RIGHT = np.ones(1, np.float32)


@pytest.mark.filterwarnings("ignore:.*observation space m.* value is:UserWarning")
@pytest.mark.parametrize("task", ["franka-reach", "franka-push", "cartpole", "ant"])
@pytest.mark.parametrize("reward", ["sparse", "human"])
def test_gymnasium_finds_no_fault_but_unbounded_observations(task: str, reward: str):
    env = gymnasium.make(f"rewardsmith.gym:rewardsmith/{task}-v0", reward=reward, signals=True)
    check_env(env.unwrapped, skip_render_check=True)


@pytest.mark.filterwarnings("ignore:.*observation space m.* value is:UserWarning")
def test_gymnasium_finds_no_fault_with_pictures(opengl: None):
    env = gymnasium.make("rewardsmith.gym:rewardsmith/franka-reach-v0", render_mode="rgb_array", width=64)
    check_env(env.unwrapped)


def test_an_episode_ends_with_its_last_observation_and_does_not_start_anew():
    env = TaskEnv(POINT, signals=True)
    first, info = env.reset(seed=3)
    assert info == {}
    steps = [env.step(RIGHT) for _ in range(POINT.horizon)]
    assert [step[2:4] for step in steps] == [(False, False)] * (POINT.horizon - 1) + [(False, True)]
    _, reward, _, _, info = steps[-1]
    moved = np.array([first[0], *(step[0][0] for step in steps)])
    np.testing.assert_allclose(np.diff(moved), 0.1, atol=1e-6)  # the last as any other: 1 m/s for 0.1 s
    assert info["signals"]["tool_pos"] == moved[-1]
    assert info["success"] == (abs(moved[-1] - first[1]) < 0.05)
    assert reward == info["true_score"] == float(info["success"])
    with pytest.raises(ResetNeeded, match=r"Call reset\(\)"):
        env.step(RIGHT)
    env.reset()
    env.step(RIGHT)


def test_the_same_seed_gives_the_same_starts_and_none_gives_others():
    env, again = TaskEnv(POINT), TaskEnv(POINT)
    starts = [env.reset(seed=5)[0], env.reset()[0], env.reset()[0]]
    repeated = [again.reset(seed=5)[0], again.reset()[0], again.reset()[0]]
    np.testing.assert_array_equal(starts, repeated)
    assert len({tuple(start) for start in [*starts, env.reset(seed=6)[0]]}) == 4
    assert tuple(TaskEnv(POINT).reset()[0]) != tuple(TaskEnv(POINT).reset()[0])


def test_the_human_reward_is_what_its_program_says():
    env = TaskEnv(POINT, reward="human")
    env.reset(seed=0)
    observation, reward, *_ = env.step(RIGHT)
    assert reward == pytest.approx(-abs(observation[0] - observation[1]), abs=1e-6)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_program_reads_the_past_of_its_own_episode(as_text: bool, tmp_path: Path):
    """The present at the first step; then 0.1 m farther off at every step."""
    (tmp_path / "progress.py").write_text(PROGRESS, encoding="utf-8")
    env = TaskEnv(POINT, PROGRESS if as_text else tmp_path / "progress.py")
    for _ in range(2):
        env.reset()
        rewards = [env.step(-RIGHT)[1] for _ in range(3)]
        assert rewards == pytest.approx([0.0, -0.1 - 1.0, -0.1 - 2.0], abs=1e-5)


def test_what_a_reward_may_not_be(tmp_path: Path):
    with pytest.raises(UsageError, match=r"no reward 'humn'\. Give reward='sparse', 'human' or 'native'"):
        TaskEnv(POINT, "humn")
    with pytest.raises(UsageError, match="point has no native reward"):
        TaskEnv(POINT, "native")
    without = Point()
    without.human_reward = ""
    with pytest.raises(UsageError, match="point has no human reward"):
        TaskEnv(without, "human")
    with pytest.raises(UsageError, match=r"is refused: .*cube_pos"):
        TaskEnv(POINT, PROGRESS.replace("tool_pos", "cube_pos"))
    with pytest.raises(UsageError, match="unknown task 'pont'"):
        TaskEnv("pont")
    with pytest.raises(UsageError, match="render_mode is 'human'"):
        TaskEnv(POINT, render_mode="human")


def test_a_hostile_file_is_refused_and_nothing_of_it_runs(hostile: tuple[Path, Path]):
    file, trace = hostile
    with pytest.raises(UsageError, match="is refused"):
        TaskEnv(POINT, file)
    assert not trace.exists()


def test_an_action_of_another_shape_is_refused():
    env = TaskEnv(POINT)
    env.reset(seed=0)
    with pytest.raises(UsageError, match=r"shape \(1, 3\); give \(1, 1\)"):
        env.step(np.zeros(3, np.float32))


def test_pictures(opengl: None, reach: Task):
    """The last one again after an end: the simulation stands at another start."""
    env = TaskEnv(reach, render_mode="rgb_array", width=64, height=48)
    assert env.metadata["render_fps"] == round(1 / reach.control_dt)
    env.reset(seed=0)
    start = env.render()
    assert start is not None
    assert (start.shape, start.dtype) == ((48, 64, 3), np.uint8)
    for _ in range(reach.horizon - 1):
        env.step(np.ones(3, np.float32))
    before = env.render()
    assert (start != before).any()
    assert env.step(np.ones(3, np.float32))[3]
    np.testing.assert_array_equal(env.render(), before)
    assert TaskEnv(POINT).render() is None


def test_it_is_the_task_to_the_bit(reach: Task):
    """A single environment and one row of the task's own simulation, on the same stream."""
    from rewardsmith.training.streams import environment_seeds

    env, raw = TaskEnv(reach), reach.make(2, 1)
    ours, _ = env.reset(seed=7)
    theirs = raw.reset(environment_seeds("gymnasium", [6, 7], 1))
    np.testing.assert_array_equal(ours, theirs[1])
    chance = torch.Generator().manual_seed(0)
    for _ in range(reach.horizon):
        actions = torch.rand((2, 3), generator=chance) * 2 - 1
        ours, reward, _, truncated, _ = env.step(actions[1].numpy())
        step = raw.step(actions)
        np.testing.assert_array_equal(ours, step.final_observation[1])
        assert (reward, truncated) == (float(step.sparse[1]), bool(step.truncated[1]))
