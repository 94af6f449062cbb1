"""Stable-Baselines3's PPO on a found reward; pip install stable-baselines3.

    python docs/examples/ppo_sb3.py franka-push --reward runs/push/candidates/c003/reward.py

Stable-Baselines3 has vector environments of its own kind, so all that is here is a bridge to them.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecMonitor, VecNormalize


class Bridge(VecEnv):
    """A task's environments, in one simulation, as Stable-Baselines3 wants them."""

    def __init__(self, task: str, num_envs: int, reward: str) -> None:
        """Make them; ``reward`` is ``sparse``, ``human``, ``native`` or a file with a program."""
        name = f"rewardsmith.gym:rewardsmith/{task}-v0"
        self.envs = gymnasium.make_vec(name, num_envs=num_envs, reward=reward)
        super().__init__(num_envs, self.envs.single_observation_space, self.envs.single_action_space)
        self.actions: NDArray[np.float32] = np.zeros(self.envs.action_space.shape or (), np.float32)

    def reset(self) -> NDArray[np.float32]:
        """Start all episodes, on the seeds that ``seed`` gave, if it was called."""
        seeds = list(self._seeds)
        given = None if None in seeds else seeds
        observations, _ = self.envs.reset(seed=given)  # pyright: ignore[reportArgumentType]
        self._reset_seeds()
        return observations

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Take the actions of the next step."""
        self.actions = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[np.bool_], list[dict[str, Any]]]:
        """Make the step; the end of an episode is told in its infos."""
        observations, rewards, terminated, truncated, infos = self.envs.step(self.actions)
        ended = terminated | truncated
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for row in np.flatnonzero(ended):
            told[row] = {
                "terminal_observation": infos["final_obs"][row],
                "TimeLimit.truncated": bool(truncated[row]),
                "is_success": bool(infos["success"][row]),
            }
        return observations, rewards, ended, told

    def close(self) -> None:
        """Give back what the simulation holds."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same for all: there is one simulation."""
        return [getattr(self.envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not for single rows of one simulation."""
        raise NotImplementedError("one simulation holds all environments")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Not for single rows of one simulation."""
        raise NotImplementedError("one simulation holds all environments")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> Sequence[bool]:
        """Nothing is."""
        return [False] * len(list(self._get_indices(indices)))


def train(task: str, reward: str, steps: int, num_envs: int = 256, seed: int = 0) -> tuple[PPO, float]:
    """Train a policy; the success of its last training episodes comes with it."""
    envs = VecNormalize(VecMonitor(Bridge(task, num_envs, reward)), gamma=0.97)
    model = PPO(
        "MlpPolicy", envs, learning_rate=1e-3, n_steps=24, batch_size=6 * num_envs, n_epochs=4, gamma=0.97,
        policy_kwargs={"net_arch": [128, 128], "log_std_init": -0.5}, stats_window_size=1000,
        seed=seed, device="cpu", verbose=1,
    )  # fmt: skip
    model.learn(steps, log_interval=10)
    success = float(np.mean(model.ep_success_buffer)) if model.ep_success_buffer else 0.0
    envs.close()
    return model, success


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("task")
    parser.add_argument("--reward", default="human", help="sparse, human, native or a file with a program")
    parser.add_argument("--steps", type=int, default=800_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(f"success: {train(given.task, given.reward, given.steps, seed=given.seed)[1]:.3f}")
