"""What the learner makes of a rollout, and its loss, with numbers worked out apart from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rewardsmith.training.population.learner import PopulationLearner
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.ppo import PpoSettings

SETTINGS = PpoSettings(discount=0.5, gae_lambda=0.5, clip=0.1, entropy=0.05)


def prepared(truncated: float) -> dict[str, Tensor]:
    """Three steps with rewards 1, 2, 3, of which the second ends an
    episode; the critic always says 10."""
    policy = StackedPolicy(1, 1, (16,), 1.0, [0])
    policy.parameters.data.zero_()  # the critic's normalised value is 0
    learner = PopulationLearner(policy, SETTINGS)
    learner._returns.mean += 10.0
    zero, end = torch.zeros(3, 1, 1), torch.tensor([0.0, 1.0, 0.0]).view(3, 1, 1)
    x = zero[..., None]
    experience = Experience(x, x, x, x, {}, zero, zero, zero, truncated * end, end, zero, x[0], x[0, :, 0, 0])
    return learner._prepare(experience, torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1))


def test_a_time_out_is_worth_what_the_critic_expected():
    # Discount and lambda 0.5. Advantages from the back: 3 + 0.5*10 - 10 = -2; the end gets
    # the critic's value on top, 2 + 0.5*10 - 10 = -3, and takes nothing from what follows;
    # 1 + 0.5*10 - 10 + 0.25*(-3) = -4.75. Returns are 10 more: 5.25, 7, 8; mean 6.75,
    # variance (2.25 + 0.0625 + 1.5625) / 3, deviation 1.136515.
    batch = prepared(truncated=1.0)
    wanted = [-1.319824, 0.219971, 1.099853]
    assert batch["returns"][0].tolist() == pytest.approx(wanted, abs=1e-4)
    assert batch["advantage"][0].tolist() == pytest.approx(wanted, abs=1e-4)  # as the critic is constant
    assert batch["value"][0].tolist() == pytest.approx([3.25 / 1.136515] * 3, abs=1e-4)


def test_an_end_by_itself_is_worth_nothing_more():
    # -2; 2 - 10 = -8; -4 + 0.25*(-8) = -6. Returns 4, 2, 8 with mean
    # 14/3, deviation sqrt(56/9) = 2.494438.
    batch = prepared(truncated=0.0)
    wanted = [-2 / 3 / 2.494438, -8 / 3 / 2.494438, 10 / 3 / 2.494438]
    assert batch["returns"][0].tolist() == pytest.approx(wanted, abs=1e-4)
    assert batch["advantage"][0].tolist() == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("value_clip", [False, True])
def test_the_loss_by_plain_arithmetic(value_clip: bool):
    """Two slots, eight samples each, one by one: clipped
    surrogate, value error, bounds, entropy."""
    settings = replace(SETTINGS, value_clip=value_clip)
    draw = torch.Generator().manual_seed(3)
    policy = StackedPolicy(3, 2, (16,), 0.5, [1, 2])
    noise = torch.randn(policy.parameters.shape, generator=draw)
    policy.parameters = (policy.parameters.detach() + 0.7 * noise).double()
    scalars = ("log_probability", "advantage", "returns", "value")
    shapes = {"observation": (3,), "action": (2,)} | dict.fromkeys(scalars, ())
    part = {name: torch.randn(2, 8, *shape, generator=draw).double() for name, shape in shapes.items()}
    means, values = policy.mean(part["observation"]), policy.value(part["observation"])
    log_stds = policy.log_std()
    part["action"] += means.detach()
    now = torch.distributions.Normal(means, log_stds.exp()).log_prob(part["action"]).sum(-1).detach()
    part["log_probability"] = now + 0.3 * part["log_probability"]  # most ratios beyond the clip of 0.1
    expected = 0.0
    for slot in range(2):
        terms: list[float] = []
        for n in range(8):
            ratio = float((now - part["log_probability"])[slot, n].exp())
            advantage, value = float(part["advantage"][slot, n]), float(values[slot, n])
            former, wanted = float(part["value"][slot, n]), float(part["returns"][slot, n])
            gain = min(ratio * advantage, min(max(ratio, 0.9), 1.1) * advantage)
            error = (value - wanted) ** 2
            if value_clip:
                error = max(error, (former + min(max(value - former, -0.1), 0.1) - wanted) ** 2)
            beyond = sum(max(abs(float(mean)) - 1.1, 0.0) ** 2 for mean in means[slot, n])
            terms.append(-gain + error + 1e-4 * beyond)
        expected += sum(terms) / 8 - 0.05 * float(log_stds[slot].sum())
    loss, _, _ = PopulationLearner(policy, settings)._loss(part)
    assert float(loss) == pytest.approx(expected, abs=1e-9)
