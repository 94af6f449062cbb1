from dataclasses import replace

from rewardsmith.records import (
    Candidate,
    CandidateState,
    Fault,
    Purpose,
    RunState,
    Score,
    Trial,
    program_hash,
    run_id,
)
from rewardsmith.records.run import Rung
from rewardsmith.usage import Usage
from tests.builders import run_of, trained


def test_usage_adds_up():
    assert Usage(1, 10, 5, 0.5) + Usage(2, 1, 1, 0.25) == Usage(3, 11, 6, 0.75)


def test_an_unknown_price_stays_unknown_in_a_sum():
    assert (Usage(1, 10, 5, None) + Usage(1, 1, 1, 0.25)).usd is None


def test_no_calls_do_not_make_a_price_unknown():
    assert (Usage() + Usage(1, 1, 1, 0.25)).usd == 0.25


def test_runs_that_are_queued_under_way_or_lost_change_again():
    assert [state for state in RunState if not state.ended] == [
        RunState.QUEUED,
        RunState.RUNNING,
        RunState.LOST,
    ]


def test_a_run_is_named_by_whose_it_is_what_for_and_a_number():
    assert run_id("c003", Purpose.SEARCH, 1) == "c003-search-1"
    assert run_id("human", Purpose.BASELINE, 0) == "human-baseline-0"
    # SHA-256 of nothing
    assert program_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


RUNG = Rung(50, Score(0.25, 0.1, 32), 4, 3)
EVICTED = trained(
    "c000", None, run={"state": RunState.EVICTED, "fault": None, "rungs": (RUNG,), "cause": "evicted"}
)
LOST = trained("c000", None, run={"state": RunState.LOST, "fault": None, "cause": "the machine"})


def with_state(state: CandidateState) -> Trial:
    return Trial(Candidate("c000", 0, "initial", state=state))


def test_a_trial_is_told_in_one_word():
    assert [with_state(state).state for state in CandidateState] == [
        "PROPOSED",
        "ACCEPTED",
        "REJECTED",
        "DROPPED",
    ]
    assert [trained("c000", None, run={"fault": fault}).state for fault in Fault] == [
        "CRASHED",
        "TIMED_OUT",
        "DIVERGED",
    ]
    assert (trained("c000", 0.5).state, EVICTED.state, LOST.state) == ("SCORED", "EVICTED", "LOST")
    assert replace(trained("c000", 0.5), score=None).state == "TRAINED"  # about to be scored
    repaired = trained("c000", None, state=CandidateState.PROPOSED)
    assert repaired.state == "PROPOSED"  # its program failed in training, and the next draft is due


def test_a_trial_is_at_its_end_once_nothing_more_becomes_of_it():
    assert [with_state(state).final for state in CandidateState] == [False, False, True, True]
    assert [trial.final for trial in (trained("c000", 0.5), trained("c000", None), EVICTED, LOST)] == [
        True,
        True,
        True,
        False,
    ]
    assert not replace(trained("c000", 0.5), score=None).final
    assert not trained("c000", None, state=CandidateState.PROPOSED).final


def test_the_fitness_is_the_true_score_or_that_at_the_last_rung_and_a_failure_has_none():
    assert [trial.fitness for trial in (trained("c000", 0.5), EVICTED, trained("c000", None), LOST)] == [
        0.5,
        0.25,
        None,
        None,
    ]
    assert (EVICTED.score, EVICTED.rung) == (None, RUNG)
    assert trained("c000", 0.5, run={"rungs": (RUNG,)}).rung is None  # it went on


def test_steps_and_seconds_of_a_trial_are_those_of_all_its_runs():
    runs = (run_of("c000", failed="it fell over", wall_s=1.5), run_of("c000", number=1, wall_s=2.0))
    trial = Trial(trained("c000", 0.5).candidate, runs, Score(0.5, 0.1, 8))
    assert (trial.env_steps, trial.wall_s, trial.cause) == (200, 3.5, "")
    assert Trial(trial.candidate, runs[:1]).cause == "it fell over"


def test_a_repaired_program_is_at_its_end_once_it_was_trained_itself():
    """The failed run of the program before it says nothing about it."""
    failed = run_of("c000", failed="it fell over", program=program_hash("first"))
    waiting = Trial(replace(trained("c000", None).candidate, program="second"), (failed,))
    assert (waiting.final, waiting.state, waiting.fitness) == (False, "ACCEPTED", None)
    again = run_of("c000", number=1, failed="and again", program=program_hash("second"))
    ended = replace(waiting, runs=(failed, again))
    assert (ended.final, ended.state) == (True, "CRASHED")
