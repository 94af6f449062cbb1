"""A score: one judgement of one run by one scorer."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.records.behaviour import Behaviour
from rewardsmith.records.limits import Amount, Count, Number, Seed

HELD_OUT = "heldout"
"""The scorer that is always taken: the true score on episodes that no training uses."""


@dataclass(frozen=True)
class Score:
    """What a scorer made of a trained policy."""

    mean: Number
    standard_error: Amount
    episodes: Count
    unstable: Count = 0
    """Episodes that the simulator lost to non-finite states; they count as not successful."""
    scorer: str = HELD_OUT
    seed: Seed = 0
    """Picks the episodes."""
    behaviour: Behaviour | None = None
    """What the policy did there, for its writer; it is no part of the score."""
