"""How well a program's rewards agree with the true score, with time, and with another program's.

All of it looks at order only: a reward that is scaled or shifted trains the same policies, so its
size says nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

_BEST_SHARE = 0.25
"""Of all episodes, where no goal says which ones went well."""


def episode_returns(totals: Tensor, alive: Tensor) -> Tensor:
    """Mean reward of every episode, so that a long one does not count more than a short one.

    Args:
        totals: What the program says of every moment, ``(E, T)``.
        alive: Which moments count, ``(E, T)`` bool; at least one in every episode.

    Returns:
        Shape ``(E,)`` float64: the mean of equal float32 numbers is that number, so ties stay ties.
    """
    return torch.where(alive, totals.double(), 0.0).sum(1) / alive.sum(1)


def outcome_concordance(returns: Tensor, true_score: Tensor) -> float | None:
    """Of two episodes with different true scores, how often the better one has the higher return.

    Harrell's concordance index (JAMA 247, 1982); for scores of 0 and 1 it is the area under the ROC
    curve, Mann and Whitney's U as a share of all pairs. Equal returns count one half.

    Args:
        returns: Of each episode, ``(E,)``.
        true_score: Of each episode, ``(E,)``.

    Returns:
        0 to 1, chance is 0.5; ``None`` where no two true scores differ.
    """
    better = true_score[:, None] > true_score
    pairs = int(better.sum())
    if not pairs:
        return None
    higher = better & (returns[:, None] > returns)
    tied = better & (returns[:, None] == returns)
    return (int(higher.sum()) + 0.5 * int(tied.sum())) / pairs


def exemplary(success: Tensor, true_score: Tensor) -> Tensor:
    """The episodes in which later moments should be better than earlier ones.

    Args:
        success: Whether the goal was met, ``(E,)`` bool.
        true_score: Of each episode, ``(E,)``; at least one episode.

    Returns:
        Shape ``(E,)`` bool. The successful ones; where there are none, the best quarter by true
        score with all that are as good, but never the worst ones, so that nothing is chosen where
        all are alike.
    """
    if success.any():
        return success
    count = max(1, round(_BEST_SHARE * len(true_score)))
    threshold = true_score.topk(count).values[-1]
    return (true_score >= threshold) & (true_score > true_score.min())


def progress_concordance(totals: Tensor, alive: Tensor, chosen: Tensor) -> float | None:
    """Of two moments of a good episode, how often the later one gets the higher reward.

    The share is taken within each episode first, equal rewards counting one half, then the mean
    over episodes: it is Kendall's tau between reward and time, moved to 0 to 1.

    Args:
        totals: What the program says of every moment, ``(E, T)``.
        alive: Which moments count, ``(E, T)`` bool.
        chosen: Which episodes count, ``(E,)`` bool.

    Returns:
        0 to 1, chance is 0.5; ``None`` where no chosen episode has two moments.
    """
    totals, alive = totals[chosen], alive[chosen]
    before, after = totals[:, :, None], totals[:, None, :]
    pairs = (alive[:, :, None] & alive[:, None, :]).triu(1)
    count = pairs.sum((1, 2)).double()
    if not bool(count.any()):
        return None
    agreeing = (pairs & (after > before)).sum((1, 2)) + 0.5 * (pairs & (after == before)).sum((1, 2)).double()
    return float((agreeing / count)[count > 0].mean())


def standardised(values: Tensor) -> Tensor | None:
    """Values moved and scaled to mean 0 and length 1, which no policy would notice in a reward.

    Args:
        values: Shape ``(n,)``.

    Returns:
        Shape ``(n,)`` float64, or ``None`` where all values are equal.
    """
    centred = values.double() - values.double().mean()
    length = centred.norm()
    return centred / length if bool((values != values[0]).any()) and bool(length > 0.0) else None


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson correlation of two vectors that have mean 0 and length 1 already, each ``(n,)``.

    Two rewards that correlate perfectly are the same but for scale and offset. EPIC (Gleave et al.,
    ICLR 2021, arXiv 2006.13900) rests on the same measure; it also cancels potential shaping, for
    which it needs the next state.
    """
    return max(-1.0, min(1.0, float(a @ b)))
