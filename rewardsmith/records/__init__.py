"""The records of a study: frozen, JSON-ready, shared by every part of the program.

A failure is a state with a cause, never a sentinel number; a missing value is ``None``, never zero.
One fact is in one place: totals, the best and the winner are asked of the study, not kept.
"""

from rewardsmith.records.behaviour import Behaviour, EpisodeGroup, Quartiles, Reading
from rewardsmith.records.call import Call, Draft
from rewardsmith.records.candidate import (
    Candidate,
    CandidateId,
    CandidateState,
    Objection,
    Proposal,
    Screening,
    Verdict,
)
from rewardsmith.records.event import MOST_ASKED, Event
from rewardsmith.records.limits import Amount, Count, Number
from rewardsmith.records.people import Given, Note
from rewardsmith.records.run import (
    IN_SEARCH,
    Curve,
    Fault,
    Purpose,
    Run,
    Rung,
    RunId,
    RunState,
    program_hash,
    run_id,
)
from rewardsmith.records.score import HELD_OUT, Score
from rewardsmith.records.trial import Posterior, Trial, best_of
from rewardsmith.records.tuned_numbers import TunedNumber, TunedNumbers

__all__ = [
    "HELD_OUT",
    "IN_SEARCH",
    "MOST_ASKED",
    "Amount",
    "Behaviour",
    "Call",
    "Candidate",
    "CandidateId",
    "CandidateState",
    "Count",
    "Curve",
    "Draft",
    "EpisodeGroup",
    "Event",
    "Fault",
    "Given",
    "Note",
    "Number",
    "Objection",
    "Posterior",
    "Proposal",
    "Purpose",
    "Quartiles",
    "Reading",
    "Run",
    "RunId",
    "RunState",
    "Rung",
    "Score",
    "Screening",
    "Trial",
    "TunedNumber",
    "TunedNumbers",
    "Verdict",
    "best_of",
    "program_hash",
    "run_id",
]
