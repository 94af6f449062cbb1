import math
from itertools import pairwise

import pytest
import torch

from rewardsmith.training.population.learner import (
    PopulationLearner,
    _divergence,
    _environments_first,
    _standardise,
    generalised_advantage,
)
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.optimiser import SlotAdam
from rewardsmith.training.population.policy import StackedPolicy, log_probability
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.ppo import Activation, PpoSettings


def test_generalised_advantage_by_hand():
    # gamma 0.5, lambda 0.5; rewards 1, 2, 3; values 1, 1, 1 and 2 after the last step; no ends.
    # errors: 1 + 0.5*1 - 1 = 0.5;  2 + 0.5 - 1 = 1.5;  3 + 0.5*2 - 1 = 3
    # advantages from the back: 3;  1.5 + 0.25*3 = 2.25;  0.5 + 0.25*2.25 = 1.0625
    rewards, values = torch.tensor([1.0, 2.0, 3.0])[:, None], torch.tensor([1.0, 1.0, 1.0, 2.0])[:, None]
    result = generalised_advantage(rewards, values, torch.zeros(3, 1), 0.5, 0.5)
    assert result[:, 0].tolist() == pytest.approx([1.0625, 2.25, 3.0])


def test_an_end_cuts_the_future_off():
    # The same with an end at the second step: its error is 2 - 1 = 1, nothing flows back
    # from the third. advantages: 3;  1;  0.5 + 0.25*1 = 0.75
    rewards, values = torch.tensor([1.0, 2.0, 3.0])[:, None], torch.tensor([1.0, 1.0, 1.0, 2.0])[:, None]
    result = generalised_advantage(rewards, values, torch.tensor([[0.0], [1.0], [0.0]]), 0.5, 0.5)
    assert result[:, 0].tolist() == pytest.approx([0.75, 1.0, 3.0])


def test_log_probability_of_a_gaussian():
    # Two axes, std 1 and 2, deviations 1 and 2 (one std each): 2 * (-0.5 - 0.919) - ln 2.
    action, mean, log_std = (
        torch.tensor([[1.0, 2.0]]),
        torch.zeros(1, 2),
        torch.tensor([[0.0, math.log(2.0)]]),
    )
    assert float(log_probability(action, mean, log_std)) == pytest.approx(
        -1.0 - math.log(2 * math.pi) - math.log(2.0)
    )


def test_divergence_of_gaussians():
    # KL(N(0,1) || N(1,1)) = 1/2; KL(N(0,1) || N(0,2^2)) = ln 2 + 1/8 - 1/2.
    zero, one = torch.zeros(1, 1, 1), torch.ones(1, 1, 1)
    assert float(_divergence(zero, zero, one, zero)) == pytest.approx(0.5)
    assert float(_divergence(zero, zero, zero, math.log(2.0) * one)) == pytest.approx(
        math.log(2.0) + 0.125 - 0.5
    )


@pytest.mark.parametrize(("value_clip", "wanted"), [(False, [0.25, 0.04]), (True, [0.64, 0.04])])
def test_value_error_by_hand(value_clip: bool, wanted: list[float]):
    # Clip 0.2, returns 1. First: from 0 to 0.5, held at 0.2, so (1 - 0.2)^2 = 0.64 is more than (1
    # - 0.5)^2 = 0.25. Second: from 0.7 to 0.8, within the bound: 0.2^2 = 0.04.
    learner = PopulationLearner(StackedPolicy(1, 1, (8,), 0.5, [0]), PpoSettings(value_clip=value_clip))
    error = learner._value_error(torch.tensor([0.5, 0.8]), torch.tensor([0.0, 0.7]), torch.ones(2))
    assert error.tolist() == pytest.approx(wanted)


def test_samples_are_grouped_by_environment():
    x = torch.arange(6).view(3, 1, 2)  # T=3, K=1, N=2; value = 2 t + n
    assert _environments_first(x).tolist() == [[0, 2, 4, 1, 3, 5]]


def test_standardise_per_slot():
    result = _standardise(torch.tensor([[1.0, 3.0], [10.0, 30.0]]))
    assert torch.allclose(result, torch.tensor([[-1.0, 1.0], [-1.0, 1.0]]))


def test_normaliser_equals_the_statistics_of_all_data():
    data = torch.randn(2, 90, 3, generator=torch.Generator().manual_seed(0)) * 4 + 1
    normaliser = RunningNormaliser(2, 3)
    for part in data.split([10, 50, 30], dim=1):
        normaliser.update(part)
    assert torch.allclose(normaliser.mean, data.double().mean(1, keepdim=True))
    assert torch.allclose(normaliser.variance, data.double().var(1, unbiased=False, keepdim=True))
    small = data.clamp(-1, 1)
    assert torch.allclose(normaliser.restore(normaliser.normalise(small)), small, atol=1e-5)


def test_adam_equals_torchs_for_one_slot():
    start = torch.randn(1, 5, generator=torch.Generator().manual_seed(0))
    ours, theirs = start.clone(), start.clone().requires_grad_(True)
    mine, reference = SlotAdam(ours, 0.01, max_grad_norm=1e9), torch.optim.Adam([theirs], lr=0.01)
    for n in range(5):
        gradient = torch.full((1, 5), float(n - 2)) + start
        mine.step(ours, gradient)
        theirs.grad = gradient.clone()
        reference.step()
    assert torch.allclose(ours, theirs.detach(), atol=1e-6)


def test_gradients_are_clipped_per_slot():
    parameters = torch.zeros(2, 2)
    adam = SlotAdam(parameters, 0.1, max_grad_norm=1.0)
    adam.step(parameters, torch.tensor([[300.0, 400.0], [0.3, 0.4]]))
    # First moments after one step are a tenth of the clipped gradient: norm 1 and norm 0.5.
    assert adam._first.norm(dim=1).tolist() == pytest.approx([0.1, 0.05])


def test_divergence_is_measured_from_where_samples_were_last_seen(monkeypatch: pytest.MonkeyPatch):
    settings = PpoSettings(envs=3, rollout=4, minibatches=1, mini_epochs=3, learning_rate=0.02)
    policy = StackedPolicy(2, 1, (8,), 0.5, [0])
    learner = PopulationLearner(policy, settings)
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(4, 1, 3, 2, generator=draw)
    mean, none = policy.mean(x.view(1, 12, 2)).detach().view(4, 1, 3, 1), torch.zeros(4, 1, 3)
    experience = Experience(x, x, mean + 0.5, mean, {}, none, none, none, none, none, none, x[-1], x[-1])
    seen = [(mean, policy.log_std().detach().clone())]
    told: list[float] = []

    def adapt(divergence: torch.Tensor, target: float) -> None:
        told.append(float(divergence))
        seen.append(
            (policy.mean(x.view(1, 12, 2)).detach().view(4, 1, 3, 1), policy.log_std().detach().clone())
        )

    monkeypatch.setattr(learner.optimiser, "adapt", adapt)
    learner.update(experience, torch.randn(4, 1, 3, generator=draw))
    flat = [(_environments_first(action), log_std) for action, log_std in seen]
    steps = [float(_divergence(*before, *after)) for before, after in pairwise(flat)]
    assert told == pytest.approx([0.0, *steps[:2]], rel=1e-3, abs=1e-6)
    assert min(steps) > 0.0


def test_learning_rate_adapts_per_slot():
    adam = SlotAdam(torch.zeros(3, 1), 1e-3, 1.0)
    adam.adapt(torch.tensor([0.1, 0.01, 0.001]), target=0.01)
    assert adam.learning_rate[:, 0].tolist() == pytest.approx([1e-3 / 1.5, 1e-3, 1.5e-3])


@pytest.mark.parametrize("activation", ["tanh", "elu"])
def test_slots_of_a_policy_equal_policies_of_their_own(activation: Activation):
    together = StackedPolicy(7, 3, (8, 8), 0.5, [1, 2, 3], activation=activation)
    x = torch.randn(3, 11, 7, generator=torch.Generator().manual_seed(0))
    for slot, seed in enumerate((1, 2, 3)):
        alone = StackedPolicy(7, 3, (8, 8), 0.5, [seed], activation=activation)
        assert torch.equal(together.mean(x)[slot], alone.mean(x[slot : slot + 1])[0])
        assert torch.equal(together.value(x)[slot], alone.value(x[slot : slot + 1])[0])
    assert together.log_std().exp().flatten().tolist() == pytest.approx([0.5] * 9)
