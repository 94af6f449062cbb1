"""Running mean and variance, one per slot."""

from __future__ import annotations

import torch
from torch import Tensor


class RunningNormaliser:
    """Normalises ``(slots, n, size)`` values with statistics of each slot's own past.

    Batches are merged with the parallel update of Chan, Golub and LeVeque (1983), in float64.
    """

    def __init__(self, slots: int, size: int, device: torch.device | str = "cpu") -> None:
        """Start without data: mean 0, variance 1."""
        self.mean = torch.zeros(slots, 1, size, dtype=torch.float64, device=device)
        self.variance = torch.ones_like(self.mean)
        self.count = torch.zeros(slots, 1, 1, dtype=torch.float64, device=device)
        """Values behind them, ``(slots, 1, 1)``."""

    def exchange(self, kept: Tensor, new: int) -> None:
        """Go on with the slots ``kept``, and start ``new`` ones without data behind them."""
        fresh = RunningNormaliser(new, self.mean.shape[2], self.mean.device)
        for name in ("mean", "variance", "count"):
            setattr(self, name, torch.cat((getattr(self, name)[kept], getattr(fresh, name))))

    def select(self, slots: Tensor) -> RunningNormaliser:
        """A copy of some slots' statistics."""
        chosen = RunningNormaliser(0, self.mean.shape[2], self.mean.device)
        chosen.mean, chosen.variance, chosen.count = (
            self.mean[slots],
            self.variance[slots],
            self.count[slots],
        )
        return chosen

    def put(self, slot: int, other: RunningNormaliser) -> None:
        """Go on in one slot with the statistics of another normaliser's only slot."""
        for name in ("mean", "variance", "count"):
            getattr(self, name)[slot] = getattr(other, name)[0]

    def update(self, batch: Tensor) -> None:
        """Take in a batch, ``(slots, n, size)``."""
        data = batch.double()
        count = data.shape[1]
        mean = data.mean(dim=1, keepdim=True)
        variance = (data - mean).square().mean(dim=1, keepdim=True)
        total = self.count + count
        shift = mean - self.mean
        apart = shift.square() * (self.count * count / total)
        spread = self.variance * self.count + variance * count + apart
        self.mean = self.mean + shift * (count / total)
        self.variance, self.count = spread / total, total

    def normalise(self, values: Tensor) -> Tensor:
        """To zero mean and unit variance, cut at 5 standard deviations."""
        return ((values - self.mean.float()) * self._scale().reciprocal()).clamp(-5.0, 5.0)

    def restore(self, values: Tensor) -> Tensor:
        """Undo :meth:`normalise`."""
        return values * self._scale() + self.mean.float()

    def constants(self, slot: int) -> tuple[Tensor, Tensor]:
        """Mean and scale of one slot, each ``(1, size)`` float32."""
        return self.mean[slot].float(), self._scale()[slot]

    def _scale(self) -> Tensor:
        return (self.variance.float() + 1e-5).sqrt()
