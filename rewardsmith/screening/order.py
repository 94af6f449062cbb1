"""In which order programs are trained, and which are not, after screening."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rewardsmith.records import Screening

_CHANCE = 0.5
_ROUNDING = 1e-9
"""0.29 * 100 is a little less than 29."""


def queue(programs: Sequence[tuple[str, Screening | None]], twin_above: float) -> tuple[str, ...]:
    """The most promising programs first.

    Near-duplicates of an earlier program come behind all that are none. What nothing is known of is
    worth as much as chance, 0.5. Equals keep their order.

    Args:
        programs: Candidate ids with their screenings.
        twin_above: Similarity from which on a program is a near-duplicate.

    Returns:
        The same ids.
    """

    def place(program: tuple[str, Screening | None]) -> tuple[bool, float]:
        screening = program[1]
        duplicate = (
            screening is not None and screening.similarity is not None and screening.similarity >= twin_above
        )
        score = None if screening is None else screening.score
        return duplicate, -(_CHANCE if score is None else score)

    return tuple(candidate for candidate, _ in sorted(programs, key=place))


def dropped(queue: Sequence[str], share: float) -> tuple[str, ...]:
    """The end of a queue that is not trained; never all of it.

    Args:
        queue: Candidate ids, the most promising first.
        share: Of the queue, 0 to 1, rounded down to whole programs.
    """
    count = min(math.floor(share * len(queue) + _ROUNDING), len(queue) - 1)
    return tuple(queue[len(queue) - count :]) if count > 0 else ()
