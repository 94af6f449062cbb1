from rewardsmith.records import State
from rewardsmith.usage import Usage


def test_usage_adds_up():
    assert Usage(1, 10, 5, 0.5) + Usage(2, 1, 1, 0.25) == Usage(3, 11, 6, 0.75)


def test_an_unknown_price_stays_unknown_in_a_sum():
    assert (Usage(1, 10, 5, None) + Usage(1, 1, 1, 0.25)).usd is None


def test_no_calls_do_not_make_a_price_unknown():
    assert (Usage() + Usage(1, 1, 1, 0.25)).usd == 0.25


def test_only_proposed_and_accepted_candidates_change_again():
    assert [state for state in State if not state.final] == [State.PROPOSED, State.ACCEPTED]
