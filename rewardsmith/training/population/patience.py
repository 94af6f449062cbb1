"""Programs that take so long that they would slow everybody down."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rewardsmith.training.population.slot import Slot

TIMES_SLOWER = 100.0
"""Than the median of the others."""
LEAST_S = 0.5
"""Programs below this cost nobody much, however fast the others are."""


def note_rest(slots: Sequence[Slot], epoch_s: float) -> None:
    """Remember what an epoch of ``epoch_s`` seconds took beside the rewards."""
    rest = max(0.0, epoch_s - sum(slot.reward_s for slot in slots))
    for slot in slots:
        slot.rest_s = rest / len(slots)


def slow(slots: Sequence[Slot]) -> list[Slot]:
    """Slots whose program took 100 times the others' median in the last epoch, and noticeably long.

    A program alone is measured against the time of its own epoch instead: it may take ten times all
    the rest. Times are processor times of the thread, so a machine's other work blames nobody.
    """
    found: list[Slot] = []
    for slot in slots:
        others = [other.reward_s for other in slots if other is not slot]
        usual = TIMES_SLOWER * median(others) if others else 10.0 * slot.rest_s
        if slot.reward_s > max(LEAST_S, usual):
            found.append(slot)
    return found
