"""The PPO update of all slots at once (Schulman et al. 2017, arXiv 1707.06347)."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.optimiser import SlotAdam
from rewardsmith.training.population.policy import StackedPolicy, log_probability
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.ppo import PpoSettings

BOUND, BOUND_WEIGHT = 1.1, 1e-4
"""Mean actions beyond the bound are pulled back, as rl-games' bounds loss does. The weight is that
of most of IsaacGymEnvs' configs (anymal has 1e-3); rl-games itself has no default."""


class PopulationLearner:
    """Turns experience and rewards into better policies. No statistic is shared between slots."""

    def __init__(self, policy: StackedPolicy, settings: PpoSettings) -> None:
        """Train ``policy`` in place."""
        self._policy = policy
        self._settings = settings
        self._returns = RunningNormaliser(len(policy.parameters), 1, policy.parameters.device)
        self.optimiser = SlotAdam(policy.parameters, settings.learning_rate, settings.max_grad_norm)

    def exchange(self, kept: Tensor, new: int) -> None:
        """Go on with the slots ``kept``, and start ``new`` ones behind them.

        The policy is exchanged by its owner.
        """
        self._returns.exchange(kept, new)
        self.optimiser.exchange(kept, new)

    def update(self, experience: Experience, rewards: Tensor) -> None:
        """Do all mini-epochs on one rollout.

        Args:
            experience: ``T`` steps of ``K`` slots with ``N`` environments.
            rewards: The proxy reward of every step, ``(T, K, N)``.
        """
        batch = self._prepare(experience, rewards)
        size = batch["action"].shape[1] // self._settings.minibatches
        for _ in range(self._settings.mini_epochs):
            moved = torch.zeros_like(self.optimiser.learning_rate[:, 0])
            for start in range(0, size * self._settings.minibatches, size):
                part = {name: whole[:, start : start + size] for name, whole in batch.items()}
                loss, mean, log_std = self._loss(part)
                # As rl-games measures it: from where the actor was when it last saw
                # these samples, not from where it acted.
                moved += _divergence(part["mean"], part["log_std"], mean, log_std)
                part["mean"].copy_(mean)
                part["log_std"].copy_(log_std.expand_as(mean))
                (gradient,) = torch.autograd.grad(loss, self._policy.parameters)
                self.optimiser.step(self._policy.parameters, gradient)
            self.optimiser.adapt(moved / self._settings.minibatches, self._settings.kl_target)

    @torch.no_grad()
    def _prepare(self, experience: Experience, rewards: Tensor) -> dict[str, Tensor]:
        """Flatten to ``(K, N * T, ...)``, environments first.

        Advantages and normalised returns come with it.
        """
        steps, slots, envs = rewards.shape
        observation = torch.cat((experience.observation, experience.last_observation[None]))
        flat = observation.transpose(0, 1).reshape(slots, (steps + 1) * envs, -1)
        value = (
            self._returns.restore(self._policy.value(flat)[..., None])
            .view(slots, steps + 1, envs)
            .transpose(0, 1)
        )
        # Time-outs are not failures: add what the critic expected from there on, as rl-games does.
        rewards = rewards + self._settings.discount * value[:-1] * experience.truncated
        advantage = generalised_advantage(
            rewards, value, experience.done, self._settings.discount, self._settings.gae_lambda
        )
        returns = _environments_first(advantage + value[:-1])
        self._returns.update(returns[..., None])
        log_std = self._policy.log_std().detach().clone()
        return {
            "observation": _environments_first(experience.observation),
            "action": _environments_first(experience.action),
            "mean": _environments_first(experience.mean),
            "log_std": log_std.expand(slots, envs * steps, -1).clone(),
            "log_probability": _environments_first(
                log_probability(experience.action, experience.mean, log_std)
            ),
            "advantage": _standardise(_environments_first(advantage)),
            "returns": self._returns.normalise(returns[..., None])[..., 0],
            "value": self._returns.normalise(_environments_first(value[:-1])[..., None])[..., 0],
        }

    def _loss(self, part: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """The summed loss of all slots, and the actor's present mean and log standard deviation."""
        mean, log_std = self._policy.mean(part["observation"]), self._policy.log_std()
        value = self._policy.value(part["observation"])
        ratio = (log_probability(part["action"], mean, log_std) - part["log_probability"]).exp()
        clipped = ratio.clamp(1.0 - self._settings.clip, 1.0 + self._settings.clip)
        surrogate = torch.minimum(ratio * part["advantage"], clipped * part["advantage"]).mean(1)
        value_error = self._value_error(value, part["value"], part["returns"]).mean(1)
        excess = (mean.abs() - BOUND).clamp(min=0.0).square().sum(-1).mean(1)
        entropy = log_std.sum((1, 2))
        loss = -surrogate + value_error + BOUND_WEIGHT * excess - self._settings.entropy * entropy
        return loss.sum(), mean.detach(), log_std.detach()

    def _value_error(self, value: Tensor, former: Tensor, returns: Tensor) -> Tensor:
        """Squared error of every sample.

        With clipping the greater of two, so that a step beyond the bound gains nothing.
        """
        error = (value - returns).square()
        if not self._settings.value_clip:
            return error
        held = former + (value - former).clamp(-self._settings.clip, self._settings.clip)
        return torch.maximum(error, (held - returns).square())


def generalised_advantage(
    rewards: Tensor, values: Tensor, done: Tensor, discount: float, trace: float
) -> Tensor:
    """Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, eq. 16).

    Args:
        rewards: ``(T, ...)``.
        values: Value estimates including the one after the last step, ``(T + 1, ...)``.
        done: 1 where the step ended an episode, ``(T, ...)``.
        discount: gamma.
        trace: lambda.

    Returns:
        Advantages, ``(T, ...)``.
    """
    running = torch.zeros_like(rewards[0])
    advantages = torch.empty_like(rewards)
    for t in reversed(range(len(rewards))):
        alive = 1.0 - done[t]
        error = rewards[t] + discount * values[t + 1] * alive - values[t]
        running = error + discount * trace * alive * running
        advantages[t] = running
    return advantages


def _environments_first(x: Tensor) -> Tensor:
    """``(T, K, N, ...)`` to ``(K, N * T, ...)``: a minibatch is a group of whole trajectories."""
    return x.permute(1, 2, 0, *range(3, x.dim())).reshape(x.shape[1], -1, *x.shape[3:])


def _standardise(x: Tensor) -> Tensor:
    """Zero mean and unit variance over the samples of each slot, ``(K, n)``."""
    centred = x - x.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True).sqrt() + 1e-8)


def _divergence(old_mean: Tensor, old_log_std: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Mean KL(old || new) of diagonal Gaussians per slot, ``(K,)``."""
    variance_ratio = torch.exp(2.0 * (old_log_std - log_std))
    distance = (old_mean - mean).square() * torch.exp(-2.0 * log_std)
    return (0.5 * (variance_ratio + distance - 1.0) + log_std - old_log_std).sum(-1).mean(1)
