"""The same for vector environments, with each way of starting episodes anew."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardsmith.contracts import Signal, Task
from rewardsmith.errors import UsageError
from rewardsmith.gym import ProxyReward, TaskEnv, TaskVectorEnv, VectorProxyReward
from rewardsmith.gym.vector_proxy import VectorReader
from tests.unit.gym.test_proxy_reward import ACTIONS, AGE, BEFORE, PLACE, PROGRAM, SIGNALS, Walk

LENGTHS = (2, 3, 9)
"""Steps of an episode of each environment."""


class Short(Walk):
    def __init__(self, steps: int, dictionary: bool) -> None:
        super().__init__()
        self.steps, self.dictionary = steps, dictionary
        if dictionary:
            self.observation_space = gymnasium.spaces.Dict({"place": self.observation_space})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        observation, _ = super().reset(seed=seed)
        return self.seen(observation), {"age": 0}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Any]:
        observation, reward, _, _, info = super().step(action)
        return self.seen(observation), reward, self.age == self.steps, False, info

    def seen(self, observation: Any) -> Any:
        return {"place": observation} if self.dictionary else observation


def rewarded(mode: AutoresetMode, dictionary: bool = False) -> VectorProxyReward:
    envs = SyncVectorEnv(
        [lambda steps=steps: Short(steps, dictionary) for steps in LENGTHS], autoreset_mode=mode
    )
    signals: dict[Signal, VectorReader] = {
        PLACE: lambda env, obs, infos: obs["place"] if dictionary else obs,
        AGE: lambda env, obs, infos: infos["age"],
        ACTIONS: lambda env, obs, infos: env.action,
        BEFORE: lambda env, obs, infos: env.previous_action,
    }
    return VectorProxyReward(envs, PROGRAM, signals)


def one_by_one(actions: np.ndarray[Any, Any], starts_take_a_step: bool) -> np.ndarray[Any, Any]:
    """The rewards of each environment in the wrapper for one."""
    columns = []
    for number, steps in enumerate(LENGTHS):
        env, rewards, over = ProxyReward(Short(steps, False), PROGRAM, SIGNALS), [], True
        for action in actions[:, number]:
            if over:
                env.reset()
                over = False
                if starts_take_a_step and rewards:
                    rewards.append(0.0)
                    continue
            _, reward, over, _, _ = env.step(action)
            rewards.append(reward)
        columns.append(rewards)
    return np.array(columns, np.float32).T


@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_rewards_are_those_of_the_single_wrapper(mode: AutoresetMode, dictionary: bool):
    env = rewarded(mode, dictionary)
    actions = np.random.default_rng(0).uniform(-1, 1, (12, len(LENGTHS), 1)).astype(np.float32)
    for _ in range(2):
        env.reset(seed=0)
        steps = [env.step(action) for action in actions]
        expected = one_by_one(actions, mode == AutoresetMode.NEXT_STEP)
        np.testing.assert_allclose([step[1] for step in steps], expected, rtol=1e-5)
        assert steps[0][1].dtype == np.float32
        assert steps[0][4]["original_reward"].tolist() == [7.0] * len(LENGTHS)
        assert steps[0][4]["_original_reward"].all()


def test_episodes_that_the_user_starts_anew():
    env = rewarded(AutoresetMode.DISABLED)
    actions = np.random.default_rng(0).uniform(-1, 1, (12, len(LENGTHS), 1)).astype(np.float32)
    env.reset(seed=0)
    rewards = []
    for action in actions:
        _, reward, terminated, _, _ = env.step(action)
        rewards.append(reward)
        if terminated.any():
            env.reset(options={"reset_mask": terminated.copy()})
    np.testing.assert_allclose(rewards, one_by_one(actions, False), rtol=1e-5)


def test_with_a_tasks_own_signals_it_is_the_tasks_own_reward(push: Task):
    """Ends of episodes included, to the bit: signals are those of the end there."""
    signals: dict[Signal, VectorReader] = {
        signal: lambda env, obs, infos, name=signal.name: infos["signals"][name] for signal in push.signals
    }
    outside = VectorProxyReward(TaskVectorEnv(push, num_envs=2, signals=True), push.human_reward, signals)
    inside, chance = TaskVectorEnv(push, "human", 2), np.random.default_rng(0)
    np.testing.assert_array_equal(outside.reset(seed=3)[0], inside.reset(seed=3)[0])
    for _ in range(push.horizon + 2):
        actions = chance.uniform(-1, 1, (2, 3)).astype(np.float32)
        np.testing.assert_array_equal(outside.step(actions)[1], inside.step(actions)[1])


def test_a_reader_gives_a_row_for_each_environment(push: Task):
    envs = SyncVectorEnv([lambda: TaskEnv(push)] * 2)
    cube = next(signal for signal in push.signals if signal.name == "cube_pos")
    program = "\ndef compute_reward(cube_pos):\n    a = cube_pos[:, 0]\n    return a, {'a': a}\n"
    env = VectorProxyReward(envs, program, {cube: lambda env, obs, infos: np.zeros(3)})
    env.reset()
    with pytest.raises(UsageError, match=r"'cube_pos' gave the shape \(3,\); give \(2, 3\)"):
        env.step(np.zeros((2, 3), np.float32))
