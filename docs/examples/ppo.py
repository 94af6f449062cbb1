"""PPO in one file, in the manner of CleanRL: a policy on a found reward, in plain torch.

    python docs/examples/ppo.py franka-push --reward runs/push/candidates/c003/reward.py

The reward is what it learns from; what it prints is the task's success, which no reward sees.
"""

from __future__ import annotations

import argparse

import gymnasium
import numpy as np
import torch
from gymnasium.vector import VectorEnv
from gymnasium.wrappers.vector import NormalizeReward
from torch import Tensor, nn

ROLLOUT, EPOCHS, MINIBATCHES, DISCOUNT, GAE, CLIP, RATE = 24, 4, 4, 0.97, 0.95, 0.2, 1e-3
Batch = tuple[Tensor, ...]  # observations, actions, log-probabilities, advantages, returns


class Agent(nn.Module):
    """Two small networks over observations that are brought to mean 0 and deviation 1."""

    def __init__(self, inputs: int, actions: int) -> None:
        super().__init__()
        self.mean, self.square, self.count = torch.zeros(inputs), torch.ones(inputs), 1e-4
        self.policy, self.value = layers(inputs, actions, 0.01), layers(inputs, 1, 1.0)
        self.log_std = nn.Parameter(torch.full((actions,), -0.5))

    def look(self, seen: Tensor) -> None:
        """Take a batch of observations into mean and deviation."""
        self.count += len(seen)
        self.mean += (seen.mean(0) - self.mean) * len(seen) / self.count
        self.square += (seen.square().mean(0) - self.square) * len(seen) / self.count

    def forward(self, seen: Tensor) -> tuple[torch.distributions.Normal, Tensor]:
        """The policy and the value at some observations, ``(n, inputs)``."""
        deviation = (self.square - self.mean.square()).clamp(min=1e-6).sqrt()
        scaled = ((seen - self.mean) / deviation).clamp(-10.0, 10.0)
        return torch.distributions.Normal(self.policy(scaled), self.log_std.exp()), self.value(scaled)[:, 0]


def layers(inputs: int, outputs: int, gain: float) -> nn.Sequential:
    """Two hidden layers."""
    last = nn.Linear(128, outputs)
    nn.init.orthogonal_(last.weight, gain)
    return nn.Sequential(nn.Linear(inputs, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), last)


def improve(agent: Agent, optimizer: torch.optim.Optimizer, batch: Batch) -> None:
    """Some epochs of PPO."""
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(batch[0])).chunk(MINIBATCHES):
            seen, acted, before, advantage, returns = (part[rows] for part in batch)
            policy, value = agent(seen)
            ratio = (policy.log_prob(acted).sum(1) - before).exp()
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            gain = torch.min(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage).mean()
            loss = (value - returns).square().mean() - gain
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 1.0)
            optimizer.step()


def collect(envs: VectorEnv, agent: Agent, seen: Tensor, scores: list[float]) -> tuple[Batch, Tensor]:
    """Play a rollout: the batch to learn from, and where the environments stand after it."""
    rows: list[tuple[Tensor, ...]] = []
    for _ in range(ROLLOUT):
        policy, value = agent(seen)
        action = policy.sample()
        observation, reward, terminated, truncated, infos = envs.step(action.numpy())
        ended, after = terminated | truncated, observation.copy()
        if ended.any():  # the observation is a new start there; what ended is in the infos
            after[ended] = np.stack(infos["final_obs"][ended])
            scores += infos["final_info"]["true_score"][ended].tolist()
        worth = agent(torch.from_numpy(after))[1] * torch.from_numpy(~terminated)
        target = torch.from_numpy(reward).float() + DISCOUNT * worth
        rows.append((seen, action, policy.log_prob(action).sum(1), value, target, torch.from_numpy(~ended)))
        seen = torch.from_numpy(observation)
    seens, actions, logs, values, targets, going = map(torch.stack, zip(*rows, strict=True))
    advantages, later = torch.zeros_like(values), torch.zeros(envs.num_envs)
    for step in reversed(range(ROLLOUT)):
        advantages[step] = later = targets[step] - values[step] + DISCOUNT * GAE * going[step] * later
    batch = seens, actions, logs, advantages, advantages + values
    return tuple(part.flatten(0, 1) for part in batch), seen


def train(task: str, reward: str, steps: int, num_envs: int = 256, seed: int = 0) -> tuple[Agent, float]:
    """Train a policy; the mean true score of its last thousand training episodes comes with it."""
    torch.manual_seed(seed)
    envs = gymnasium.make_vec(f"rewardsmith.gym:rewardsmith/{task}-v0", num_envs=num_envs, reward=reward)
    envs = NormalizeReward(envs, gamma=DISCOUNT)
    observation, _ = envs.reset(seed=seed)
    agent = Agent(observation.shape[1], envs.action_space.sample().shape[1])
    optimizer = torch.optim.Adam(agent.parameters(), RATE, eps=1e-5)
    seen, scores = torch.from_numpy(observation), list[float]()
    updates = max(1, steps // (num_envs * ROLLOUT))
    for update in range(updates):
        with torch.no_grad():
            batch, seen = collect(envs, agent, seen, scores)
        improve(agent, optimizer, batch)
        agent.look(batch[0])
        if scores and (update % 10 == 9 or update == updates - 1):
            done = (update + 1) * num_envs * ROLLOUT
            print(f"{done:>9,} steps: true score {np.mean(scores[-1000:]):.3f}")
    envs.close()
    return agent, float(np.mean(scores[-1000:])) if scores else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("task")
    parser.add_argument("--reward", default="human", help="sparse, human, native or a file with a program")
    parser.add_argument("--steps", type=int, default=800_000)
    given = parser.parse_args()
    train(given.task, given.reward, given.steps)
