"""What the engine remembers of every environment beside its physics."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass
class Bookkeeping:
    """One row per environment in every tensor."""

    seeds: Tensor
    """Random stream, int64."""
    episodes: Tensor
    """Number of the running episode, int64."""
    elapsed: Tensor
    """Control steps since it began, int64."""
    goals: Tensor
    """Goals that it met, int64."""
    earned: Tensor
    """Sum of the metric's steps above the worst, float32."""
    scored: Tensor
    """True score at the step before, float32."""
    met: Tensor
    """Whether a latched goal was met, bool."""
    actions: Tensor
    """``(n, action_size)`` float32."""
    previous_actions: Tensor

    @classmethod
    def of(cls, seeds: Tensor, action_size: int) -> Bookkeeping:
        """Environments at the beginning of episode 0."""
        zero, number = torch.zeros_like(seeds), torch.zeros(len(seeds), device=seeds.device)
        actions = torch.zeros(len(seeds), action_size, device=seeds.device)
        return cls(
            seeds.clone(), zero, zero.clone(), zero.clone(), number, number.clone(), zero.bool(), actions,
            actions.clone()
        )  # fmt: skip

    def going_on(self, kept: Tensor, new: Bookkeeping) -> Bookkeeping:
        """The rows ``kept``, and ``new`` ones behind them."""
        return Bookkeeping(
            *(
                torch.cat((getattr(self, field.name)[kept], getattr(new, field.name)))
                for field in fields(self)
            )
        )

    def restart(self, ended: Tensor, worst: float) -> None:
        """Bring rows to the beginning of their episode.

        Args:
            ended: Which, ``(n,)`` bool.
            worst: The true score that an episode begins with.
        """
        for value in (self.elapsed, self.goals, self.earned, self.met):
            value.masked_fill_(ended, 0)
        self.scored.masked_fill_(ended, worst)
        for value in (self.actions, self.previous_actions):
            value.masked_fill_(ended[:, None], 0.0)
