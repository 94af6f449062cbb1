"""A study's programs before they run again: the store is input.

What it says was accepted is only believed when it is seen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rewardsmith.errors import StoreError
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.stored import check_stored
from rewardsmith.study import Study


def admitted(study: Study, parts: Parts, candidate: Candidate) -> Candidate:
    """The candidate with its program as the guard prints it of its source today, all layers passed.

    Raises:
        StoreError: The guard refuses it, or it is not the print of its source.
    """
    try:
        return replace(candidate, program=parts.guard.admit(candidate.source, candidate.program, parts.task))
    except RefusedError as refusal:
        raise _refused(study.folder, candidate, refusal) from None


def check_prints(study: Study, *candidates: Candidate) -> None:
    """Refuse stored programs that are not prints of their sources.

    For who shows them or takes them out, and runs none.

    Raises:
        StoreError: Naming the candidate.
    """
    for candidate in {(candidate.source, candidate.program): candidate for candidate in candidates}.values():
        try:
            if candidate.program:
                check_stored(candidate.source, candidate.program)
        except RefusedError as refusal:
            raise _refused(study.folder, candidate, refusal) from None


def _refused(folder: Path, candidate: Candidate, refusal: RefusedError) -> StoreError:
    return StoreError(f"the program of {candidate.id} in {folder} is refused: {refusal.verdict().text}")
