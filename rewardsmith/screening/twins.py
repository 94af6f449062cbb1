"""Which of the programs before says most nearly the same of the same moments."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith.screening.concordance import correlation, standardised

_MOMENTS = 4_000
"""Enough for a correlation that is known to about 0.02, few
enough to sort and keep for every program."""


class Twins:
    """The programs so far, by their rewards."""

    def __init__(self, moments: int) -> None:
        """Choose the moments that are compared.

        Args:
            moments: How many there are.
        """
        # At random and always the same ones: even steps might fall in with the moments
        # of an episode and meet, say, its starts only.
        shuffled = torch.randperm(moments, generator=torch.Generator().manual_seed(0))
        self.compared = shuffled[:_MOMENTS]
        """Places of the moments that are compared, ``(n,)``, at most 4,000."""
        self._rewards: dict[str, Tensor] = {}

    def nearest(self, totals: Tensor) -> tuple[str, float] | None:
        """The program whose rewards correlate most with these, and how much.

        Args:
            totals: The rewards of the moments that are compared, ``(n,)``.

        Returns:
            ``None`` where there is nothing to compare: no program so far, or only equal rewards.
        """
        own = standardised(totals)
        if own is None or not self._rewards:
            return None
        similarity = {candidate: correlation(own, other) for candidate, other in self._rewards.items()}
        nearest = max(similarity, key=lambda candidate: similarity[candidate])
        return nearest, similarity[nearest]

    def add(self, candidate: str, totals: Tensor) -> None:
        """Remember a program by its rewards of the moments that are compared, ``(n,)``."""
        own = standardised(totals)
        if own is not None:
            self._rewards[candidate] = own
