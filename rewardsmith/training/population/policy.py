"""Actor and critic networks of all slots, stacked along a leading slot axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

import torch
from torch import Tensor, nn

from rewardsmith.errors import UsageError
from rewardsmith.training.population.layers import activate, readout
from rewardsmith.training.ppo import Activation

_VALUE_COLUMNS = 2
"""The critic's last layer; only the first column is read. With a single column, the matrix product
of one slot runs on another kernel than that of several and rounds differently."""
HIDDEN_GAINS: dict[Activation, float] = {"tanh": 5.0 / 3.0, "elu": math.sqrt(2.0)}
"""Of the initial hidden weights, so that layers neither shrink nor blow up what passes them."""
ACTION_GAIN = 0.01
"""Of the actor's last initial weights: small, so that it starts near zero."""
_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)


def parameter_count(inputs: int, actions: int, hidden: Sequence[int]) -> int:
    """How many parameters a slot has, without taking memory for them.

    The arguments are those of :class:`StackedPolicy`.
    """
    actor, critic, widths = (*hidden, actions), (*hidden, _VALUE_COLUMNS), (inputs, *hidden)
    return (
        sum(
            (before + 1) * after
            for layers in (actor, critic)
            for before, after in zip(widths, layers, strict=True)
        )
        + actions
    )


class StackedPolicy:
    """One Gaussian actor and one critic per slot; the slots share no number.

    All parameters of a slot are one row of :attr:`parameters`, so that the optimiser and the
    gradient norm are a handful of operations however many layers and slots there are.
    """

    def __init__(
        self,
        inputs: int,
        actions: int,
        hidden: Sequence[int],
        initial_std: float,
        seeds: Sequence[int],
        device: torch.device | str = "cpu",
        activation: Activation = "tanh",
    ) -> None:
        """Draw the initial weights of every slot from its own seed.

        Args:
            inputs: Size of the observation.
            actions: Size of the action.
            hidden: Widths of the hidden layers, the same for actor and critic.
            initial_std: Standard deviation of the actor before training.
            seeds: One seed per slot. Equal seeds give equal weights on every device.
            device: Where the networks are.
            activation: What follows the hidden layers.
        """
        widths = (inputs, *hidden)
        self._actor = list(zip(widths, (*hidden, actions), strict=True))
        self._critic = list(zip(widths, (*hidden, _VALUE_COLUMNS), strict=True))
        self._initial_std = initial_std
        self.hidden = tuple(hidden)
        self.activation: Activation = activation
        self._sizes = [n for i, o in self._actor + self._critic for n in (i * o, o)] + [actions]
        self.parameters = self._draw(seeds).to(device).requires_grad_(True)
        """``(slots, parameters of one slot)``."""

    def exchange(self, kept: Tensor, seeds: Sequence[int]) -> None:
        """Go on with the slots ``kept``, and draw new ones from their seeds behind them."""
        rows = self.parameters.detach()
        self.parameters = torch.cat((rows[kept], self._draw(seeds).to(rows.device))).requires_grad_(True)

    def inherit(self, slot: int, other: StackedPolicy, share: float) -> None:
        """Begin a new slot's networks from those of another policy's only slot.

        With a share below 1 the weights are ``share * other + (1 - share) * new``, the fused policy
        of ROSKA (arXiv 2412.13492). The critic comes along though it valued another reward: returns
        are normalised anew, and beside a critic that knows nothing a good actor first gets worse
        (``benchmarks/carried.py``).

        Args:
            slot: Its row.
            other: With the same layers, on the same device.
            share: Above 0 and at most 1, which is a plain copy.

        Raises:
            UsageError: It has other layers.
        """
        if (other.hidden, other.activation) != (self.hidden, self.activation):
            raise UsageError(
                f"a policy with the hidden layers {other.hidden} and {other.activation} cannot begin a "
                f"training with {self.hidden} and {self.activation}. Give one that was trained with "
                "these settings."
            )
        row = self.parameters.detach()[slot]
        row.copy_(share * other.parameters.detach()[0] + (1.0 - share) * row)

    def select(self, slots: Tensor) -> StackedPolicy:
        """A copy of some slots' networks."""
        chosen = copy(self)
        chosen.parameters = self.parameters.detach()[slots]
        return chosen

    def mean(self, observation: Tensor) -> Tensor:
        """The actor's mean action: ``(slots, n, inputs)`` to ``(slots, n, actions)``."""
        return self._forward(self._split()[: 2 * len(self._actor)], self._actor, observation)

    def value(self, observation: Tensor) -> Tensor:
        """The critic's normalised value: ``(slots, n, inputs)`` to ``(slots, n)``."""
        return self._forward(self._split()[2 * len(self._actor) : -1], self._critic, observation)[..., 0]

    def log_std(self) -> Tensor:
        """Log standard deviation of the actor, ``(slots, 1, actions)``."""
        return self._split()[-1][:, None]

    def actor(self, slot: int) -> list[tuple[Tensor, Tensor]]:
        """One slot's actor by layers: weight ``(inputs, outputs)`` and bias ``(outputs,)``."""
        parts = [part[slot].detach() for part in self._split()]
        return [(parts[2 * n].view(shape), parts[2 * n + 1]) for n, shape in enumerate(self._actor)]

    def _draw(self, seeds: Sequence[int]) -> Tensor:
        """Initial weights, one row per seed."""
        layers, actions = self._actor + self._critic, self._sizes[-1]
        rows = [
            _initial_row(
                layers, len(self._actor), actions, self._initial_std, HIDDEN_GAINS[self.activation], seed
            )
            for seed in seeds
        ]
        return torch.stack(rows) if rows else torch.empty(0, sum(self._sizes))

    def _split(self) -> Sequence[Tensor]:
        return self.parameters.split(self._sizes, dim=1)

    def _forward(self, parts: Sequence[Tensor], layers: Sequence[tuple[int, int]], x: Tensor) -> Tensor:
        for layer, (inputs, outputs) in enumerate(layers):
            weight, bias = parts[2 * layer], parts[2 * layer + 1]
            weight, bias = weight.view(-1, inputs, outputs), bias[:, None]
            last = layer == len(layers) - 1
            x = (
                readout(bias, x, weight)
                if last
                else activate(torch.baddbmm(bias, x, weight), self.activation)
            )
        return x


def log_probability(action: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log density of a diagonal Gaussian, summed over the last axis."""
    standardised = (action - mean) * torch.exp(-log_std)
    return (-0.5 * standardised.square() - log_std - _LOG_SQRT_2PI).sum(-1)


def _initial_row(
    layers: Sequence[tuple[int, int]],
    actor_layers: int,
    actions: int,
    std: float,
    hidden_gain: float,
    seed: int,
) -> Tensor:
    """Orthogonal weights, zero biases.

    The actor's last layer is small so that it starts near zero.
    """
    generator = torch.Generator().manual_seed(seed)
    parts: list[Tensor] = []
    for number, (inputs, outputs) in enumerate(layers):
        gain = {actor_layers - 1: ACTION_GAIN, len(layers) - 1: 1.0}.get(number, hidden_gain)
        weight = nn.init.orthogonal_(torch.empty(inputs, outputs), gain=gain, generator=generator)
        parts += [weight.flatten(), torch.zeros(outputs)]
    return torch.cat([*parts, torch.full((actions,), math.log(std))])
