"""Adam with a learning rate, a gradient norm and a step count of its own for every slot."""

from __future__ import annotations

import torch
from torch import Tensor

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class SlotAdam:
    """Kingma and Ba (2015), algorithm 1, on the rows of one matrix.

    ``torch.optim.Adam`` has one learning rate per tensor; here every row has one, driven by
    the policy's change: halved when a step changed it more than wanted, raised when less.
    """

    def __init__(self, parameters: Tensor, learning_rate: float, max_grad_norm: float) -> None:
        """Prepare for parameters like these, ``(slots, n)``."""
        self._max_grad_norm = max_grad_norm
        self._initial_rate = learning_rate
        self._first = torch.zeros_like(parameters, requires_grad=False)
        self._second = torch.zeros_like(parameters, requires_grad=False)
        self._steps = torch.zeros(len(parameters), 1, dtype=torch.float64, device=parameters.device)
        self.learning_rate = torch.full((len(parameters), 1), learning_rate, device=parameters.device)

    def exchange(self, kept: Tensor, new: int) -> None:
        """Go on with the slots ``kept``, and start ``new`` ones behind them."""
        fresh = SlotAdam(
            self._first.new_empty(new, self._first.shape[1]), self._initial_rate, self._max_grad_norm
        )
        for name in ("_first", "_second", "_steps", "learning_rate"):
            setattr(self, name, torch.cat((getattr(self, name)[kept], getattr(fresh, name))))

    @torch.no_grad()
    def step(self, parameters: Tensor, gradient: Tensor) -> None:
        """Apply one gradient, ``(slots, n)``, clipped to the norm per slot.

        The parameters are changed in place.
        """
        norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        gradient = gradient * (self._max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        self._steps += 1
        self._first.lerp_(gradient, 1.0 - _BETA_1)
        self._second.mul_(_BETA_2).addcmul_(gradient, gradient, value=1.0 - _BETA_2)
        rate = self.learning_rate * (1.0 / (1.0 - _BETA_1**self._steps)).float()
        root = (self._second * (1.0 / (1.0 - _BETA_2**self._steps)).float()).sqrt_().add_(_EPSILON)
        parameters.addcdiv_(self._first * rate, root, value=-1.0)

    @torch.no_grad()
    def adapt(self, divergence: Tensor, target: float) -> None:
        """Adapt each slot's learning rate to the KL divergence, ``(slots,)``, of its last steps.

        rl-games' adaptive schedule: divide by 1.5 above twice the target, multiply by 1.5 below
        half of it.
        """
        kl = divergence[:, None]
        rate = self.learning_rate
        rate = torch.where(kl > 2.0 * target, rate / 1.5, rate)
        rate = torch.where(kl < 0.5 * target, rate * 1.5, rate)
        self.learning_rate = rate.clamp(1e-6, 1e-2)
