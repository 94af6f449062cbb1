"""A reward program in the place of the reward of somebody's own environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from rewardsmith.contracts import Role, Signal, Task
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.gym import ProxyReward, TaskEnv
from rewardsmith.gym.proxy import Reader


class Walk(gymnasium.Env[Any, Any]):
    """A number that actions are added to; an episode has three steps, each worth 7."""

    def __init__(self) -> None:
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        super().reset(seed=seed)
        self.place, self.age = 0.0, 0
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Any]:
        self.place, self.age = self.place + float(action[0]), self.age + 1
        return np.array([self.place], np.float32), 7.0, False, self.age == 3, {"age": self.age}


PLACE = Signal("place", (1,), "m", "line", "where it is", Role.EFFECTOR, -10.0, 10.0)
AGE = Signal("age", (), "1", "line", "steps so far", Role.OBJECT, 0.0, 3.0)
ACTIONS = Signal("actions", (1,), "1", "policy", "the command", Role.ACTION, -1.0, 1.0)
BEFORE = Signal("previous_actions", (1,), "1", "policy", "the command before", Role.ACTION, -1.0, 1.0)
SIGNALS: dict[Signal, Reader] = {
    PLACE: lambda env, obs, info: [env.unwrapped.place],  # pyright: ignore[reportAttributeAccessIssue]
    AGE: lambda env, obs, info: info["age"],
    ACTIONS: lambda env, obs, info: env.action,
    BEFORE: lambda env, obs, info: env.previous_action,
}
PROGRAM = """
def compute_reward(place, previous_place, initial_place, age, actions, previous_actions):
    way = (place - previous_place)[:, 0] + 10.0 * (place - initial_place)[:, 0]
    effort = 100.0 * (actions - previous_actions)[:, 0]
    return way + effort + 1000.0 * age, {"way": way, "effort": effort}
"""


def test_rewards_by_hand_over_two_episodes():
    """Places 0.5, 0.25, 1.25; at an episode's first step the past is the present."""
    env = ProxyReward(Walk(), PROGRAM, SIGNALS)
    expected = [1000 + 0 + 0 + 50, 2000 - 0.25 - 2.5 - 75, 3000 + 1.0 + 7.5 + 125]
    for _ in range(2):
        env.reset(seed=0)
        steps = [env.step(np.array([action], np.float32)) for action in (0.5, -0.25, 1.0)]
        assert [step[1] for step in steps] == pytest.approx(expected)
        assert [step[4] for step in steps] == [{"age": age, "original_reward": 7.0} for age in (1, 2, 3)]
        assert [step[3] for step in steps] == [False, False, True]


def test_only_signals_that_the_program_reads_are_read(tmp_path: Path):
    def unread(env: Any, obs: Any, info: Any) -> Any:
        raise AssertionError("nobody asked for it")

    (tmp_path / "near.py").write_text(
        "def compute_reward(initial_place):\n    a = initial_place[:, 0]\n    return a, {'a': a}\n",
        encoding="utf-8",
    )
    env = ProxyReward(Walk(), tmp_path / "near.py", {**SIGNALS, AGE: unread})
    env.reset()
    assert [env.step(np.ones(1, np.float32))[1] for _ in range(2)] == [1.0, 1.0]


def test_with_a_tasks_own_signals_it_is_the_tasks_own_reward(push: Task):
    """The human reward around the sparse environment, and inside of it, to the bit."""
    signals: dict[Signal, Reader] = {
        signal: lambda env, obs, info, name=signal.name: info["signals"][name] for signal in push.signals
    }
    outside = ProxyReward(TaskEnv(push, signals=True), push.human_reward, signals)
    inside, chance = TaskEnv(push, "human"), np.random.default_rng(0)
    for _ in range(2):
        np.testing.assert_array_equal(outside.reset(seed=3)[0], inside.reset(seed=3)[0])
        truncated = False
        while not truncated:
            action = chance.uniform(-1, 1, 3).astype(np.float32)
            _, reward, _, truncated, info = outside.step(action)
            assert reward == inside.step(action)[1]
            assert info["original_reward"] == float(info["success"])


def test_what_is_wrong_is_said():
    with pytest.raises(UsageError, match=r"the reward program is refused: .*actions"):
        ProxyReward(Walk(), PROGRAM, {PLACE: SIGNALS[PLACE], AGE: SIGNALS[AGE]})
    with pytest.raises(UsageError, match="No such file"):
        ProxyReward(Walk(), "none.py", SIGNALS)
    twin = Signal("place", (), "m", "line", "the same again", Role.GOAL, 0.0, 1.0)
    with pytest.raises(UsageError, match="two signals 'place'"):
        ProxyReward(Walk(), PROGRAM, {**SIGNALS, twin: SIGNALS[AGE]})
    env = ProxyReward(Walk(), PROGRAM, {**SIGNALS, PLACE: lambda env, obs, info: env.action[0]})
    env.reset()
    with pytest.raises(UsageError, match=r"the reader of 'place' gave the shape \(\); give \(1,\)"):
        env.step(np.ones(1, np.float32))


def test_a_reward_that_is_no_number_ends_it():
    env = ProxyReward(Walk(), PROGRAM.replace("1000.0 * age", "torch.log(age - 2.0)"), SIGNALS)
    env.reset()
    with pytest.raises(RewardsmithError, match="the reward program became nan in environment 0"):
        env.step(np.ones(1, np.float32))


def test_a_hostile_file_is_refused_and_nothing_of_it_runs(hostile: tuple[Path, Path]):
    file, trace = hostile
    tool = Signal("tool_pos", (1,), "m", "line", "where it is", Role.EFFECTOR, -10.0, 10.0)
    with pytest.raises(UsageError, match="is refused"):
        ProxyReward(Walk(), file, {tool: SIGNALS[PLACE]})
    assert not trace.exists()


def test_gymnasiums_own_environments():
    """CartPole, whose actions are numbers."""
    position = Signal("cart_pos", (), "m", "world", "where the cart is", Role.EFFECTOR, -5.0, 5.0)
    push = Signal("actions", (), "1", "policy", "0 is to the left", Role.ACTION, 0.0, 1.0)
    signals: dict[Signal, Reader] = {
        position: lambda env, obs, info: obs[0],
        push: lambda env, obs, info: env.action,
    }
    program = "\ndef compute_reward(cart_pos, actions):\n    a = cart_pos + actions\n    return a, {'a': a}\n"
    env = ProxyReward(gymnasium.make("CartPole-v1"), program, signals)
    env.reset(seed=0)
    observation, reward, *_, info = env.step(1)
    assert reward == pytest.approx(observation[0] + 1.0)
    assert info["original_reward"] == 1.0
